// Package fault marks errors that are the input's fault, which the program reports with exit code 2.
package fault

import (
	"errors"
	"fmt"
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

// IsInput reports whether err, or what it wraps, is the input's fault.
func IsInput(err error) bool {
	var e *input
	return errors.As(err, &e)
}
