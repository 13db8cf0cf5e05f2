package nn_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// network applies a small network with weights, a normalization and dropout in a scope.
func network(ps *nn.Params, x *sym.Expr) *nn.Context {
	c := nn.NewContext(ps, true, 0)
	h := nn.BatchNorm{}.Apply(c, nn.Dense{Out: 3}.Apply(c, x))
	nn.Dense{Out: 1}.Apply(c, nn.Dropout{Rate: 0.5}.Apply(c, h))
	return c
}

func names(list []*nn.Param) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.Name)
	}
	return out
}

// initial returns the first initial value of a parameter, by name, of seed 1.
func initial(t *testing.T, ps *nn.Params, name string) float32 {
	t.Helper()
	for _, p := range ps.All() {
		if p.Name == name {
			values := make([]float32, p.Expr.Shape().Size())
			p.Fill(values, 1)
			return values[0]
		}
	}
	t.Fatalf("no parameter %s among %v", name, names(ps.All()))
	return 0
}

// TestScopeNames checks names, and that a scope lists what lies in it and the root everything.
func TestScopeNames(t *testing.T) {
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, 2, 4)
	root := nn.NewParams(g)
	network(root, x)
	critic := network(root.Scope("critic"), x)
	block := network(root.Scope("critic").Scope("block.1"), x)
	root.Scope("critic").State("u", nn.Constant(1), 2)
	for _, e := range []struct {
		ps               *nn.Params
		prefix           string
		all, own, scalar int
	}{{root, "", 25, 8, 75}, {critic.Params, "critic/", 17, 8, 50}, {block.Params, "critic/block.1/", 8, 8, 25}} {
		all := e.ps.All()
		if len(all) != e.all || len(e.ps.Trainable()) != e.all/8*6 || e.ps.Count() != e.scalar || e.ps.Prefix() != e.prefix {
			t.Errorf("%q: prefix %q, parameters %v, %d trainable, %d scalars",
				e.prefix, e.ps.Prefix(), names(all), len(e.ps.Trainable()), e.ps.Count())
		}
		for _, p := range all {
			leaf := p.Expr.Attr().(sym.InputAttr).Name
			if !strings.HasPrefix(p.Name, e.prefix) || leaf != "param/"+p.Name {
				t.Errorf("%q has %s in leaf %s", e.prefix, p.Name, leaf)
			}
		}
		for _, want := range []string{"dense1.weight", "dense2.bias", "norm1.running_var"} {
			if !slices.Contains(names(all), e.prefix+want) {
				t.Errorf("%q lacks %s: %v", e.prefix, want, names(all))
			}
		}
	}
	if got := root.All()[16+8].Name; got != "critic/u" {
		t.Errorf("the state is %s", got)
	}
	if root.Scope("critic") != critic.Params || critic.Params.Scope("block.1") != block.Params {
		t.Error("a scope asked for again is another one")
	}
	if critic.Layers[0].Name != "critic/dense1" || block.Layers[3].Name != "critic/block.1/dense2" {
		t.Errorf("layers are %v and %v", critic.Layers, block.Layers)
	}
	if len(block.Updates) != 2 {
		t.Errorf("%d updates of the scope's running statistics, want 2", len(block.Updates))
	}
	for _, u := range block.Updates {
		if !slices.Contains(nn.Exprs(block.Params.All()), u.Target) || u.Value.Err() != nil {
			t.Errorf("%v is updated by %v", u.Target.Attr(), u.Value)
		}
	}
	for _, p := range block.Params.All() {
		if p.Scope() != block.Params {
			t.Errorf("%s is of scope %q", p.Name, p.Scope().Prefix())
		}
	}
}

// TestScopeInit checks that networks of one architecture in several scopes start at different
// weights, and that those are a function of the scope's full name: whatever else is built, and in
// which order.
func TestScopeInit(t *testing.T) {
	paths := []string{"generator", "critic", "critic/generator", "generator/critic"}
	build := func(ps *nn.Params, paths []string) {
		for _, path := range paths {
			s := ps
			for _, name := range strings.Split(path, "/") {
				s = s.Scope(name)
			}
			network(s, ps.Graph().Input("x", sym.Float, 2, 4))
		}
	}
	together, reversed := nn.NewParams(sym.NewGraph()), nn.NewParams(sym.NewGraph())
	build(together, paths)
	network(together, together.Graph().Input("x", sym.Float, 2, 4))
	paths = slices.Clone(paths)
	slices.Reverse(paths)
	build(reversed, paths)
	seen := map[float32]string{}
	for _, weight := range []string{"dense1.weight", "dense2.weight"} {
		for _, prefix := range []string{"", "generator/", "critic/", "critic/generator/", "generator/critic/"} {
			v := initial(t, together, prefix+weight)
			if other, ok := seen[v]; ok {
				t.Errorf("%s starts at the weights of %s", prefix+weight, other)
			}
			seen[v] = prefix + weight
			if prefix == "" {
				continue
			}
			if w := initial(t, reversed, prefix+weight); w != v {
				t.Errorf("%s starts at %v, built in another order at %v", prefix+weight, v, w)
			}
		}
	}
}

// TestScopeStreams checks that contexts of different scopes draw different random numbers, and that
// the root counts from its first stream. The streams are pinned: numbers of earlier runs depend on
// them.
func TestScopeStreams(t *testing.T) {
	root := nn.NewParams(sym.NewGraph())
	critic := root.Scope("critic")
	for _, e := range []struct {
		ps    *nn.Params
		first uint32
		want  uint32
	}{{root, 0, 0}, {root, 1000, 1000}, {critic, 0, pinnedCritic}, {critic, 7, pinnedCritic + 7}, {critic.Scope("critic"), 0, pinnedNested}} {
		c := nn.NewContext(e.ps, true, e.first)
		if got := c.NextStream(); got != e.want {
			t.Errorf("%q from %d: stream %d, want %d", e.ps.Prefix(), e.first, got, e.want)
		}
		if got := c.Again().NextStream(); got != e.want+1 {
			t.Errorf("%q from %d, again: stream %d, want %d", e.ps.Prefix(), e.first, got, e.want+1)
		}
	}
	x := root.Graph().Input("x", sym.Float, 2, 4)
	drop := func(ps *nn.Params) *sym.Expr {
		return nn.Dropout{Rate: 0.5}.Apply(nn.NewContext(ps, true, 0), x)
	}
	if drop(root) == drop(critic) || drop(critic) != drop(root.Scope("critic")) {
		t.Error("masks: the root's and the scope's are one, or the scope's are two")
	}
}

// The upper 18 bits of SHA-256 of "critic/" and of "critic/critic/".
const (
	pinnedCritic = 2918678528
	pinnedNested = 24117248
)

// TestTwoRegistries checks that two registries of a graph do not share a parameter unawares, nor
// one of them with itself where a scope and a parameter have the same name.
func TestTwoRegistries(t *testing.T) {
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, 2, 4)
	first, second := nn.NewParams(g), nn.NewParams(g)
	apply := func(ps *nn.Params) *sym.Expr { return nn.Dense{Out: 3}.Apply(nn.NewContext(ps, true, 0), x) }
	refuses := func(what string, e *sym.Expr, want string) {
		t.Helper()
		if err := e.Err(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "scope_test.go") {
			t.Errorf("%s: %v, expected %s", what, err, want)
		}
	}
	want := apply(first)
	refuses("a second registry", apply(second), `another nn.Params of the graph has a parameter "dense1.weight"`)
	refuses("a second registry, again", apply(second), `another nn.Params of the graph has a parameter "dense1.weight"`)
	if again := apply(first); again != want || want.Err() != nil {
		t.Errorf("the first registry then gives %v, before %v", again, want)
	}
	if len(first.All()) != 2 || len(second.All()) != 0 {
		t.Errorf("the registries have %v and %v", names(first.All()), names(second.All()))
	}
	if y := apply(second.Scope("other")); y.Err() != nil || len(second.All()) != 2 {
		t.Errorf("a scope of the second registry gives %v", y)
	}

	first.State("critic/u", nn.Init{}, 2)
	refuses("a parameter of a scope that the root has", first.Scope("critic").State("u", nn.Init{}, 2).Expr,
		`parameter "critic/u" of scope "" is there already, expected another name in scope "critic"`)
	refuses("another shape", first.State("critic/u", nn.Init{}, 3).Expr, `"param/critic/u" exists as float[2]`)
	if p := first.All()[2]; p.Name != "critic/u" || p.Expr.Err() != nil {
		t.Errorf("after that %s is %v", p.Name, p.Expr)
	}
	refuses("a parameter without a name", first.State("", nn.Init{}, 2).Expr, "a parameter has no name")
}

// TestScopeErrors checks that a scope which cannot be gives parameters with an error, also of
// scopes in it.
func TestScopeErrors(t *testing.T) {
	root := nn.NewParams(sym.NewGraph())
	for _, name := range []string{"", "a/b", "a b", "ä", "a\n", `"`} {
		want := fmt.Sprintf("a scope has the name %q, expected ASCII letters, digits and", name)
		for _, s := range []*nn.Params{root.Scope(name), root.Scope(name).Scope("in"), root.Scope("out").Scope(name)} {
			err := s.State("u", nn.Init{}, 1).Expr.Err()
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("scope %q: %v", name, err)
			}
		}
	}
	if all := root.All(); len(all) != 0 {
		t.Errorf("refused parameters are listed: %v", names(all))
	}
}

// TestScopeHash checks that a scope whose random numbers would be another's is an error.
func TestScopeHash(t *testing.T) {
	root := nn.NewParams(sym.NewGraph())
	first := map[uint32]bool{}
	for i := range 5000 {
		s := root.Scope(fmt.Sprint("scope", i))
		stream := nn.NewContext(s, true, 0).NextStream()
		err := s.State("u", nn.Init{}, 1).Expr.Err()
		if !first[stream] && err == nil {
			first[stream] = true
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "would have the random numbers of \"scope") {
			t.Errorf("scope %d has the stream %d of another one: %v", i, stream, err)
		}
		return
	}
	t.Error("5000 scopes have no stream in common, expected one pair in 2¹⁸")
}

// TestFullScope checks that a scope gives no parameter the initial values of another scope.
func TestFullScope(t *testing.T) {
	root := nn.NewParams(sym.NewGraph())
	for _, e := range []struct {
		ps   *nn.Params
		full bool
	}{{root.Scope("full"), true}, {root, false}} {
		var last *sym.Expr
		for i := range 1<<14 + 1 {
			if last.Err() != nil && i > 0 {
				t.Fatalf("%q: parameter %d: %v", e.ps.Prefix(), i, last.Err())
			}
			last = e.ps.State(fmt.Sprint("u", i), nn.Init{}, 1).Expr
		}
		if (last.Err() != nil) != e.full {
			t.Errorf("%q: parameter 16385 is %v", e.ps.Prefix(), last)
		}
	}
}

// TestOwnInit checks that values drawn by one's own function depend on seed and parameter.
func TestOwnInit(t *testing.T) {
	root := nn.NewParams(sym.NewGraph())
	normal := nn.Init{Draw: func(dst []float32, r nn.Random) {
		r.Normal(dst[:2], 0)
		r.Normal(dst[2:], 2)
	}}
	whole := nn.Init{Draw: func(dst []float32, r nn.Random) { r.Normal(dst, 0) }}
	fill := func(p *nn.Param, seed uint64) string {
		values := make([]float32, 6)
		p.Fill(values, seed)
		return fmt.Sprint(values)
	}
	a := root.Get(nn.Param{Name: "a", Init: normal}, 6)
	b := root.Get(nn.Param{Name: "b", Init: normal}, 6)
	c := nn.NewParams(sym.NewGraph()).Get(nn.Param{Name: "c", Init: whole}, 6) // as the first of its registry, too
	first := fill(a, 1)
	if again := fill(a, 1); again != first {
		t.Errorf("%s, then %s", first, again)
	}
	if first == fill(a, 2) || first == fill(b, 1) || first != fill(c, 1) {
		t.Errorf("%s, of another seed %s, another parameter %s, in one piece %s",
			first, fill(a, 2), fill(b, 1), fill(c, 1))
	}
}
