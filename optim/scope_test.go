package optim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
)

// player is one of several networks in a graph, with an optimizer and a learning rate of its own.
type player struct {
	path string // of scopes
	o    optim.Optimizer
	lr   float64
}

// build returns the parameters and the step of a player on g; its network has dropout.
func (p player) build(root *nn.Params) (*nn.Params, *optim.Step) {
	ps := root
	for name := range strings.SplitSeq(p.path, "/") {
		ps = ps.Scope(name)
	}
	c := nn.NewContext(ps, true, 0)
	x := root.Graph().Input("x", sym.Float, 4, 3)
	h := nn.Dropout{Rate: 0.5}.Apply(c, sym.Tanh(nn.Dense{Out: 8}.Apply(c, x)))
	loss := sym.Mean(sym.Square(sym.AddScalar(nn.Dense{Out: 1}.Apply(c, h), -1)))
	list := ps.Trainable()
	return ps, p.o.Build(list, sym.Gradient(loss, nn.Exprs(list)...))
}

// train takes five steps of all players in one graph and returns each one's weights and state.
func train(t *testing.T, players ...player) []string {
	t.Helper()
	root := nn.NewParams(sym.NewGraph())
	values := map[*sym.Expr]*sym.Tensor{}
	x := root.Graph().Input("x", sym.Float, 4, 3)
	values[x] = sym.NewTensor(4, 3)
	for i := range values[x].Data {
		values[x].Data[i] = float64(i%5) - 2
	}
	var params []*nn.Params
	var steps []*optim.Step
	for _, p := range players {
		ps, s := p.build(root)
		params, steps = append(params, ps), append(steps, s)
		for _, e := range s.State {
			values[e] = sym.NewTensor(e.Shape()...)
		}
	}
	for _, p := range root.All() {
		initial := make([]float32, p.Expr.Shape().Size())
		p.Fill(initial, 1)
		values[p.Expr] = sym.NewTensor(p.Expr.Shape()...)
		for i, v := range initial {
			values[p.Expr].Data[i] = float64(v)
		}
	}
	for n := 1; n <= 5; n++ {
		var updates []sym.Update
		var roots []*sym.Expr
		for i, s := range steps {
			for k, v := range s.Values(n, players[i].lr) {
				values[s.Scalars[k]] = &sym.Tensor{Shape: sym.Shape{}, Data: []float64{float64(v)}}
			}
			updates = append(updates, s.Updates...)
		}
		for _, u := range updates {
			roots = append(roots, u.Value)
		}
		next, err := sym.Eval(sym.Env{Values: values, Key: 3, Step: uint64(n)}, roots...)
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range updates {
			values[u.Target] = next[i]
		}
	}
	var out []string
	for i, ps := range params {
		text := ""
		for _, p := range ps.Trainable() {
			text += fmt.Sprint(p.Name, values[p.Expr].Data)
		}
		for _, e := range steps[i].State {
			text += fmt.Sprint(values[e].Data)
		}
		out = append(out, text)
	}
	return out
}

// TestPlayers checks that networks of one architecture in one graph train as each does alone: its
// weights, dropout masks, moments and learning rate are its own.
func TestPlayers(t *testing.T) {
	parse := func(text string) optim.Optimizer {
		o, err := optim.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	players := []player{
		{"generator", parse("adam"), 0.01}, {"critic", parse("adam:beta1=0.5"), 0.002},
		{"critic2", parse("sgd:momentum=0.9"), 0.1}, {"judge/first", parse("sgd:momentum=0.9"), 0.3},
		{"judge/second", parse("adamw"), 0.3},
	}
	together := train(t, players...)
	for i, p := range players {
		if alone := train(t, p)[0]; alone != together[i] {
			t.Errorf("%s: alone %.200s, together %.200s", p.path, alone, together[i])
		}
	}
}

// leaves returns the names of a step's scalars and state.
func leaves(s *optim.Step) []string {
	var out []string
	for _, e := range slices.Concat(s.Scalars, s.State) {
		out = append(out, e.Attr().(sym.InputAttr).Name)
	}
	return out
}

// TestLeaves checks the names of what an optimizer keeps: of the root as they are in the
// checkpoints of earlier versions, of parameters in scopes with the prefix of the innermost one
// that has them all.
func TestLeaves(t *testing.T) {
	for _, e := range []struct {
		o      string
		scopes []string // of a parameter w each
		want   string
	}{
		{"sgd:momentum=0.9", []string{""}, "optim/lr optim/momentum/w"},
		{"adamw", []string{""}, "optim/adam.rate optim/adam.root-correction optim/adam.keep optim/adam.m/w optim/adam.v/w"},
		{"sgd:momentum=0.9", []string{"", "a"}, "optim/lr optim/momentum/w optim/momentum/a/w"},
		{"sgd:momentum=0.9", []string{"a"}, "optim/a/lr optim/a/momentum/w"},
		{"adam", []string{"a/b"}, "optim/a/b/adam.rate optim/a/b/adam.root-correction optim/a/b/adam.m/w optim/a/b/adam.v/w"},
		{"sgd:momentum=0.9", []string{"a/b", "a/c"}, "optim/a/lr optim/a/momentum/b/w optim/a/momentum/c/w"},
		{"sgd:momentum=0.9", []string{"a/b", "a"}, "optim/a/lr optim/a/momentum/b/w optim/a/momentum/w"},
		{"sgd:momentum=0.9", []string{"a", "ab"}, "optim/lr optim/momentum/a/w optim/momentum/ab/w"},
	} {
		root := nn.NewParams(sym.NewGraph())
		list := make([]*nn.Param, len(e.scopes))
		for i, path := range e.scopes {
			list[i] = parameter(root, path)
		}
		o, err := optim.Parse(e.o)
		if err != nil {
			t.Fatal(err)
		}
		first, again := o.Build(list, nn.Exprs(list)), o.Build(list, nn.Exprs(list))
		if got := strings.Join(leaves(first), " "); got != e.want {
			t.Errorf("%s of %v keeps %s, want %s", e.o, e.scopes, got, e.want)
		}
		if !slices.Equal(first.Scalars, again.Scalars) || !slices.Equal(first.State, again.State) {
			t.Errorf("%s of %v, built again, keeps %v", e.o, e.scopes, leaves(again))
		}
	}
}

// parameter returns the parameter w of a scope.
func parameter(root *nn.Params, path string) *nn.Param {
	if path != "" {
		for name := range strings.SplitSeq(path, "/") {
			root = root.Scope(name)
		}
	}
	return root.Get(nn.Param{Name: "w", Trainable: true}, 2)
}

// TestSharedOptimizers checks that optimizers which would share a learning rate, a correction or a
// moment give updates with an error, which names this file; and that those which share nothing do
// not.
func TestSharedOptimizers(t *testing.T) {
	sgd, momentum, adam := optim.SGD{}, optim.SGD{Momentum: 0.9}, optim.NewAdam()
	for _, e := range []struct {
		first, second  optim.Optimizer
		in1, in2, leaf string // scopes of the parameters, and the leaf both would have
	}{
		{sgd, sgd, "", "a", ""},
		{sgd, sgd, "a", "b", ""},
		{sgd, sgd, "a", "a/b", ""},
		{sgd, sgd, "", "", ""},
		{sgd, momentum, "", "", "optim/lr"},
		{sgd, momentum, "a", "a", "optim/a/lr"},
		{sgd, adam, "", "", ""},
		{adam, optim.Adam{Beta1: 0.5, Beta2: 0.999, Epsilon: 1e-8}, "a", "a", "optim/a/adam.m/w"},
	} {
		root := nn.NewParams(sym.NewGraph())
		p, q := parameter(root, e.in1), parameter(root, e.in2)
		build := func(o optim.Optimizer, p *nn.Param) (err error) {
			for _, u := range o.Build([]*nn.Param{p}, []*sym.Expr{p.Expr}).Updates {
				if err == nil {
					err = u.Value.Err()
				}
			}
			return err
		}
		if err := build(e.first, p); err != nil {
			t.Errorf("%v in %q: %v", e.first, e.in1, err)
		}
		err := build(e.second, q)
		if e.leaf == "" && err != nil {
			t.Errorf("%v in %q, then %v in %q: %v", e.first, e.in1, e.second, e.in2, err)
		}
		if want := fmt.Sprintf("another optimizer of the graph has %q", e.leaf); e.leaf != "" &&
			(err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "scope_test.go")) {
			t.Errorf("%v in %q, then %v in %q: %v, expected %s", e.first, e.in1, e.second, e.in2, err, want)
		}
	}
	// Two halves of one scope: the second would be moved by the first one's rate.
	root := nn.NewParams(sym.NewGraph())
	p, q := root.Get(nn.Param{Name: "p"}, 2), root.Get(nn.Param{Name: "q"}, 2)
	sgd.Build([]*nn.Param{p}, []*sym.Expr{p.Expr})
	if err := sgd.Build([]*nn.Param{q}, []*sym.Expr{q.Expr}).Updates[0].Value.Err(); err == nil {
		t.Error("two optimizers of one scope, of a parameter each, share a learning rate")
	}
}
