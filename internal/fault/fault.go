// Package fault marks errors that are the input's fault, which the program reports with exit
// code 2.
package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
)

// input is an error of the input.
type input struct{ err error }

func (e *input) Error() string { return e.err.Error() }
func (e *input) Unwrap() error { return e.err }

// Input marks err as the input's fault; nil stays nil.
func Input(err error) error {
	if err == nil {
		return nil
	}
	return &input{err}
}

// Inputf is Input of a formatted error.
func Inputf(format string, args ...any) error { return &input{fmt.Errorf(format, args...)} }

// Field is an error of a field of a configuration. Its text begins with the field's name, which a
// program that was told of the value in another way may replace by its own.
type Field struct {
	Name string
	err  error
}

func (e *Field) Error() string { return e.err.Error() }
func (e *Field) Unwrap() error { return e.err }

// Fieldf is Inputf of a [Field], whose name is the text's first word: "batch is 0, expected …".
func Fieldf(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	name, _, _ := strings.Cut(err.Error(), " ")
	return &input{&Field{name, err}}
}

// Missingf is Inputf of a file that does not exist, where the text says so by itself: errors.Is
// finds [fs.ErrNotExist].
func Missingf(format string, args ...any) error { return &input{missing{fmt.Errorf(format, args...)}} }

// missing is the error of a file that does not exist.
type missing struct{ error }

func (m missing) Unwrap() error      { return m.error }
func (missing) Is(target error) bool { return target == fs.ErrNotExist }

// late is an error after which the input's fault no longer means that nothing was written.
type late struct{ err error }

func (e *late) Error() string { return e.err.Error() }
func (e *late) Unwrap() error { return e.err }

// Late marks err as one that came when something had been written already: it is not the input's
// fault any more, even if what it wraps is. nil stays nil.
func Late(err error) error {
	if err == nil {
		return nil
	}
	return &late{err}
}

// exhausted are errors of a machine that has no more of something. They have nothing to do with the
// input during whose reading they turn up.
var exhausted = []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM}

// IsInput reports whether err, or what it wraps, is the input's fault.
func IsInput(err error) bool {
	if _, ok := errors.AsType[*late](err); ok {
		return false
	}
	if slices.ContainsFunc(exhausted, func(e error) bool { return errors.Is(err, e) }) {
		return false
	}
	_, ok := errors.AsType[*input](err)
	return ok
}
