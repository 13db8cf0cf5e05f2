package cli

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/task"
	"github.com/gradreg/gradreg/tune"
)

// told returns what a run without a terminal prints when it is told of some steps, the clock standing at the given seconds.
func told(a *app, out *strings.Builder, at []int, steps []classify.Progress) (lines []string) {
	clock := time.Unix(0, 0)
	a.err, a.now = out, func() time.Time { return clock }
	p := a.newProgress(false)
	p.started(classify.Start{Config: classify.Config{Steps: 100, LogEvery: 100}, Steps: 100})
	for i, s := range steps {
		clock = time.Unix(int64(at[i]), 0)
		before := out.Len()
		p.stepped(s)
		lines = append(lines, strings.TrimSuffix(out.String()[before:], "\n"))
	}
	return lines
}

// TestProgressLines checks what is said of a run and when: the penalties with their weights, how long it will take after three
// seconds, a dev accuracy once.
func TestProgressLines(t *testing.T) {
	step := func(n int) classify.Progress {
		return classify.Progress{
			Step: n, Steps: 100, Loss: 0.5, Names: []string{"datagrad", "weight-decay", "dropout", "spectreg"}, Penalties: []float64{0.002, 136, 0, math.NaN()},
			Weights: []float64{50, 5e-4, 0.5, 1}, DevQuality: 0.9, Quality: task.Classification{}.Quality(), DevStep: 10, ImagesPerSecond: 1000, Remaining: 15 * time.Minute,
		}
	}
	evaluated := step(10)
	evaluated.Evaluated, evaluated.Step = true, 10
	lines := told(&app{}, &strings.Builder{}, []int{1, 4, 20, 25, 40, 56}, []classify.Progress{step(1), step(2), step(3), evaluated, step(11), step(12)})
	want := []string{
		"", "step 2/100  loss 0.5000  λ·R: datagrad 0.1, weight-decay 0.068  1000 images/s  15m0s left", "",
		"step 10/100  loss 0.5000  λ·R: datagrad 0.1, weight-decay 0.068  dev 90.00 %  1000 images/s  15m0s left", "",
		"step 12/100  loss 0.5000  λ·R: datagrad 0.1, weight-decay 0.068  1000 images/s  15m0s left",
	}
	for i := range want {
		if lines[i] != want[i] {
			t.Errorf("line %d: %q, expected %q", i, lines[i], want[i])
		}
	}
}

// TestProgressJSON checks that a line can be written of a penalty that was not taken yet.
func TestProgressJSON(t *testing.T) {
	var out strings.Builder
	a := &app{json: true, lines: true, out: &out, getenv: func(string) string { return "" }}
	told(a, &strings.Builder{}, []int{1}, []classify.Progress{{Step: 100, Steps: 100, Loss: 1, Names: []string{"a", "b"}, Penalties: []float64{math.NaN(), 2}, Weights: []float64{1, 3}}})
	var line struct{ Penalties, Lambda map[string]float64 }
	text := strings.Split(strings.TrimSpace(out.String()), "\n")
	if err := json.Unmarshal([]byte(text[len(text)-1]), &line); err != nil || len(text) != 2 || len(line.Penalties) != 1 || line.Lambda["b"] != 3 {
		t.Errorf("%q: %v", text, err)
	}
}

// TestDevOnTerminal checks that a bar says of which step its dev accuracy is, and that numbers are cut to a narrow terminal.
func TestDevOnTerminal(t *testing.T) {
	s := &screen{}
	a := &app{err: s, out: s, screen: s, terminal: true, getenv: func(string) string { return "" }, now: time.Now}
	p := a.newProgress(false)
	p.started(classify.Start{Config: classify.Config{Steps: 100, LogEvery: 1}, Steps: 100})
	p.stepped(classify.Progress{Step: 10, Steps: 100, DevQuality: 0.9, Quality: task.Classification{}.Quality(), DevStep: 10, Evaluated: true, Names: []string{"datagrad"}, Weights: []float64{2}, Penalties: []float64{3}})
	s.shows(t, "loss 0.0000  λ·R: datag\n")
	if got, want := p.numbers(), "loss 0.0000  λ·R: datagrad 6  dev 90.00 %"; got != want {
		t.Errorf("%q, expected %q", got, want)
	}
	p.stepped(classify.Progress{Step: 11, Steps: 100, DevQuality: 0.9, Quality: task.Classification{}.Quality(), DevStep: 10})
	if got, want := p.numbers(), "loss 0.0000  dev 90.00 % at step 10"; got != want {
		t.Errorf("%q, expected %q", got, want)
	}
	p.close()
}

// TestSearchBar follows a search for λ: what there is to do at once, one bar through all of it, how long it will take.
func TestSearchBar(t *testing.T) {
	s := &screen{}
	clock := time.Unix(0, 0)
	a := &app{err: s, out: s, screen: s, terminal: true, getenv: func(string) string { return "" }, now: func() time.Time { return clock }}
	p := a.newSearchProgress(false)
	p.report(tune.Progress{Regularizer: "datagrad", Most: 13, All: 3750})
	p.report(tune.Progress{Regularizer: "datagrad", Most: 13, All: 3750, Steps: 1})
	s.shows(t, "looking for λ: at most 13 short runs on dev images, of 3750 steps together\n")
	s.shows(t, "λ of datagrad: run 1 of")
	clock = time.Unix(10, 0)
	p.report(tune.Progress{Regularizer: "datagrad", Runs: 2, Most: 12, All: 3000, Steps: 1000, Remembered: 500})
	s.shows(t, "λ of datagrad: run 3 of") // the rest has no room here
	if state := p.last.Load(); state.counts() != "λ of datagrad: run 3 of at most 12" || state.left() != "at most 40s left" {
		t.Errorf("%q, %q", state.counts(), state.left())
	}
	p.log("a line")
	s.shows(t, "a line\n")
	p.close()

	var lines strings.Builder
	clock = time.Unix(0, 0)
	a = &app{err: &lines, getenv: func(string) string { return "" }, now: func() time.Time { return clock }}
	p = a.newSearchProgress(false)
	for _, second := range []int64{0, 2, 4, 20, 35} {
		clock = time.Unix(second, 0)
		p.report(tune.Progress{Regularizer: "datagrad", Most: 13, All: 3600, Steps: 1 + int(second)})
	}
	p.close()
	if got := strings.Count(lines.String(), "\n"); got != 3 || !strings.Contains(lines.String(), "λ of datagrad: run 1 of at most 13, at most 47m56s left\n") {
		t.Errorf("%d lines, expected one at once, one soon and one later: %q", got, lines.String())
	}
}

// TestEpochLines checks that a run whose length was given in epochs is told in them, not at each that
// is short, and at its end.
func TestEpochLines(t *testing.T) {
	step := func(n int) classify.Progress {
		return classify.Progress{
			Step: 2 * n, Steps: 100, Epoch: n, Epochs: 50, Loss: 0.5, DevQuality: 0.9, Evaluated: true, DevStep: 2 * n, DevEpoch: n,
			Quality: task.Classification{}.Quality(), ImagesPerSecond: 1000, Remaining: time.Minute,
		}
	}
	lines := told(&app{}, &strings.Builder{}, []int{1, 4, 6, 10, 11}, []classify.Progress{step(1), step(2), step(3), step(7), step(50)})
	want := []string{
		"", "epoch 2/50  loss 0.5000  dev 90.00 %  1000 images/s  1m0s left", "",
		"epoch 7/50  loss 0.5000  dev 90.00 %  1000 images/s  1m0s left",
		"epoch 50/50  loss 0.5000  dev 90.00 %  1000 images/s",
	}
	for i := range want {
		if lines[i] != want[i] {
			t.Errorf("line %d: %q, expected %q", i, lines[i], want[i])
		}
	}
}
