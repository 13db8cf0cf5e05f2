package gan

import (
	"math"
	"testing"
	"time"

	"github.com/gradreg/gradreg/dataset"
)

// TestMemorizing weighs each line by the gap that its share is of.
func TestMemorizing(t *testing.T) {
	share := func(v float64) *float64 { return &v }
	line := func(gap float64, m *float64) Metrics { return Metrics{Watch: Watch{Gap: gap}, Memorizing: m} }
	if v, ok := Memorizing([]Metrics{line(1, nil), line(-1, nil)}); ok {
		t.Errorf("found %v of lines that do not say it", v)
	}
	var lines []Metrics
	for i := range fewestLines / 2 {
		if v, ok := Memorizing(lines); ok {
			t.Errorf("found %v of %d lines", v, 2*i)
		}
		lines = append(lines, line(3, share(0.5)), line(5, nil), line(1, share(-0.5)))
	}
	v, ok := Memorizing(lines)
	if want := (3*0.5 - 0.5) / 4; !ok || v != want {
		t.Errorf("found %v, want %v", v, want)
	}
	old := []Metrics{line(1, share(1))}
	for range memorizingLines {
		old = append(old, line(1, share(0)))
	}
	if v, _ := Memorizing(old); v != 0 {
		t.Errorf("found %v with a line of long ago in it", v)
	}
}

// TestAlarm checks that a few lines sound no alarm, and that lines which say nothing do not count.
func TestAlarm(t *testing.T) {
	all := 0.9
	line := Metrics{Watch: Watch{Gap: 1}, Memorizing: &all}
	var lines []Metrics
	for n := range fewestLines + 1 {
		if got, want := Alarm(lines), n >= fewestLines; got != want {
			t.Errorf("%d lines: alarm %v, expected %v", n, got, want)
		}
		lines = append(lines, line, Metrics{Watch: Watch{Gap: 1}})
	}
	little := 0.4
	for i := range lines {
		lines[i].Memorizing = &little
	}
	if Alarm(lines) {
		t.Error("an alarm at 40 %")
	}
}

// TestWatchedSamples checks that the lines of metrics look at all samples in turn, also where the
// samples between two lines are a multiple of all: a batch that is looked at again and again tells
// about itself alone.
func TestWatchedSamples(t *testing.T) {
	for _, c := range []struct{ every, batch, n int }{
		{50, 32, 100}, {50, 32, 200}, {50, 64, 100}, {50, 64, 3200}, {1, 8, 24}, {7, 5, 35}, {50, 32, 20},
	} {
		seen := map[int]bool{}
		lines := (c.n + c.batch - 1) / c.batch
		for line := 1; line <= lines; line++ {
			first := firstWatched(line*c.every, c.every, c.batch, c.n)
			for i := range c.batch {
				seen[(first+i)%c.n] = true
			}
		}
		if len(seen) != c.n {
			t.Errorf("%d lines of batches of %d, every %d steps, are of %d of %d samples", lines, c.batch, c.every, len(seen), c.n)
		}
	}
	if a, b := firstWatched(150, 50, 8, 1000), firstWatched(160, 50, 8, 1000); a == b {
		t.Errorf("the line of the last step looks at sample %d, as the line before", a)
	}
	if first := firstWatched(50, 50, 8, 0); first != 0 {
		t.Errorf("of no samples %d is the first", first)
	}
}

// TestMemorizingOfLine checks the share of a line by its formula, and what has none.
func TestMemorizingOfLine(t *testing.T) {
	of := func(gap, trained, held float64) *float64 {
		return memorizingOf(Watch{Gap: gap, RealScore: trained}, Watch{RealScore: held})
	}
	if v := of(4, 3, 1); v == nil || *v != 0.5 {
		t.Errorf("found %v, expected 0.5", v)
	}
	if v := of(4, 1, 3); v == nil || *v != -0.5 {
		t.Errorf("found %v, expected -0.5", v)
	}
	for _, held := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if v := of(4, 3, held); v != nil { // a line of JSON cannot hold it
			t.Errorf("found %v of a held-out score of %v", *v, held)
		}
	}
	if of(0, 3, 1) != nil || of(-1, 3, 1) != nil {
		t.Error("found a share where real and generated samples are not told apart")
	}
}

// TestHeldOutIsWatched checks that memorizing compares training samples with held-out ones: it is 0 of
// held-out samples that are the training samples, and something else of others.
func TestHeldOutIsWatched(t *testing.T) {
	lines := func(held func(d *Data) *dataset.Subset) (list []Metrics) {
		c := onImages()
		c.Data = "mnist"
		r := &run{RunOptions: RunOptions{Threads: 1, Now: time.Now}, config: c}
		defer r.close()
		if err := r.prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.data.Held = held(r.data)
		r.Stepped = func(p Progress) { list = append(list, *p.Latest) }
		if _, err := r.train(t.Context()); err != nil {
			t.Fatal(err)
		}
		return list
	}
	told := 0
	same := lines(func(d *Data) *dataset.Subset { return d.Train })
	for i, m := range lines(func(d *Data) *dataset.Subset { return d.Held }) {
		if m.Memorizing == nil {
			continue
		}
		told++
		if *m.Memorizing == 0 {
			t.Errorf("step %d: memorizing is 0 of images that are not the training images", m.Step)
		}
		if of := same[i].Memorizing; of == nil || *of != 0 {
			t.Errorf("step %d: memorizing is %v where the training images are held out", m.Step, of)
		}
	}
	if told == 0 {
		t.Error("the critic tells nothing apart: this tests nothing")
	}
}

// TestClamped checks the share of values that a line says to be clamped: all of a generator whose last
// bias is large, in either direction, and none of one whose is 0.
func TestClamped(t *testing.T) {
	for bias, want := range map[float32]float64{3: 1, -3: 1, 0: 0} {
		c := onImages()
		c.Steps, c.LearningRate, c.Network = 1, 1e-12, "dcgan:width=2"
		r := &run{RunOptions: RunOptions{Threads: 1, Now: time.Now}, config: c}
		defer r.close()
		if err := r.prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, p := range r.training.Params.Scope(GeneratorScope).All() {
			values := make([]float32, p.Expr.Shape().Size())
			for i := range values {
				values[i] = bias
			}
			if len(p.Expr.Shape()) > 1 {
				clear(values)
			}
			if err := r.program.Write(p.Expr, values); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.train(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r.latest.Clamped != want {
			t.Errorf("with a bias of %v the share is %v, expected %v", bias, r.latest.Clamped, want)
		}
	}
}
