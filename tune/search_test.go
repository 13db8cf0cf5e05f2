package tune

import (
	"cmp"
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/bug"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/optim"
)

// madeUp is a lab without training. A run has fewer errors the nearer its λ is, in decades, to what is best for one of its length.
type madeUp struct {
	scale     float64
	best      func(name string, steps int) float64
	lock      sync.Mutex
	probes    []classify.Config
	scalings  []classify.Config
	diverging bool
	without   float64 // how far a penalty with λ 0 is from the best one, in decades; 2 if 0
	chance    float64 // share of the most frequent class, and accuracy of short probes, if above 0
}

func (m *madeUp) lab() lab { return lab{m.probe, m.measure} }

func (m *madeUp) probe(_ context.Context, cfg classify.Config, _ classify.Options) (classify.ProbeResult, error) {
	if err := cfg.Validate(); err != nil {
		return classify.ProbeResult{}, err
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	m.probes = append(m.probes, cfg)
	if m.diverging {
		return classify.ProbeResult{Accuracy: math.NaN(), Calibrated: math.NaN(), Diverged: "loss is NaN"}, nil
	}
	away := 0.0
	for _, s := range cfg.Regularizers {
		if r, err := s.Regularizer(); err == nil && r.Lambda() > 0 {
			away += math.Abs(math.Log10(r.Lambda() / m.best(r.Name(), cfg.Steps)))
		} else if err == nil {
			away += cmp.Or(m.without, 2)
		}
	}
	if m.chance > 0 && cfg.Steps == 100 {
		return classify.ProbeResult{Images: 10000, Accuracy: m.chance, NLL: 1, Calibrated: 1 + away, Chance: m.chance, Temperature: 1}, nil
	}
	return classify.ProbeResult{Images: 10000, Chance: m.chance, Accuracy: 1 - math.Min(away, 9)/10, NLL: 1 + away, Calibrated: 1 + away, Temperature: 1}, nil
}

func (m *madeUp) measure(_ context.Context, cfg classify.Config, _ gradreg.Regularizer, _ classify.Options) (float64, error) {
	m.scalings = append(m.scalings, cfg)
	return m.scale, cfg.Validate()
}

// job is a configuration of 1600 steps: probes take 100 and 600 of them, the plain run for the scale 50.
func job(regularizers ...string) classify.Config {
	cfg := classify.Default()
	cfg.Steps, cfg.Regularizers = 1600, gradreg.Specs(regularizers...)
	return cfg
}

// searched finds with some threads and returns what was chosen.
func searched(t *testing.T, m *madeUp, cfg classify.Config) classify.Config {
	t.Helper()
	got, err := find(t.Context(), cfg, Options{Threads: 3}, m.lab())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// lambdas returns the λ of a choice's probes of a length, in the order in which they were tried.
func lambdas(c classify.Choice, steps int) (list []float64) {
	for _, p := range c.Probes {
		if p.Steps == steps {
			list = append(list, p.Lambda)
		}
	}
	return list
}

// TestRounds checks which λ a search tries: these are the stored results' and stay while [SearchVersion] does.
func TestRounds(t *testing.T) {
	for _, c := range []struct {
		short, long   float64 // best λ of short and long probes
		first, second []float64
		found         float64
	}{
		{10, 32, []float64{1, 3.2, 10, 32, 100}, []float64{0, 10, 32, 100}, 32},
		{10, 10, []float64{1, 3.2, 10, 32, 100}, []float64{0, 10, 32, 3.2}, 10},
		{10, 0.1, []float64{1, 3.2, 10, 32, 100}, []float64{0, 10, 32, 3.2, 1}, 1},
		{10, 1e-9, []float64{1, 3.2, 10, 32, 100}, []float64{0, 10, 32, 3.2, 1}, 0}, // smaller is better, and none is best
		{1e4, 1e5, []float64{1, 3.2, 10, 32, 100}, []float64{0, 100, 320, 1000, 3200}, 3200},
		{0.32, 1, []float64{1, 3.2, 10, 32, 100, 0.32, 0.1}, []float64{0, 0.32, 1, 3.2}, 1},
		{1e-3, 1e-3, []float64{1, 3.2, 10, 32, 100, 0.32, 0.1}, []float64{0, 0.1, 0.32, 0.032, 0.01}, 0.01},
	} {
		m := &madeUp{scale: 1, without: 4, best: func(_ string, steps int) float64 {
			if steps == 100 {
				return c.short
			}
			return c.long
		}}
		choice := searched(t, m, job("datagrad:auto")).Choices[0]
		if first, second := lambdas(choice, 100), lambdas(choice, 600); !slices.Equal(first, c.first) || !slices.Equal(second, c.second) || choice.Lambda != c.found {
			t.Errorf("best λ %v, then %v: tried %v and %v, found %v; expected %v, %v and %v", c.short, c.long, first, second, choice.Lambda, c.first, c.second, c.found)
		}
		if want := float64(50+100*len(c.first)+600*len(c.second)) / 1600; choice.Scale != 1 || choice.Cost != want {
			t.Errorf("scale %v and cost %v, expected 1 and %v", choice.Scale, choice.Cost, want)
		}
	}
}

// TestInside checks for every regularizer, wherever its best λ may be, that the search tries only λ inside the interval and
// keeps its price, and that a rate is looked for without a look at gradients.
func TestInside(t *testing.T) {
	for _, info := range gradreg.Regularizers() {
		for decade := -6; decade <= 6; decade++ {
			m := &madeUp{scale: 3, best: func(string, int) float64 { return math.Pow(10, float64(decade)/2) }}
			choice := searched(t, m, job(info.Name+":auto")).Choices[0]
			for _, p := range choice.Probes {
				if !(p.Lambda > 0 || p.Lambda == 0 && p.Steps == 600) || info.Lambda.Most > 0 && p.Lambda >= info.Lambda.Most {
					t.Errorf("%s: tried λ %v of %v", info.Name, p.Lambda, info.Lambda)
				}
			}
			if fixed := info.Lambda.First > 0; fixed != (len(m.scalings) == 0) || fixed != (choice.Scale == 0) || fixed && choice.Probes[0].Lambda != info.Lambda.First {
				t.Errorf("%s: %d measurements of gradients, scale %v, first λ %v", info.Name, len(m.scalings), choice.Scale, choice.Probes[0].Lambda)
			}
			if choice.Cost > 2.35 {
				t.Errorf("%s: the search took %v runs", info.Name, choice.Cost)
			}
		}
	}
	for _, c := range []struct {
		text  string
		first []float64
		found float64
	}{
		{"dropout:auto", []float64{0.1, 0.3, 0.5, 0.7, 0.9}, 0.3},
		{"input-noise:auto", []float64{0.02, 0.063, 0.2, 0.63, 2}, 0.2},
		{"label-smoothing:auto", []float64{0.01, 0.032, 0.1, 0.32}, 0.32},
		{"label-smoothing:auto,every=4", []float64{0.01, 0.032, 0.1}, 0.1}, // λ·every is at most 1
		{"label-smoothing:auto,every=500", []float64{0.0002, 0.00063}, 0.00063},
	} {
		m := &madeUp{without: 5, best: func(string, int) float64 { return 0.3 }}
		choice := searched(t, m, job(c.text)).Choices[0]
		if first := lambdas(choice, 100); !slices.Equal(first, c.first) || choice.Lambda != c.found {
			t.Errorf("%s: tried %v, expected %v; found %v, expected %v", c.text, first, c.first, choice.Lambda, c.found)
		}
	}
	bounded := newLadder(gradreg.Interval{Most: 1}, 300) // a weight whose gradients balance beyond its bound
	if got := bounded.among(candidates...); bounded.at(got[0]) != 0.1 || bounded.at(got[len(got)-1]) != 0.32 {
		t.Errorf("places %v of a weight below 1", got)
	}
}

// TestSeveral checks that each of several is found with those before it at what was found and those after it left out, the first
// as if it were the only one, each at the price of one.
func TestSeveral(t *testing.T) {
	best := func(name string, _ int) float64 {
		return map[string]float64{"datagrad": 100, "spectreg": 0.3, "dropout": 0.5}[name]
	}
	cfg := job("datagrad:1", "none", "datagrad:auto,fraction=0.5", "weight-decay:5e-4", "dropout:auto", "spectreg:auto")
	best0 := func(name string, steps int) float64 {
		if name == "weight-decay" {
			return 5e-4
		}
		return best(name, steps)
	}
	m := &madeUp{scale: 1, best: best0}
	got := searched(t, m, cfg)
	if want := []string{"datagrad:100,fraction=0.5", "weight-decay:5e-4", "dropout:0.5", "spectreg:0.32"}; !slices.Equal(gradreg.Texts(got.Regularizers), want) || Needed(got) {
		t.Fatalf("found %v, expected %v", got.Regularizers, want)
	}
	if cfg.Regularizers[2].String() != "datagrad:auto,fraction=0.5" {
		t.Errorf("the caller's configuration became %v", cfg.Regularizers)
	}
	alone := searched(t, &madeUp{scale: 1, best: best0}, job("datagrad:auto,fraction=0.5", "weight-decay:5e-4", "dropout:0", "spectreg:0"))
	alone.Choices[0].Seconds, got.Choices[0].Seconds = 0, 0
	if !reflect.DeepEqual(alone.Choices[0], got.Choices[0]) {
		t.Errorf("the first is %+v, alone %+v", got.Choices[0], alone.Choices[0])
	}
	if len(got.Choices) != 3 || got.Choices[0].Cost > 2.35 || got.Choices[1].Cost > 2.35 || got.Choices[2].Cost > 2.35 || strings.Count(got.Note, "chosen by") != 3 {
		t.Errorf("choices %+v, note %q", got.Choices, got.Note)
	}
	probes := m.probes[1:] // the first only sees that all can be trained
	for i, choice := range got.Choices {
		for _, p := range probes[:len(choice.Probes)] {
			r := gradreg.Texts(p.Regularizers)
			if i == 0 && !slices.Equal(r[2:], []string{"dropout:0", "spectreg:0"}) || i > 0 && r[0] != "datagrad:100,fraction=0.5" || i == 1 && r[3] != "spectreg:0" || i == 2 && r[2] != "dropout:0.5" {
				t.Errorf("search %d: a probe of %v", i+1, r)
			}
		}
		probes = probes[len(choice.Probes):]
	}
	if len(probes) > 0 {
		t.Errorf("%d probes more than are recorded", len(probes))
	}
}

// TestDoubts checks what a search says of itself: where it ended at an end of what it tried, where no penalty was best, where its
// first round told nothing; and that it says nothing else.
func TestDoubts(t *testing.T) {
	for what, c := range map[string]struct {
		best, without, chance float64
		want                  []string
	}{
		"inside":      {10, 4, 0, nil},
		"largest":     {1e6, 8, 0, []string{"λ 3200 is the largest"}},
		"smallest":    {1e-4, 8, 0, []string{"λ 0.01 is the smallest"}},
		"no penalty":  {1e-6, 1, 0, []string{"without it (λ 0) is better"}},
		"by luck":     {2, 4, 0.11, []string{"no λ could be told from chance (11.0 % of 10000 images at best, the most frequent class has 11.0 %)"}},
		"luck, small": {1e-4, 8, 0.11, []string{"is the smallest", "told from chance"}},
	} {
		m := &madeUp{scale: 1, without: c.without, chance: c.chance, best: func(string, int) float64 { return c.best }}
		got := searched(t, m, job("datagrad:auto"))
		doubts := got.Choices[0].Warnings()
		if len(doubts) != len(c.want) {
			t.Errorf("%s: %q, expected %q", what, doubts, c.want)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(doubts[i], want) || !strings.Contains(got.Note, doubts[i]) {
				t.Errorf("%s: %q, note %q, expected %q", what, doubts[i], got.Note, want)
			}
		}
		if (got.Choices[0].Lambda == 0) != (what == "no penalty") {
			t.Errorf("%s: found λ %v", what, got.Choices[0].Lambda)
		}
	}
}

// TestProgress checks that a search says at once how much there is to do at most, never more later, and in the end that all is done.
func TestProgress(t *testing.T) {
	var seen []Progress
	m := &madeUp{scale: 1, best: func(string, int) float64 { return 10 }}
	opt := Options{Threads: 3, Progress: func(p Progress) { seen = append(seen, p) }}
	got, err := find(t.Context(), job("datagrad:auto", "dropout:auto"), opt, m.lab())
	if err != nil {
		t.Fatal(err)
	}
	if first, want := seen[0], (Progress{Regularizer: "datagrad", Most: 13 + 12, All: 50 + 2*(7*100+5*600)}); first != want {
		t.Errorf("at first %+v, expected %+v", first, want)
	}
	for i, p := range seen[1:] {
		if last := seen[i]; p.Most > last.Most || p.All > last.All || p.Runs < last.Runs || p.Steps < last.Steps || p.Steps > p.All {
			t.Errorf("%+v after %+v", p, last)
		}
	}
	steps := int(1600*(got.Choices[0].Cost+got.Choices[1].Cost) + 0.5)
	if last := seen[len(seen)-1]; last.Runs != last.Most || last.Steps != last.All || last.Steps != steps || last.Regularizer != "dropout" || last.Remembered != steps {
		t.Errorf("at last %+v, expected %d steps, none of them counted", last, steps)
	}
}

// TestWarmup checks that in a short run every warm-up takes its share of the steps, and that nothing else is shortened.
func TestWarmup(t *testing.T) {
	cfg := job("datagrad:auto,every=3,warmup=1200,ramp=up", "spectreg:0.03,warmup=801")
	cfg.Schedule = optim.ParseScheduleSpec("cosine:warmup=160")
	m := &madeUp{scale: 1, best: func(string, int) float64 { return 10 }}
	got := searched(t, m, cfg)
	want := map[int][3]string{
		50: {"warmup=38", "warmup=26", "cosine:warmup=5"}, 100: {"warmup=75", "warmup=51", "cosine:warmup=10"}, 600: {"warmup=450", "warmup=301", "cosine:warmup=60"},
	}
	for _, p := range slices.Concat(m.probes, m.scalings) {
		w, known := want[p.Steps]
		if !known || !strings.HasSuffix(p.Regularizers[0].String(), ",every=3,"+w[0]+",ramp=up") || p.Regularizers[1].String() != "spectreg:0.03,"+w[1] || p.Schedule.String() != w[2] {
			t.Errorf("a short run of %d steps with %v, %s; expected %v", p.Steps, p.Regularizers, p.Schedule, w)
		}
	}
	if got.Steps != cfg.Steps || got.Schedule.String() != cfg.Schedule.String() || !strings.HasSuffix(got.Choices[0].Regularizer.String(), ",every=3,warmup=1200,ramp=up") || got.Regularizers[1].String() != cfg.Regularizers[1].String() {
		t.Errorf("the run itself has %d steps, %v, %s", got.Steps, got.Regularizers, got.Schedule)
	}
	for _, texts := range [][2]string{{"piecewise", "datagrad:1,every=4"}, {"cosine:warmup=0", "datagrad:1,warmup=1"}, {"", ""}, {"cosine:warmup=x", "datagrad:1,warmup=x"}} {
		cfg := job(texts[1])
		cfg.Schedule = optim.ParseScheduleSpec(texts[0])
		if got := Shortened(cfg, 1./160); got.Schedule.String() != texts[0] || got.Regularizers[0].String() != texts[1] {
			t.Errorf("%q are shortened to %s and %s", texts, got.Schedule, got.Regularizers[0])
		}
	}
}

// TestFailures checks that a search fails at once, in one line and never in several, and what it says of probes that diverge.
func TestFailures(t *testing.T) {
	broken := errors.New("no dropout layer")
	l := lab{func(context.Context, classify.Config, classify.Options) (classify.ProbeResult, error) {
		return classify.ProbeResult{}, broken
	}, (&madeUp{scale: 1}).measure}
	for _, cfg := range []classify.Config{job("dropout:auto"), job("datagrad:auto", "dropout:auto")} {
		if _, err := find(t.Context(), cfg, Options{Threads: 4}, l); err != broken {
			t.Errorf("%v: %v, expected %v once", cfg.Regularizers, err, broken)
		}
	}
	m := &madeUp{scale: 1, diverging: true, best: func(string, int) float64 { return 1 }}
	if _, err := find(t.Context(), job("datagrad:auto"), Options{Threads: 1}, m.lab()); err == nil || !strings.Contains(err.Error(), "every probe diverged") {
		t.Errorf("diverging: %v", err)
	}
}

// TestResolved checks that a configuration is written in full around its gaps, behind the last none.
func TestResolved(t *testing.T) {
	got, err := Resolved(job("onehot:auto", "none", "dropout:auto", "datagrad: auto , every=2", "weight-decay:0.0005", "label-smoothing:auto,warmup=7"))
	if want := []string{"dropout:auto", "datagrad:auto,every=2", "weight-decay:0.0005", "label-smoothing:auto,warmup=7"}; err != nil || !slices.Equal(gradreg.Texts(got.Regularizers), want) {
		t.Errorf("%v, %v, expected %v", got.Regularizers, err, want)
	}
	if _, err := Resolved(job("dropout:auto,at=moon")); err == nil || strings.Contains(err.Error(), "λ is") {
		t.Errorf("%v, expected an error about at", err)
	}
	for text, want := range map[string]string{"datagrad:1": "", "datagrad:auto": "search 3\n", "datagrad:auto,warmup=9": "search 3, warm-up in proportion\n"} {
		if got := Identity(job(text), SearchVersion); got != want {
			t.Errorf("%s: %q, expected %q", text, got, want)
		}
		if got, want := Identity(job(text), 0), strings.Replace(want, "3", "2", 1); got != want {
			t.Errorf("%s, as it was before the search was recorded: %q, expected %q", text, got, want)
		}
	}
	if got := WithoutOpen(job("onehot:1", "none", "dropout:auto", "datagrad:1", "spectreg:auto,warmup=3")).Regularizers; !slices.Equal(gradreg.Texts(got), []string{"datagrad:1"}) {
		t.Errorf("without what is to be found %v", got)
	}
	for _, info := range gradreg.Regularizers() {
		_, list := gaps(job(info.Name + ":auto"))
		if _, err := list[0].some().Regularizer(); err != nil {
			t.Errorf("%s: some λ is none: %v", info.Name, err)
		}
		if s, err := spec.Parse(list[0].WithLambda(0.25).String()); err != nil || s.Value != "0.25" {
			t.Errorf("%s: %+v, %v", info.Name, s, err)
		}
	}
}

// TestPanickingProbe checks that a bug in a probe reaches who searches, instead of ending the process.
func TestPanickingProbe(t *testing.T) {
	l := lab{func(context.Context, classify.Config, classify.Options) (classify.ProbeResult, error) { panic("a bug") }, (&madeUp{scale: 1}).measure}
	defer func() {
		if p, ok := recover().(*bug.Panic); !ok || p.Value != "a bug" {
			t.Errorf("the search ended with %v", p)
		}
	}()
	_, err := find(t.Context(), job("datagrad:auto"), Options{Threads: 4}, l)
	t.Errorf("the search returned %v", err)
}
