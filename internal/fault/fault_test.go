package fault_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
	"testing"

	"github.com/gradreg/gradreg/internal/fault"
)

func TestIsInput(t *testing.T) {
	plain := errors.New("plain")
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{plain, false},
		{fmt.Errorf("around: %w", plain), false},
		{fault.Input(nil), false},
		{fault.Input(plain), true},
		{fault.Inputf("count is %d", 3), true},
		{fmt.Errorf("around: %w", fault.Input(plain)), true},
		{errors.Join(plain, fault.Input(plain)), true},
		{fault.Missingf("%s: not found", "name"), true},
		{fault.Late(fault.Input(plain)), false},
		{fmt.Errorf("at the end: %w", fault.Late(fault.Input(plain))), false},
		{fault.Late(nil), false},
		{fault.Inputf("data: %w", &fs.PathError{Op: "open", Path: "x", Err: syscall.EMFILE}), false},
		{fault.Inputf("data: %w", &fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}), true},
	} {
		if got := fault.IsInput(c.err); got != c.want {
			t.Errorf("IsInput(%v) is %v", c.err, got)
		}
	}
}

// TestTransparent checks that the mark changes neither text nor what the error wraps.
func TestTransparent(t *testing.T) {
	err := fault.Inputf("reading: %w", fs.ErrNotExist)
	if err.Error() != "reading: "+fs.ErrNotExist.Error() || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%q", err)
	}
	if err := fault.Missingf("%s: not found, %w", "name", io.EOF); err.Error() != "name: not found, EOF" ||
		!errors.Is(err, fs.ErrNotExist) || !errors.Is(err, io.EOF) || errors.Is(err, fs.ErrExist) {
		t.Errorf("%q", err)
	}
	if late := fault.Late(err); late.Error() != err.Error() || !errors.Is(late, fs.ErrNotExist) {
		t.Errorf("%q", late)
	}
	if err := fault.Late(nil); err != nil {
		t.Errorf("Late(nil) is %v", err)
	}
	if err := fault.Input(nil); err != nil {
		t.Errorf("Input(nil) is %v", err)
	}
}
