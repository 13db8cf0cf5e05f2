// Package fault marks errors that are the input's fault, which the program reports with exit code 2.
package fault

import (
	"errors"
	"fmt"
	"io/fs"
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

// Missingf is Inputf of a file that does not exist, where the text says so by itself: errors.Is finds [fs.ErrNotExist].
func Missingf(format string, args ...any) error { return &input{missing{fmt.Errorf(format, args...)}} }

// missing is the error of a file that does not exist.
type missing struct{ error }

func (m missing) Unwrap() error      { return m.error }
func (missing) Is(target error) bool { return target == fs.ErrNotExist }

// IsInput reports whether err, or what it wraps, is the input's fault.
func IsInput(err error) bool {
	var e *input
	return errors.As(err, &e)
}
