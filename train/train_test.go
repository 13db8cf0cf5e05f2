package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/train"
)

// game is two players of one number each in one program: the critic ψ ascends ψ·(real − θ) − λ·ψ², and
// the generator θ descends −ψ·θ. Real points come in by a feed.
type game struct {
	program         engine.Program
	real            *sym.Expr
	critic, creator *train.Learner
}

const (
	criticRate, creatorRate = 0.1, 0.05
	lambda                  = 0.25
)

func newGame(t *testing.T) *game {
	t.Helper()
	g := sym.NewGraph()
	root := nn.NewParams(g)
	real := g.Input("real", sym.Float)
	one := func(scope string) (*nn.Context, *sym.Expr) {
		ps := root.Scope(scope)
		w := ps.Get(nn.Param{Name: "w", Init: nn.Constant(0.5), Trainable: true})
		return nn.NewContext(ps, true, 0), w.Expr
	}
	criticContext, psi := one("critic")
	creatorContext, theta := one("generator")
	sgd, err := optim.Parse("sgd:momentum=0")
	if err != nil {
		t.Fatal(err)
	}
	critic := gradreg.NewTraining(criticContext, sgd)
	critic.Loss = sym.Mul(psi, sym.Sub(theta, real))
	critic.Add(gradreg.Term{Name: "square", Value: sym.Square(psi), Lambda: lambda})
	creator := gradreg.NewTraining(creatorContext, sgd)
	creator.Loss = sym.Neg(sym.Mul(psi, theta))
	native, err := engine.Native(engine.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	steps := critic.Steps(100)
	first := len(steps)
	program, err := native.Compile(append(steps, creator.Steps(100)...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(program.Close)
	if err := root.Initialize(program, 1); err != nil {
		t.Fatal(err)
	}
	learner := func(of *gradreg.Training, first int, rate float64) *train.Learner {
		return &train.Learner{
			Training: of, Program: program, First: first, Seed: 1,
			Rate: func(int) float64 { return rate }, Planned: func(int) int { return 100 },
		}
	}
	return &game{program, real, learner(critic, 0, criticRate), learner(creator, first, creatorRate)}
}

// loop returns the loop of the game: the critic plays twice a step.
func (g *game) loop() *train.Loop {
	type point struct{ x float32 }
	feed := train.NewFeed(&point{}, func(turn int, p *point) { p.x = float32(turn % 3) })
	started := false
	return &train.Loop{Phases: []train.Phase{
		{Learner: g.critic, Times: 2, Feed: func(turn int, more bool) error {
			if !started {
				feed.Start(turn)
				started = true
			}
			if !more {
				defer feed.Close()
			}
			return feed.Next(func(p *point) error { return engine.WriteScalar(g.program, g.real, p.x) }, more)
		}},
		{Learner: g.creator, Feed: func(int, bool) error { return nil }},
	}}
}

func (g *game) weights(t *testing.T) (psi, theta float32) {
	t.Helper()
	var v [2][1]float32
	for i, l := range []*train.Learner{g.critic, g.creator} {
		if err := g.program.Read(l.Params.Trainable()[0].Expr, v[i][:]); err != nil {
			t.Fatal(err)
		}
	}
	return v[0][0], v[1][0]
}

// TestPhases compares two players in one program with the same game in float64: who plays when, on
// which point, at which rate.
func TestPhases(t *testing.T) {
	g := newGame(t)
	l := g.loop()
	psi, theta := 0.5, 0.5
	l.After = func(step int, values [][]float64) error {
		for k := range 2 {
			real := float64((2*(step-1) + k + 1) % 3)
			loss := psi * (theta - real)
			if k == 1 && !(math.Abs(values[0][0]-loss) <= 1e-5 && math.Abs(values[0][1]-psi*psi) <= 1e-5) {
				t.Errorf("step %d: the critic has %v, expected %v and %v", step, values[0], loss, psi*psi)
			}
			psi -= criticRate * (theta - real + 2*lambda*psi)
		}
		if loss := -psi * theta; !(math.Abs(values[1][0]-loss) <= 1e-5) {
			t.Errorf("step %d: the generator has %v, expected %v", step, values[1], loss)
		}
		theta += creatorRate * psi
		return nil
	}
	if err := l.Run(t.Context(), 0, 40); err != nil {
		t.Fatal(err)
	}
	if p, q := g.weights(t); !(math.Abs(float64(p)-psi) <= 1e-5) || !(math.Abs(float64(q)-theta) <= 1e-5) {
		t.Errorf("weights are %v and %v, expected %v and %v", p, q, psi, theta)
	}
}

// TestStopped ends a loop between two steps and goes on: to the same bits as without.
func TestStopped(t *testing.T) {
	whole, parts := newGame(t), newGame(t)
	if err := whole.loop().Run(t.Context(), 0, 20); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l, last := parts.loop(), 0
	l.After = func(step int, _ [][]float64) error {
		if last = step; step == 7 {
			cancel()
		}
		return nil
	}
	if err := l.Run(ctx, 0, 20); !errors.Is(err, train.ErrStopped) || !errors.Is(err, context.Canceled) || last != 7 {
		t.Fatalf("after step %d: %v", last, err)
	}
	if err := parts.loop().Run(t.Context(), last, 20); err != nil {
		t.Fatal(err)
	}
	p1, q1 := whole.weights(t)
	if p2, q2 := parts.weights(t); p1 != p2 || q1 != q2 {
		t.Errorf("%v %v, stopped on the way %v %v", p1, q1, p2, q2)
	}
	failed := errors.New("no disk")
	l = parts.loop()
	l.After = func(int, [][]float64) error { return failed }
	if err := l.Run(t.Context(), 20, 30); err != failed {
		t.Errorf("the hook's error came back as %v", err)
	}
}

// TestDivergence makes a loss infinite: the error names the step of the loop, whichever turn of it
// that was, the value and the largest parameters, and NaN stands before any number.
func TestDivergence(t *testing.T) {
	g := newGame(t)
	const quiet = 5 // steps before the critic's rate jumps
	g.critic.Rate = func(turn int) float64 {
		if turn <= 2*quiet {
			return criticRate
		}
		return 1e30
	}
	l, done := g.loop(), 0
	l.After = func(step int, _ [][]float64) error { done = step; return nil }
	err := l.Run(t.Context(), 0, 40)
	at := fmt.Sprintf("at step %d;", done+1)
	if !errors.As(err, new(train.Divergence)) || !strings.Contains(err.Error(), at) || !strings.Contains(err.Error(), "critic/w") {
		t.Errorf("after step %d: %v, expected %q in it", done, err, at)
	}
	if done < quiet {
		t.Errorf("diverged after step %d", done)
	}
	if finite, err := g.critic.Finite(); finite || err != nil {
		t.Errorf("the parameters are finite: %v, %v", finite, err)
	}
}

// TestFeed checks that batches come in their order, prepared or not, that they take no memory, and that
// a bug in the feed's goroutine comes back as an error.
func TestFeed(t *testing.T) {
	var seen []int
	f := train.NewFeed(new([]int), func(step int, b *[]int) {
		if step == 6 {
			panic("a bug")
		}
		*b = append((*b)[:0], step, step*step)
	})
	f.Start(3)
	use := func(b *[]int) error { seen = append(seen, *b...); return nil }
	for range 3 {
		if err := f.Next(use, true); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(seen, []int{3, 9, 4, 16, 5, 25}) {
		t.Errorf("batches %v", seen)
	}
	if err := f.Next(use, false); err == nil || !strings.Contains(err.Error(), "internal error: a bug") {
		t.Errorf("a panic comes back as %v", err)
	}
	f.Close()
	f = train.NewFeed(new([]int), func(step int, b *[]int) { *b = append((*b)[:0], step) })
	f.Start(0)
	sum := 0
	if n := testing.AllocsPerRun(50, func() { f.Next(func(b *[]int) error { sum += (*b)[0]; return nil }, true) }); n != 0 {
		t.Errorf("%v allocations a step", n)
	}
	f.Close() // with a batch prepared
	train.NewFeed(new([]int), func(int, *[]int) {}).Close()
}

// TestMeter checks that the first step does not count, and that a clock that stands still gives no rate.
func TestMeter(t *testing.T) {
	now := time.Unix(0, 0)
	m := train.Meter{Now: func() time.Time { return now }}
	for range 3 {
		m.Count()
	}
	if m.PerSecond() != 0 || m.Remaining(5) != 0 {
		t.Errorf("%v steps a second", m.PerSecond())
	}
	m = train.Meter{Now: func() time.Time { return now }}
	m.Count()
	for range 4 {
		now = now.Add(250 * time.Millisecond)
		m.Count()
	}
	if m.PerSecond() != 4 || m.Remaining(6) != 1500*time.Millisecond {
		t.Errorf("%v steps a second, %v left", m.PerSecond(), m.Remaining(6))
	}
}
