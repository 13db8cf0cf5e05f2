package bug_test

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/gradreg/gradreg/internal/bug"
)

// TestKeeper checks that a panic comes through goroutines within goroutines with its value and its
// own stack.
func TestKeeper(t *testing.T) {
	var outer, inner bug.Keeper
	var group sync.WaitGroup
	group.Go(func() {
		defer outer.Keep()
		var group sync.WaitGroup
		group.Go(func() {
			defer inner.Keep()
			failing()
		})
		group.Wait()
		inner.Raise()
	})
	group.Wait()
	if err := outer.Err(); !errors.Is(err, io.ErrUnexpectedEOF) || err.Error() != io.ErrUnexpectedEOF.Error() {
		t.Errorf("kept %v", err)
	}
	defer func() {
		p, ok := recover().(*bug.Panic)
		if !ok || p.Value != io.ErrUnexpectedEOF || !bytes.Contains(p.Stack, []byte("bug_test.failing")) {
			t.Errorf("raised %#v", p)
		}
	}()
	outer.Raise()
}

func failing() { panic(io.ErrUnexpectedEOF) }

func TestNothingKept(t *testing.T) {
	var k bug.Keeper
	func() { defer k.Keep() }()
	k.Raise()
	if err := k.Err(); err != nil {
		t.Error(err)
	}
}
