package toy

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/report"
)

func level(t *testing.T) string {
	t.Helper()
	l, err := kernel.Active()
	if err != nil {
		t.Fatal(err)
	}
	return l.String()
}

// brief returns options of a second's run.
func brief(t *testing.T) Options {
	o := Quick()
	o.Level, o.Threads, o.Steps, o.Lambdas, o.Lines, o.LineSteps = level(t), 1, 300, []float64{0, 0.1}, 2, 5
	return o
}

// TestClaim is the talk's point in small: the penalty at the points lowers the slope between them as much, and the objective
// stays far from the 0 that a function with steps would have.
func TestClaim(t *testing.T) {
	r, err := Run(t.Context(), brief(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range ProblemNames() {
		plain, with := r.of(problem, 0)[0], r.of(problem, 0.1)[0]
		if with.SlopeAt > 0.5*plain.SlopeAt || with.SlopeBetween > 0.5*plain.SlopeBetween {
			t.Errorf("%s: slopes at and between %.3f and %.3f, without the penalty %.3f and %.3f", problem, with.SlopeAt, with.SlopeBetween, plain.SlopeAt, plain.SlopeBetween)
		}
		if ratio := with.SlopeBetween / with.SlopeAt; ratio < 0.7 || ratio > 1.4 {
			t.Errorf("%s: the slope between the points is %.2f times that at them", problem, ratio)
		}
		if with.Objective < 0.05 {
			t.Errorf("%s: the objective is %v: a function with steps?", problem, with.Objective)
		}
	}
}

// TestMeasure compares penalty and slopes with central differences of the learned function.
func TestMeasure(t *testing.T) {
	const h = 2.5e-4
	for _, p := range Problems() {
		o := brief(t).resolved()
		sample := p.sample(20, 7)
		w, err := fit(t.Context(), p, sample, 0.01, 7, o)
		if err != nil {
			t.Fatal(err)
		}
		loss, penalty, values, slopes, err := measure(w, sample.x, sample.y, o)
		if err != nil {
			t.Fatal(err)
		}
		var squares, errors float64
		kinks := 0
		for i, x := range sample.x {
			var slope float64
			for d := range x {
				near := make([][]float64, 2)
				for s := range near {
					near[s] = append([]float64(nil), x...)
					near[s][d] += h * float64(2*s-1)
				}
				_, _, v, _, err := measure(w, near, nil, o)
				if err != nil {
					t.Fatal(err)
				}
				slope += (v[1] - v[0]) * (v[1] - v[0]) / (4 * h * h)
			}
			if math.Abs(math.Sqrt(slope)-slopes[i]) > 0.02*(1+slopes[i]) {
				kinks++ // a ReLU's kink may lie within h
			}
			squares += slopes[i] * slopes[i] / float64(len(sample.x))
			errors += (values[i] - sample.y[i]) * (values[i] - sample.y[i]) / float64(len(sample.x))
		}
		if kinks > 3 {
			t.Errorf("%s: %d of 20 slopes are not those of differences", p.Name, kinks)
		}
		if math.Abs(squares-penalty) > 1e-4*(1+penalty) || math.Abs(errors-loss) > 1e-4*(1+loss) {
			t.Errorf("%s: penalty %v and loss %v, by their definition %v and %v", p.Name, penalty, loss, squares, errors)
		}
	}
}

// TestSlopes compares the problems' slopes with differences of their functions.
func TestSlopes(t *testing.T) {
	for _, p := range Problems() {
		for _, x := range p.sample(30, 1).x {
			sum := 0.0
			for d := range x {
				a, b := append([]float64(nil), x...), append([]float64(nil), x...)
				a[d] -= 1e-6
				b[d] += 1e-6
				sum += math.Pow((p.f(b)-p.f(a))/2e-6, 2)
			}
			if math.Abs(math.Sqrt(sum)-p.slope(x)) > 1e-6 {
				t.Errorf("%s at %v: slope %v, differences give %v", p.Name, x, p.slope(x), math.Sqrt(sum))
			}
		}
	}
}

// TestDirection checks filter normalization: each unit's direction is as long as its weights, biases do not move.
func TestDirection(t *testing.T) {
	w := weights{{3, 1, 0, 4, 2, 0}, {1, 2, 3}} // [2, 3] and a bias
	d := direction(w, []int{3, 0}, 1, 0)
	for u, want := range []float64{5, math.Sqrt(5), 0} {
		if got := math.Hypot(float64(d[0][u]), float64(d[0][u+3])); math.Abs(got-want) > 1e-5 {
			t.Errorf("unit %d: length %v, want %v", u, got, want)
		}
	}
	if !reflect.DeepEqual(d[1], []float32{0, 0, 0}) {
		t.Errorf("the bias moves by %v", d[1])
	}
	if reflect.DeepEqual(d, direction(w, []int{3, 0}, 1, 1)) {
		t.Error("two lines have one direction")
	}
	if got := moved(w, d, 0); !reflect.DeepEqual(got, w) {
		t.Errorf("moved by nothing: %v", got)
	}
}

// TestLines checks that every line goes through the trained network.
func TestLines(t *testing.T) {
	o := brief(t)
	o.Problems, o.Lambdas = []string{"sine"}, []float64{0.1}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	f := r.Trained[0]
	if len(f.Lines) != 2 {
		t.Fatalf("%d lines", len(f.Lines))
	}
	for _, l := range f.Lines {
		if l.T[2] != 0 || math.Abs(l.Objective[2]-f.Objective) > 1e-6*(1+f.Objective) || l.Objective[0] <= f.Objective {
			t.Errorf("objective %v along the line, %v at the trained weights", l.Objective, f.Objective)
		}
	}
}

// TestBetween checks the places between points.
func TestBetween(t *testing.T) {
	p := points{x: [][]float64{{0}, {1}, {4}}}
	if got := p.between(); !reflect.DeepEqual(got, [][]float64{{0.5}, {0.5}, {2.5}}) {
		t.Errorf("between %v", got)
	}
}

// TestDeterminism checks that a run is a function of its options, whatever the threads.
func TestDeterminism(t *testing.T) {
	o := brief(t)
	o.Problems, o.Steps = []string{"paraboloid"}, 20
	a, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Threads = 2
	b, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a.Trained, b.Trained) {
		t.Error("two runs differ")
	}
}

// TestWrite checks the files.
func TestWrite(t *testing.T) {
	o := brief(t)
	o.Steps = 20
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new", "toy")
	if err := r.Write(dir, NewOrigin("gradreg toy --seeds 1", time.Unix(0, 0), o.Level)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"toy.html", "toy.csv", "sine.svg", "sine.png", "sine-surface.svg", "paraboloid.png", "paraboloid-surface.png"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() < 100 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	page, err := os.ReadFile(filepath.Join(dir, "toy.html"))
	if err != nil || !strings.Contains(string(page), "gradreg toy --seeds 1") {
		t.Errorf("the page does not hold the command, or %v", err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "toy.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), `"command":"gradreg toy --seeds 1","date":"1970-01-01"`) {
		t.Errorf("toy.json does not say what made it: %.200s", data)
	}
	var back Result
	if err := json.Unmarshal(data, &back); err != nil || len(back.Trained) != 4 || back.Trained[3].SlopeAt != r.Trained[3].SlopeAt {
		t.Errorf("toy.json: %v, %d networks", err, len(back.Trained))
	}
}

func TestRefusals(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"problem": func(o *Options) { o.Problems = []string{"cosine"} },
		"steps":   func(o *Options) { o.Steps = -1 },
		"points":  func(o *Options) { o.Points = 1 },
		"λ":       func(o *Options) { o.Lambdas = []float64{math.NaN()} },
		"twice":   func(o *Options) { o.Lambdas = []float64{1, 1} },
		"rate":    func(o *Options) { o.LearningRate = math.Inf(1) },
	} {
		o := brief(t)
		change(&o)
		if _, err := Run(t.Context(), o); !fault.IsInput(err) {
			t.Errorf("%s: error %v, expected one of the input", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, brief(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
	o := brief(t)
	o.LearningRate = 1e18
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "loss is") {
		t.Errorf("diverged: error %v", err)
	}
}

// TestQuickWrite checks that table, figures and page of a first look say that they are no result, and those of others do not.
func TestQuickWrite(t *testing.T) {
	for _, quick := range []bool{true, false} {
		o := brief(t)
		o.Steps, o.FirstLook = 5, quick
		r, err := Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := r.Write(dir, NewOrigin("gradreg toy --quick", time.Unix(0, 0), o.Level)); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{
			"toy.html": "QUICK LOOK, NO RESULT: ", "toy.csv": "quick_look,", "toy.json": `"quick_look":true`,
			"sine.svg": "Quick look, no", "sine-surface.svg": "Quick look, no", "paraboloid.svg": "Quick look, no",
		} {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil || strings.Contains(string(data), text) != quick {
				t.Errorf("quick %t: %s holds %q: %t (%v)", quick, name, text, !quick, err)
			}
		}
		p, err := problemNamed("sine")
		if err != nil {
			t.Fatal(err)
		}
		for _, caption := range []string{r.Table().Caption, r.learned(p).Caption(), r.surface(p).Caption()} {
			if strings.HasPrefix(caption, report.QuickMark) != quick {
				t.Errorf("quick %t: a caption %q", quick, caption)
			}
		}
	}
	if !Quick().FirstLook {
		t.Error("Quick is no first look")
	}
}
