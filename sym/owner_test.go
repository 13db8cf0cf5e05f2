package sym_test

import (
	"testing"

	"github.com/gradreg/gradreg/sym"
)

// TestOwn checks that a name belongs to the first who asks for it, in its graph only, and that reading the
// leaf needs no owner.
func TestOwn(t *testing.T) {
	g, first, second := sym.NewGraph(), new(int), new(int)
	for i, e := range []struct {
		g     *sym.Graph
		name  string
		owner any
		want  bool
	}{
		{g, "w", first, true}, {g, "w", first, true}, {g, "w", second, false}, {g, "w", "text", false},
		{g, "v", second, true}, {g, "w", first, true}, {sym.NewGraph(), "w", second, true}, {nil, "w", second, true},
	} {
		if got := e.g.Own(e.name, e.owner); got != e.want {
			t.Errorf("%d: %v owns %s: %v, want %v", i, e.owner, e.name, got, e.want)
		}
	}
	if w := g.Input("w", sym.Float, 2); w.Err() != nil || w != g.Input("w", sym.Float, 2) {
		t.Errorf("the leaf is %v", w)
	}
}
