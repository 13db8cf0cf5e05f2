// Package model holds the architectures. A [Model] is a small struct of options that builds logits from
// images with package nn; its text form, such as lenet:dropout=0.5,norm=batch, parses back to it.
//
// To use an architecture of your own, write a type with the methods of Model; nothing has to be
// registered.
package model
