package gan

import (
	"math"
	"testing"
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
