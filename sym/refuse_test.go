package sym_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/sym"
)

// TestRefuse checks that the first error stays and names the caller's line.
func TestRefuse(t *testing.T) {
	g := sym.NewGraph()
	reason := errors.New("too small")
	e := sym.Refuse(g.Input("x", sym.Float, 2), reason)
	if err := e.Err(); !errors.Is(err, reason) || !strings.Contains(err.Error(), "refuse_test.go:") {
		t.Errorf("refused with %v", err)
	}
	if again := sym.Refuse(e, errors.New("other")); again.Err() != e.Err() {
		t.Errorf("%v replaced the first error", again.Err())
	}
	if sum := sym.Add(g.Input("y", sym.Float, 2), e); sum.Err() != e.Err() {
		t.Errorf("an operation on it has error %v", sum.Err())
	}
}
