package task_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

const n, kinds = 5, 4

// answers are outputs and targets of a task, as inputs and as rows.
type answers struct {
	name           string
	task           task.Task
	input          []float64 // what Target's input takes
	targets        []float32 // [n, kinds]
	loss           func(f, t []float64) float64
	right, quality float64 // quality of the targets themselves as answers, and of f = 0
}

func cases() []answers {
	classes := []float64{0, 3, 1, 1, 2}
	var oneHot []float32
	for _, c := range classes {
		row := make([]float32, kinds)
		row[int(c)] = 1
		oneHot = append(oneHot, row...)
	}
	labels := []float32{0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 1}
	numbers := []float32{0, 1, 2, -3, 4, 0.5, 0, 0, -1, 7, 2, 2, 1, 1, 1, 1, 0, 0, 0, -8}
	wide := func(v []float32) (out []float64) {
		for _, x := range v {
			out = append(out, float64(x))
		}
		return out
	}
	sumSquares := 0.0
	for _, v := range numbers {
		sumSquares += float64(v) * float64(v)
	}
	return []answers{
		{"classification", task.Classification{}, classes, oneHot, func(f, t []float64) float64 {
			loss, sum := 0.0, 0.0
			for _, v := range f {
				sum += math.Exp(v)
			}
			for k := range f {
				loss -= t[k] * math.Log(math.Exp(f[k])/sum)
			}
			return loss
		}, 1, 0.2}, // equal outputs go to class 0
		{"multi-label", task.MultiLabel{}, wide(labels), labels, func(f, t []float64) float64 {
			loss := 0.0
			for k := range f {
				p := 1 / (1 + math.Exp(-f[k]))
				loss -= (t[k]*math.Log(p) + (1-t[k])*math.Log(1-p)) / float64(len(f))
			}
			return loss
		}, 1, 0.55},
		{"regression", task.Regression{}, wide(numbers), numbers, func(f, t []float64) float64 {
			loss := 0.0
			for k := range f {
				loss += (f[k] - t[k]) * (f[k] - t[k]) / float64(len(f))
			}
			return loss
		}, 0, math.Sqrt(sumSquares / n / kinds)},
	}
}

// TestLosses compares losses with an independent form, and their gradient with finite differences.
func TestLosses(t *testing.T) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			g := sym.NewGraph()
			f := g.Input("f", sym.Float, n, kinds)
			input, targets := c.task.Target(g, "y", n, kinds)
			losses := c.task.Losses(f, targets)
			gradient := sym.Gradient(sym.Sum(losses), f)[0]
			if err := gradient.Err(); err != nil {
				t.Fatal(err)
			}
			values := make([]float64, n*kinds)
			r := rand.New(rand.NewPCG(1, 2))
			for i := range values {
				values[i] = 2 * r.NormFloat64()
			}
			env := sym.Env{Values: map[*sym.Expr]*sym.Tensor{
				f: {Shape: f.Shape(), Data: values}, input: {Shape: input.Shape(), Data: c.input},
			}}
			got, err := sym.Eval(env, losses, targets, gradient)
			if err != nil {
				t.Fatal(err)
			}
			loss := func(b int) float64 {
				return c.loss(values[b*kinds:(b+1)*kinds], got[1].Data[b*kinds:(b+1)*kinds])
			}
			for b := range n {
				if d := math.Abs(got[0].Data[b] - loss(b)); !(d <= 1e-12) {
					t.Errorf("sample %d: loss %v, expected %v", b, got[0].Data[b], loss(b))
				}
				for k := range kinds {
					const h = 1e-5
					i := b*kinds + k
					v := values[i]
					values[i] = v + h
					above := loss(b)
					values[i] = v - h
					below := loss(b)
					values[i] = v
					if want := (above - below) / (2 * h); !(math.Abs(got[2].Data[i]-want) <= 1e-8) {
						t.Errorf("sample %d, output %d: gradient %v, expected %v", b, k, got[2].Data[i], want)
					}
				}
			}
			for i, w := range c.targets {
				if got[1].Data[i] != float64(w) {
					t.Fatalf("target %d is %v, expected %v", i, got[1].Data[i], w)
				}
			}
		})
	}
}

// TestScores compares scores with answers whose worth is known: the targets themselves, and zeros.
func TestScores(t *testing.T) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			sure := slices.Clone(c.targets)
			if c.name != "regression" { // logits
				for i := range sure {
					sure[i] = 40 * (2*sure[i] - 1)
				}
			}
			right, zero := c.task.Score(), c.task.Score()
			// In two batches of different size.
			for _, rows := range [][2]int{{0, 3}, {3, n}} {
				a, b := rows[0]*kinds, rows[1]*kinds
				if err := right.Add(sure[a:b], c.targets[a:b], kinds); err != nil {
					t.Fatal(err)
				}
				if err := zero.Add(make([]float32, b-a), c.targets[a:b], kinds); err != nil {
					t.Fatal(err)
				}
			}
			m, z := right.Metrics(), zero.Metrics()
			if m.Samples != n || m.Quality != c.right || !(m.Loss >= 0 && m.Loss < 1e-15) {
				t.Errorf("the targets as answers: %+v", m)
			}
			want := 0.0
			for b := range n {
				row := make([]float64, kinds)
				for k := range row {
					row[k] = float64(c.targets[b*kinds+k])
				}
				want += c.loss(make([]float64, kinds), row) / n
			}
			if !(math.Abs(z.Quality-c.quality) <= 1e-12) || !(math.Abs(z.Loss-want) <= 1e-12) {
				t.Errorf("zeros as answers: %+v, expected quality %v and loss %v", z, c.quality, want)
			}
			if !task.Better(m, z) || task.Better(z, m) || task.Better(m, m) {
				t.Error("the targets are not better than zeros")
			}
			broken := m
			broken.Quality, broken.Loss = math.NaN(), math.NaN()
			if task.Better(broken, z) || !task.Better(z, broken) {
				t.Error("what is not a number is not worse")
			}
			if err := right.Add(sure[:3], c.targets[:3], kinds); err == nil || right.Metrics() != m {
				t.Error("a part of a row was counted")
			}
			if q := c.task.Score().Metrics(); q.Samples != 0 || q.Loss == q.Loss || q.Quality == q.Quality {
				t.Errorf("no samples have %+v", q)
			}
		})
	}
}

// TestSureLabels checks that a loss far below float32's 1 − p keeps its digits.
func TestSureLabels(t *testing.T) {
	g := sym.NewGraph()
	f := g.Input("f", sym.Float, 1, 2)
	_, y := task.MultiLabel{}.Target(g, "y", 1, 2)
	losses := task.MultiLabel{}.Losses(f, y)
	env := sym.Env{Values: map[*sym.Expr]*sym.Tensor{
		f: {Shape: f.Shape(), Data: []float64{50, -1000}}, y: {Shape: y.Shape(), Data: []float64{1, 0}},
	}}
	got, err := sym.Eval(env, losses)
	if err != nil {
		t.Fatal(err)
	}
	if want := math.Log1p(math.Exp(-50)) / 2; !(math.Abs(got[0].Data[0]/want-1) <= 1e-12) {
		t.Errorf("the loss is %v, expected %v", got[0].Data[0], want)
	}
}

// TestParse reads the names.
func TestParse(t *testing.T) {
	for _, name := range task.Names() {
		if k, err := task.Parse(name); err != nil || k.String() != name {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
	if k, err := task.Parse(""); err != nil || k != (task.Classification{}) {
		t.Errorf("the default is %v, %v", k, err)
	}
	if _, err := task.Parse("ranking"); err == nil {
		t.Error("ranking is a task")
	}
}
