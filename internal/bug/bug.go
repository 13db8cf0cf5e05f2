// Package bug carries panics from one goroutine to another. A panic that nobody recovers ends the
// whole process, with an exit code that says wrong usage; who waits for a goroutine can report it
// as the bug that it is.
package bug

import (
	"fmt"
	"runtime/debug"
	"sync/atomic"
)

// Panic is a panic of another goroutine.
type Panic struct {
	Value any
	Stack []byte // of the goroutine
}

// Error returns the value's text.
func (p *Panic) Error() string { return fmt.Sprint(p.Value) }

// Unwrap returns the value if it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// Keeper keeps the first panic of some goroutines. The zero value is ready for use.
//
//	var bugs bug.Keeper
//	group.Go(func() { defer bugs.Keep(); … })
//	group.Wait()
//	bugs.Raise()
type Keeper struct{ first atomic.Pointer[Panic] }

// Keep recovers from a panic and keeps it. A goroutine defers it.
func (k *Keeper) Keep() {
	if v := recover(); v != nil {
		p, again := v.(*Panic)
		if !again {
			p = &Panic{v, debug.Stack()}
		}
		k.first.CompareAndSwap(nil, p)
	}
}

// Raise panics with the [Panic] that was kept, if there is one. It is called after the goroutines
// have ended.
func (k *Keeper) Raise() {
	if p := k.first.Load(); p != nil {
		panic(p)
	}
}

// Err returns the panic that was kept, nil if there is none.
func (k *Keeper) Err() error {
	if p := k.first.Load(); p != nil {
		return p
	}
	return nil
}

// Recovered is the error of a panic with a value, for whoever recovers from it at once and goes on.
// It has the stack of the panic.
func Recovered(value any) error { return fmt.Errorf("internal error: %v\n%s", value, debug.Stack()) }
