package fault

import (
	"context"
	"errors"
)

// errNoContext is the error of a context that is nil.
var errNoContext = errors.New("the context is nil, expected one")

// NoContext returns an error if ctx is nil. Every exported function that takes a context asks it
// first: a nil one would panic somewhere below.
func NoContext(ctx context.Context) error {
	if ctx == nil {
		return errNoContext
	}
	return nil
}
