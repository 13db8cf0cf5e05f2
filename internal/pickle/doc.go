// Package pickle reads Python's pickles as data and executes nothing.
//
// A pickle is a program for a stack machine. [Read] runs the part of it that makes numbers, texts,
// lists, tuples and dictionaries. A name of a class or function (module and name) is a [Global], and
// a call of one is the caller's: [Host] says what may be named and what a call stands for. What is
// neither is an error that says its name.
//
// Memory is bounded before anything is allocated: the pickle has a length, a text no more bytes than
// are left of it, and the machine takes at most [MaxOpcodes] steps, each of which makes at most one
// small object. Objects may refer to each other in circles; whoever walks them bounds the way.
package pickle
