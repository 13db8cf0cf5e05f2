package gradreg_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// TestScopedProblems checks that the problems of two networks in one graph share no parameter, no
// random number, no weight of a penalty and nothing that a penalty keeps; of a network in no scope
// the names are those that checkpoints of earlier versions have.
func TestScopedProblems(t *testing.T) {
	ramp := gradreg.Schedule{Ramp: "up"}
	regs := []gradreg.Regularizer{
		gradreg.SpectReg{Weight: 1, Options: gradreg.Options{Schedule: ramp}},
		gradreg.SpectralNorm{Weight: 1, Schedule: ramp},
		gradreg.WeightDecay{Weight: 1},
	}
	root := nn.NewParams(sym.NewGraph())
	g := root.Graph()
	x, y := g.Input("x", sym.Float, 4, 6), g.Input("y", sym.Int, 4)
	// what returns the names of inputs and the streams that the objective of a scope depends on.
	what := func(ps *nn.Params) (inputs []string, streams []uint32) {
		c := nn.NewContext(ps, true, 0)
		p := gradreg.NewProblem(task.Classification{}, c, x, sym.OneHot(y, 3), scopedNetwork)
		total, _ := gradreg.Objective(p, regs)
		if total.Err() != nil {
			t.Fatal(total.Err())
		}
		leaf := gradreg.WeightLeaf(ps, regs[0]).Attr().(sym.InputAttr).Name
		for _, e := range sym.Topological(total) {
			switch a := e.Attr().(type) {
			case sym.InputAttr:
				inputs = append(inputs, a.Name)
			case sym.RandomAttr:
				streams = append(streams, a.Stream)
			}
		}
		if !slices.Contains(inputs, leaf) {
			t.Errorf("the objective lacks %s, it has %v", leaf, inputs)
		}
		slices.Sort(inputs)
		return inputs, streams
	}
	want := strings.Fields("lambda/%spectral-norm lambda/%spectreg param/%dense1.bias param/%dense1.weight" +
		" param/%dense2.bias param/%dense2.weight param/%spectral-norm/dense1.weight" +
		" param/%spectral-norm/dense2.weight x y")
	seen := map[uint32]string{}
	for _, ps := range []*nn.Params{root.Scope("generator"), root.Scope("critic"), root} {
		if ps == root { // whose weights are those of all scopes, too: take a root without scopes
			ps = nn.NewParams(g)
		}
		inputs, streams := what(ps)
		for i := range want {
			if name := strings.ReplaceAll(want[i], "%", ps.Prefix()); len(inputs) != len(want) || inputs[i] != name {
				t.Fatalf("scope %q has inputs %v, want %v", ps.Prefix(), inputs, want)
			}
		}
		if len(streams) < 2 {
			t.Errorf("scope %q has random streams %v, expected a mask's and a projection's", ps.Prefix(), streams)
		}
		for _, s := range streams {
			if other, ok := seen[s]; ok {
				t.Errorf("scopes %q and %q share stream %d", other, ps.Prefix(), s)
			}
			seen[s] = ps.Prefix()
		}
		keeps := func(p *nn.Param) bool { return p.Scope() == ps && p.Auxiliary }
		if ps.Prefix() != "" && !slices.ContainsFunc(root.All(), keeps) {
			t.Errorf("scope %q has no state of the spectral norm", ps.Prefix())
		}
	}
}

// scopedNetwork is a network with random numbers of its own: [B, N] to [B, 3].
func scopedNetwork(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := nn.Dropout{Rate: 0.5}.Apply(c, nn.ReLU(nn.Dense{Out: 5}.Apply(c, x)))
	return nn.Dense{Out: 3}.Apply(c, h)
}

// compileSteps returns the compiled steps of trainings.
func compileSteps(t *testing.T, steps []engine.Step) engine.Program {
	t.Helper()
	native, err := engine.Native(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	program, err := native.Compile(steps...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return program
}

// player is a network in a scope with penalties, an optimizer and a learning rate of its own.
type player struct {
	scope, optimizer string
	penalties        []string
	rate             float64
}

// play takes six steps of each player by turns, all in one program, and returns all parameters, and
// the registry and the program that holds them.
func play(t *testing.T, players ...player) (map[string]string, *nn.Params, engine.Program) {
	t.Helper()
	const total, seed = 6, 3
	root := nn.NewParams(sym.NewGraph())
	g := root.Graph()
	x, y := g.Input("x", sym.Float, 4, 6), g.Input("y", sym.Int, 4)
	var trainings []*gradreg.Training
	var steps []engine.Step
	var first []int // step of each player in the program
	for _, p := range players {
		o, err := optim.Parse(p.optimizer)
		if err != nil {
			t.Fatal(err)
		}
		regs, err := gradreg.ParseAll(p.penalties)
		if err != nil {
			t.Fatal(err)
		}
		c := nn.NewContext(root.Scope(p.scope), true, 0)
		training := gradreg.NewTraining(c, o)
		problem := gradreg.NewProblem(task.Classification{}, c, x, sym.OneHot(y, 3), scopedNetwork)
		training.Regularize(problem, regs)
		first = append(first, len(steps))
		trainings, steps = append(trainings, training), append(steps, training.Steps(total)...)
	}
	program := compileSteps(t, steps)
	images := make([]float32, 4*6)
	for i := range images {
		images[i] = float32(i*i%7)/3 - 1
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(root.Initialize(program, seed))
	do(program.Write(x, images))
	do(program.WriteInts(y, []int32{0, 1, 2, 1}))
	for s := 1; s <= total; s++ {
		for i := range trainings {
			do(trainings[i].Prepare(program, s, total, players[i].rate))
		}
		for i := range trainings {
			do(program.Run(first[i]+trainings[i].At(s), seed, uint64(s)))
		}
	}
	values := map[string]string{}
	do(root.Each(program, func(p *nn.Param, v []float32) error {
		values[p.Name] = fmt.Sprint(v)
		return nil
	}))
	return values, root, program
}

// TestPlayersTrainApart checks that networks of one architecture, trained by turns in one program,
// end at the bits that each ends at alone: with weights, masks, moments, rates and λ of their own.
// The rates and λ of all are written before the first one's step, so that a shared input would be
// seen.
func TestPlayersTrainApart(t *testing.T) {
	players := []player{
		{"generator", "adam", []string{"datagrad:0.1,ramp=up", "weight-decay:0.01,decoupled=true"}, 0.01},
		{"critic", "adam:beta1=0.5", []string{"datagrad:0.7,ramp=up,every=2", "weight-decay:0.2,decoupled=true"}, 0.03},
		{"judge", "adam", []string{"spectral-norm:0.1"}, 0.002},
	}
	together, root, program := play(t, players...)
	apart := map[string]string{}
	for _, p := range players {
		alone, _, _ := play(t, p)
		maps.Copy(apart, alone)
	}
	if !maps.Equal(together, apart) || len(together) != 3*4+2 {
		for name := range together {
			if together[name] != apart[name] {
				t.Errorf("%s is %s, alone %s", name, together[name], apart[name])
			}
		}
		t.Errorf("%d parameters, alone %d", len(together), len(apart))
	}

	// A network in a scope, and no other one's parameters, can be copied to one in no scope.
	c := nn.NewContext(nn.NewParams(sym.NewGraph()), false, 0)
	x := c.Graph().Input("x", sym.Float, 1, 6)
	copied := compileSteps(t, []engine.Step{{Outputs: []*sym.Expr{scopedNetwork(c, x)}}})
	if err := root.Scope("critic").CopyTo(c.Params, program, copied); err != nil {
		t.Fatal(err)
	}
	err := c.Params.Each(copied, func(p *nn.Param, v []float32) error {
		if fmt.Sprint(v) != together["critic/"+p.Name] {
			t.Errorf("%s is copied as %v, not as %s", p.Name, v, together["critic/"+p.Name])
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
