package nn

import (
	"fmt"
	"strings"

	"github.com/gradreg/gradreg/sym"
)

// Holder is what holds the values of inputs: a compiled program.
type Holder interface {
	Takes(e *sym.Expr) bool
	Write(e *sym.Expr, values []float32) error
	Fill(e *sym.Expr, f func(dst []float32)) error
	Read(e *sym.Expr, dst []float32) error
}

// Initialize gives the parameters that h takes their initial values for a seed.
func (ps *Params) Initialize(h Holder, seed uint64) error {
	for _, p := range ps.All() {
		if !h.Takes(p.Expr) {
			continue
		}
		if err := h.Fill(p.Expr, func(dst []float32) { p.Fill(dst, seed) }); err != nil {
			return err
		}
	}
	return nil
}

// Load gives the parameters that h takes the values that a function has for them. A parameter that
// it has none for is an error, and so are values of another number.
func (ps *Params) Load(h Holder, values func(p *Param) []float32) error {
	for _, p := range ps.All() {
		if !h.Takes(p.Expr) {
			continue
		}
		v := values(p)
		if len(v) != p.Expr.Shape().Size() {
			return fmt.Errorf("parameter %s has %d values, expected %v", p.Name, len(v), p.Expr.Shape())
		}
		if err := h.Write(p.Expr, v); err != nil {
			return err
		}
	}
	return nil
}

// Each calls f with the values of every parameter that h takes, which f must not keep.
func (ps *Params) Each(h Holder, f func(p *Param, values []float32) error) error {
	var buffer []float32
	for _, p := range ps.All() {
		if !h.Takes(p.Expr) {
			continue
		}
		if n := p.Expr.Shape().Size(); n > cap(buffer) {
			buffer = make([]float32, n)
		}
		values := buffer[:p.Expr.Shape().Size()]
		if err := h.Read(p.Expr, values); err != nil {
			return err
		}
		if err := f(p, values); err != nil {
			return err
		}
	}
	return nil
}

// CopyTo gives the parameters of another registry or scope that to takes the values of those with
// the same names, which from holds. The prefixes of scopes do not count: a critic in a scope
// becomes one in no scope. Other parameters keep what they have.
func (ps *Params) CopyTo(others *Params, from, to Holder) error {
	return ps.Each(from, func(p *Param, values []float32) error {
		name := others.prefix + strings.TrimPrefix(p.Name, ps.prefix)
		other := others.registry.byName[name]
		if other == nil || !other.scope.within(others) || !to.Takes(other.Expr) {
			return nil
		}
		return to.Write(other.Expr, values)
	})
}
