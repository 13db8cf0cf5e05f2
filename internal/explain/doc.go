// Package explain shows what a regularizer's formula becomes: the straight-line program that differentiation derives from it,
// what each pass of the compiler leaves of it, the list of kernel calls at the end, and pictures of both graphs.
package explain
