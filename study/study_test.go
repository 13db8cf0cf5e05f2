package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/task"
)

// example has what a study can have: two settings, open and given parameters, two rounds of tuning.
const example = `
name: example
title: Example
data: [mnist]
train_sizes: [50, 100]
settings:
  - name: a
  - name: b
    regularizers: ["weight-decay:5e-4"]
methods:
  - name: none
    train: {learning_rate: $lr}
  - name: datagrad
    regularizers: ["datagrad:$lambda"]
    train: {learning_rate: $lr}
    parameters: {lambda: {log: [0.5, 500]}}
  - name: given
    regularizers: ["spectreg:$lambda"]
    parameters: {lambda: {by: train_size, 50: 0.03, 100: 0.01}}
parameters: {lr: {log: [1e-4, 1e-2]}}
baseline: none
seeds: 3
tuning: {trials: 9, rounds: [0.1, 0.5, 1], keep: 3, seeds: 2}
`

func read(t *testing.T, text string) *Study {
	t.Helper()
	s, err := Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &Study{Spec: *s, Identity: Identity{Numbers: 1, CPU: "generic", Digests: map[string]string{"mnist": "digest"}}}
}

// madeUp returns a result that depends on the run alone.
func madeUp(r Run) Result {
	u := uniform(hash64(r.Key), 0)
	return Result{Key: r.Key, Accuracy: math.Round(100*u) / 100, Calibrated: uniform(hash64(r.Key), 1), NLL: 1, Images: 100, Seconds: 1, Machine: "here"}
}

// complete gives results to a study's runs in random order until nothing is left, and checks the
// counts at every moment.
func complete(t *testing.T, s *Study, result func(Run) Result, order *rand.Rand) (Progress, Results) {
	t.Helper()
	results, total, diverged := Results{}, -1, false
	for {
		p, err := s.Progress(results)
		if err != nil {
			t.Fatal(err)
		}
		runs := p.Runs()
		if all := len(runs) + s.Unplanned(p); total < 0 {
			total = all
		} else if all > total || all < total && !diverged { // a cell of which everything diverged has no final runs
			t.Fatalf("%d runs in all after %d results, %d at first", all, len(results), total)
		}
		left := slices.DeleteFunc(runs, func(r Run) bool { _, ok := results[r.Key]; return ok })
		if len(left) == 0 {
			return p, results
		}
		r := left[order.IntN(len(left))]
		results[r.Key] = result(r)
		diverged = diverged || results[r.Key].Diverged != ""
	}
}

// TestProgress checks that what follows from results does not depend on the order in which they
// come, that rounds keep as many as they should and the best, and that only a chosen trial gets
// final runs.
func TestProgress(t *testing.T) {
	s := read(t, example)
	first, firstResults := complete(t, s, madeUp, rand.New(rand.NewPCG(1, 1)))
	for seed := range uint64(3) {
		p, results := complete(t, s, madeUp, rand.New(rand.NewPCG(seed, 2)))
		if !reflect.DeepEqual(p, first) || !reflect.DeepEqual(results, firstResults) {
			t.Fatal("another order of results leads elsewhere")
		}
	}
	for _, c := range first.Cells {
		if len(c.Final) != 3 {
			t.Errorf("%s: %d final runs", c, len(c.Final))
		}
		if c.Method == "given" {
			if len(c.Rounds) > 0 || c.Values["lambda"] != map[int]float64{50: 0.03, 100: 0.01}[c.TrainSize] {
				t.Errorf("%s: %d rounds, %v", c, len(c.Rounds), c.Values)
			}
			continue
		}
		var widths []int
		for i, round := range c.Rounds {
			widths = append(widths, len(round.Trials))
			if i == 0 {
				continue
			}
			worst := math.Inf(1)
			for _, kept := range round.Trials {
				before := c.Rounds[i-1].Trials[slices.IndexFunc(c.Rounds[i-1].Trials, func(b Trial) bool { return b.Number == kept.Number })]
				worst = min(worst, before.Quality)
			}
			better := 0
			for _, b := range c.Rounds[i-1].Trials {
				if b.Quality > worst {
					better++
				}
			}
			if better >= len(round.Trials) {
				t.Errorf("%s: round %d left out a better trial", c, i)
			}
		}
		if !slices.Equal(widths, []int{9, 3, 1}) || !reflect.DeepEqual(c.Values, c.Rounds[2].Trials[0].Values) {
			t.Errorf("%s: rounds of %v trials, chose %v", c, widths, c.Values)
		}
		if c.Final[0].Config.LearningRate != c.Values["lr"] || c.Rounds[0].Trials[0].Runs[0].Config.Steps != 1000 {
			t.Errorf("%s: %+v", c, c.Final[0].Config)
		}
	}
}

// TestOneRound follows studies with a single round of tuning to their final runs: such a round is
// the last, needs no keep, and gives the final runs its best trial.
func TestOneRound(t *testing.T) {
	for _, keep := range []string{"", ", keep: 0", ", keep: 1", ", keep: 3"} {
		s := read(t, strings.Replace(example, "rounds: [0.1, 0.5, 1], keep: 3", "rounds: [1]"+keep, 1))
		p, _ := complete(t, s, madeUp, rand.New(rand.NewPCG(1, 1)))
		for _, c := range p.Cells {
			if len(c.Final) != s.Seeds {
				t.Errorf("%q: %s: %d final runs", keep, c, len(c.Final))
			}
			if c.Method == "given" {
				continue
			}
			if len(c.Rounds) != 1 || len(c.Rounds[0].Trials) != s.Tuning.Trials {
				t.Fatalf("%q: %s: %d rounds", keep, c, len(c.Rounds))
			}
			if b := best(c.Rounds[0].Trials, 1, task.Classification{}.Quality())[0]; !reflect.DeepEqual(c.Values, b.Values) {
				t.Errorf("%q: %s: chose %v, the best trial has %v", keep, c, c.Values, b.Values)
			}
		}
	}
}

// TestLeft checks the time that is left of a study whose methods have steps of different lengths,
// at every moment from the first run of each method on.
func TestLeft(t *testing.T) {
	s := read(t, example)
	pace := map[string]float64{"none": 1e-3, "datagrad": 2e-3, "given": 4e-3}
	plans, err := s.Plans()
	if err != nil {
		t.Fatal(err)
	}
	left := 0.0
	for _, p := range plans {
		left += p.Steps * pace[p.Method]
	}
	results, methods := Results{}, map[string]bool{}
	for {
		p, err := s.Progress(results)
		if err != nil {
			t.Fatal(err)
		}
		got := s.Left(p, results, nil)
		switch {
		case len(results) == 0 && got != 0:
			t.Errorf("%v seconds are left, though nothing is known", got)
		case len(methods) == len(pace) && math.Abs(got-left) > 1e-6*(1+left):
			t.Errorf("%v seconds are left after %d runs, expected %v", got, len(results), left)
		}
		runs := slices.DeleteFunc(p.Runs(), func(r Run) bool { _, ok := results[r.Key]; return ok })
		if len(runs) == 0 {
			break
		}
		r := runs[len(results)%len(runs)]
		result := madeUp(r)
		result.Seconds = float64(r.Config.Steps) * pace[r.Cell.Method]
		begun, want := s.Left(p, results, map[string]float64{r.Key: 0.25}), left-result.Seconds/4
		if len(methods) == len(pace) && math.Abs(begun-want) > 1e-6*(1+left) {
			t.Errorf("%v seconds are left when a quarter of %v is done, expected %v", begun, r, want)
		}
		results[r.Key], methods[r.Cell.Method] = result, true
		left -= result.Seconds
	}
	if math.Abs(left) > 1e-6 {
		t.Errorf("the plans are off by %v seconds", left)
	}
}

// TestLeftOfUnknown checks that a method of which nothing is complete is expected to take as long
// as its multiply-adds say.
func TestLeftOfUnknown(t *testing.T) {
	s := read(t, `
name: example
title: Example
data: [mnist]
train_sizes: [100]
methods:
  - name: none
  - name: datagrad
    regularizers: ["datagrad:50"]
  - name: jacreg
    regularizers: ["jacreg:1"]
baseline: none
seeds: 3
`)
	p, err := s.Progress(Results{})
	if err != nil {
		t.Fatal(err)
	}
	results := Results{}
	for _, r := range p.Runs() {
		if r.Cell.Method == "none" {
			results[r.Key] = Result{Key: r.Key, Seconds: 20}
		}
	}
	const plain, low, high = 3 * 20, 2.1 + 10.5, 2.1 + 11.5 // see docs/regularizer-costs.json
	if got := s.Left(p, results, nil); got < low*plain || got > high*plain {
		t.Errorf("%v seconds are left, expected about %v", got, (low+high)/2*plain)
	}
}

// TestWarmup checks that the short runs of tuning take their share of warm-ups, too, and final runs
// all of them.
func TestWarmup(t *testing.T) {
	s := read(t, strings.Replace(example, "datagrad:$lambda", "datagrad:$lambda,warmup=400", 1))
	steps := classify.Default().Steps
	_, results := complete(t, s, madeUp, rand.New(rand.NewPCG(1, 1)))
	p, err := s.Progress(results)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, r := range p.Runs() {
		if r.Cell.Method == "datagrad" {
			_, warmup, _ := strings.Cut(r.Config.Regularizers[0].String(), "warmup=")
			seen[fmt.Sprintf("%d of %d", r.Config.Steps, steps)+" steps: "+warmup]++
		}
	}
	for i, share := range s.Tuning.Rounds {
		want := fmt.Sprintf("%d of %d steps: %d", int(share*float64(steps)), steps, int(share*400))
		if seen[want] == 0 {
			t.Errorf("round %d has none of %q: %v", i, want, seen)
		}
	}
	if len(seen) != len(s.Tuning.Rounds) {
		t.Errorf("warm-ups %v", seen)
	}
}

// TestDivergence checks that a study ends whose trials diverge, and that diverged final runs are
// left out and told of.
func TestDivergence(t *testing.T) {
	s := read(t, example)
	p, results := complete(t, s, func(r Run) Result {
		result := madeUp(r)
		if r.Cell.Method == "datagrad" || r.Final() && r.Config.Seed == 2 {
			result.Diverged = "loss is NaN"
		}
		return result
	}, rand.New(rand.NewPCG(1, 1)))
	for _, c := range p.Cells {
		if (c.Method == "datagrad") != (c.Values == nil) {
			t.Errorf("%s: values %v", c, c.Values)
		}
	}
	r, err := NewReport(s, results)
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Blocks[0].Comparisons[0].Summary.N; n != 2 {
		t.Errorf("%d runs are counted, expected 2", n)
	}
	var notes []string
	for _, table := range r.Tables() {
		notes = append(notes, table.Notes...)
	}
	text := strings.Join(notes, "\n")
	for _, want := range []string{"none: 1 of 3 runs diverged", "Every trial of tuning diverged, so that there is nothing to run: datagrad."} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the notes %q", want, notes)
		}
	}
	if r.Missing != 0 || r.Unfinished() != "" || strings.Contains(text, "Not finished") {
		t.Errorf("%d runs are said to be missing, though none can come", r.Missing)
	}
	tables := r.Tables()
	if times := tables[len(tables)-1]; len(times.Rows) != len(p.Cells)-4 || times.Rows[0][1].Text != "1.0" || times.Rows[1][2].Text != "1.00" {
		t.Errorf("times %v", times.Rows) // of all cells but the diverged ones
	}
	if len(r.Machines) != 1 || r.Machines[0] != "here" {
		t.Errorf("machines %q", r.Machines)
	}
	if err := r.Write(t.TempDir(), Origin{}); err != nil {
		t.Error(err)
	}
}

// TestKeys holds the keys of a study, checks that more seeds and cells leave them as they are, and
// what they depend on.
func TestKeys(t *testing.T) {
	keys := func(text string, change func(*Study)) []string {
		s := read(t, text)
		if change != nil {
			change(s)
		}
		_, results := complete(t, s, madeUp, rand.New(rand.NewPCG(1, 1)))
		var list []string
		for key := range results {
			list = append(list, key)
		}
		slices.Sort(list)
		return list
	}
	fixed := "name: x\ntitle: t\ndata: [mnist]\ntrain_sizes: [50]\nmethods: [{name: none}]\nbaseline: none\nseeds: 2\n"
	base := keys(fixed, nil)
	if want := []string{"9f13142027aa960c53229b81f49fb9ce", "dd04053d20196239e7e55775fa96aba0"}; !slices.Equal(base, want) {
		t.Errorf("keys %q, not %q: results that exist would be lost", base, want)
	}
	for what, same := range map[string][]string{
		"a name and title":           keys(strings.Replace(fixed, "name: x\ntitle: t", "name: y\ntitle: u", 1), nil),
		"how often it logs or saves": keys(fixed+"train: {log_every: 7, checkpoint_every: 9}\n", nil),
	} {
		if !slices.Equal(same, base) {
			t.Errorf("%s changes keys", what)
		}
	}
	for what, other := range map[string][]string{
		"steps": keys(fixed+"train: {steps: 9999}\n", nil), "a curve": keys(fixed+"curves: 100\n", nil), "data": keys(fixed, func(s *Study) { s.Identity.Digests["mnist"] = "other" }),
		"kernels": keys(fixed, func(s *Study) { s.Identity.CPU = "avx2" }), "numbers": keys(fixed, func(s *Study) { s.Identity.Numbers = 2 }),
		"a penalty": keys(strings.Replace(fixed, "{name: none}", "{name: none, regularizers: [\"datagrad:1\"]}", 1), nil),
	} {
		for _, key := range other {
			if slices.Contains(base, key) {
				t.Errorf("%s does not change a key", what)
			}
		}
	}
	// With an open λ the search counts: the key of one is as it was.
	auto := func(list string) string {
		return keys(strings.Replace(fixed, "{name: none}", "{name: none, regularizers: ["+list+"]}", 1), nil)[0]
	}
	if got, want := auto(`"datagrad:auto", "weight-decay:5e-4"`), "4ada8b151c16675ddc58cd8187f2f448"; got != want {
		t.Errorf("key %q of a search, not %q: results that exist would be lost", got, want)
	}
	if got := keys(strings.Replace(fixed, "{name: none}", `{name: none, regularizers: ["datagrad:auto", "weight-decay:5e-4"]}`, 1), func(s *Study) { s.Identity.Search = 3 })[0]; got == auto(`"datagrad:auto", "weight-decay:5e-4"`) {
		t.Error("another search does not change a key")
	}
	if auto(`"datagrad:auto", "spectreg:auto"`) == auto(`"datagrad:auto", "spectreg:1"`) {
		t.Error("a second open λ does not change a key")
	}
	more := keys(strings.NewReplacer("seeds: 2", "seeds: 3", "[50]", "[50, 60]").Replace(fixed), nil)
	for _, key := range base {
		if !slices.Contains(more, key) {
			t.Error("more seeds and sizes change keys")
		}
	}
}

// TestDraws checks that draws are stratified, within their bounds, and functions of their
// arguments.
func TestDraws(t *testing.T) {
	p := Parameter{Log: &[2]float64{1e-3, 10}}
	for key := range uint64(20) {
		seen := make([]bool, 8)
		for trial, v := range p.draws(key, 8) {
			at := math.Log(v/1e-3) / math.Log(1e4) * 8
			if v < 1e-3 || v > 10 {
				t.Errorf("key %d, trial %d: %v", key, trial, v)
			}
			if math.Abs(at-math.Round(at)) > 0.01 { // else rounding may have taken it to another part
				if seen[int(at)] {
					t.Errorf("key %d, trial %d: %v in part %d, where another one is", key, trial, v, int(at))
				}
				seen[int(at)] = true
			}
			if v != p.draws(key, 8)[trial] {
				t.Error("a draw is another one the second time")
			}
		}
	}
	choices, counts := Parameter{Choices: []float64{1, 2, 3}}, map[float64]int{}
	for _, v := range choices.draws(7, 9) {
		counts[v]++
	}
	if counts[1] != 3 || counts[2] != 3 || counts[3] != 3 {
		t.Errorf("choices %v", counts)
	}
}

// TestDrawsStay holds draws: with others, the keys of results that exist would be lost.
func TestDrawsStay(t *testing.T) {
	log, linear, choices := Parameter{Log: &[2]float64{1e-3, 10}}, Parameter{Linear: &[2]float64{-2, 3}}, Parameter{Choices: []float64{1, 2, 3}}
	for _, c := range []struct{ got, want []float64 }{
		{log.draws(7, 5), []float64{9.2, 0.532, 0.00101, 0.0817, 0.0108}},
		{linear.draws(1<<40+3, 5), []float64{-1.66, -0.86, 0.00795, 1.44, 2.83}},
		{choices.draws(7, 7), []float64{2, 3, 1, 2, 3, 1, 2}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("draws %v, not %v", c.got, c.want)
		}
	}
	h := hash64("")
	for _, v := range log.draws(99, 300) {
		h = hash64(fmt.Sprint(h, v))
	}
	if h != 773346791744587448 {
		t.Errorf("the hash of 300 draws is %d", h)
	}
}

// TestBuiltins checks that every built-in study is read, and survives being written.
func TestBuiltins(t *testing.T) {
	for _, name := range Builtins() {
		s, _, err := Builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != name {
			t.Errorf("%s is called %s", name, s.Name)
		}
		text, err := yaml.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Read(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Agrees(s); err != nil || len(again.Cells()) != len(s.Cells()) {
			t.Errorf("%s, written and read: %v", name, err)
		}
		_, cfg, err := s.first(s.Cells()[len(s.Cells())-1])
		if err != nil {
			t.Fatal(err)
		}
		for i, variant := range []func() (Spec, error){s.Quick, func() (Spec, error) { return s.PaperProtocol(), nil }} {
			if i == 1 && cfg.Backbone != "" { // whose weights say how images are normalized
				continue
			}
			v, err := variant()
			if err == nil {
				err = v.Validate()
			}
			if err != nil {
				t.Errorf("%s: %v", v.Name, err)
			}
		}
	}
}

// TestRefused checks the errors of texts that are no study.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"name: example", "name: An example", `name "An example", expected lower-case words with dashes`},
		{"title: Example", "titel: Example", `unknown field "titel"`},
		{"data: [mnist]", "data: []", "data is empty"},
		{"train_sizes: [50, 100]", "train_sizes: []", "train_sizes is empty"},
		{"data: [mnist]", "data: [mnist, cifar10, mnist]", "data: mnist stands twice"},
		{"data: [mnist]", "data: [./photos, photos/]", "data: photos/ stands twice"},
		{"train_sizes: [50, 100]", "train_sizes: [50, 100, 50]", "train_sizes: 50 stands twice"},
		{"baseline: none", "baseline: nothing", `baseline "nothing" is no method`},
		{"seeds: 3", "seeds: 0", "seeds is 0, expected 1 to 10000"},
		{"seeds: 3", "seeds: 1000000000", "seeds is 1000000000, expected 1 to 10000"},
		{"seeds: 3", "seeds: 4.5", "seeds is 4.5, expected a whole number"},
		{"seeds: 3", "seeds: 10000\nattempts: 100000", "attempts is 100000, expected 1 to 1000"},
		{"seeds: 3", "seeds: 10000", "the study has more than 50000 runs"},
		{"[50, 100]", "[50, 100.5]", "train_sizes is 100.5, expected a whole number"},
		{"trials: 9", "trials: 20000", "tuning: trials is 20000, expected 1 to 10000"},
		{"trials: 9", "trials: 9.5", "tuning: trials is 9.5, expected a whole number"},
		{"keep: 3", "keep: 3.5", "tuning: keep is 3.5, expected a whole number"},
		{"keep: 3, seeds: 2", "keep: 3, seeds: 1000000000", "tuning: seeds is 1000000000, expected 1 to 10000"},
		{"name: example", "name: " + strings.Repeat("a", 65), "expected at most 64 letters"},
		{"name: example", "name: runs", "name \"runs\" is that of the folder of unfinished runs"},
		{"datagrad:$lambda", "datagrad:$lamda", "mnist 50, a, datagrad: nothing defines $lamda"},
		{"spectreg:$lambda", "spectrg:$lambda", `did you mean "spectreg"`},
		{"100: 0.01", "200: 0.01", `parameter lambda: no value for train_size "100"`},
		{"{log: [1e-4, 1e-2]}", "{log: [1e-2, 1e-4]}", "expected two finite numbers, the lowest first"},
		{"{log: [1e-4, 1e-2]}", "{log: [0, 1e-4]}", "expected numbers above 0"},
		{"{log: [1e-4, 1e-2]}", "{lag: [0, 1e-4]}", `unknown range "lag"`},
		{"tuning:", "tuning: null\nsource: x\npublished: null\nabout: >\n  ", "is open, but the study has no tuning"},
		{"lr: {log: [1e-4, 1e-2]}", "lr:", "parameter lr: found no value, expected a number"},
		{"{lambda: {log: [0.5, 500]}}", "{lambda: }", "method datagrad: parameter lambda: found no value"},
		{"{by: train_size, 50: 0.03, 100: 0.01}", "{by: train_size, 50: 0.03, 100: }", "train_size 100: found <nil>, expected a number"},
		{"{by: train_size, 50: 0.03, 100: 0.01}", "{by: train_size}", "parameter lambda: by train_size has no cases"},
		{"{by: train_size, 50: 0.03, 100: 0.01}", ".inf", "found +Inf, expected a number"},
		{"{log: [1e-4, 1e-2]}", "{log: [1e-4, .inf]}", "expected two finite numbers, the lowest first"},
		{"{log: [1e-4, 1e-2]}", "[1, .nan]", "choice NaN, expected a number"},
		{"rounds: [0.1, 0.5, 1]", "rounds: [.nan, 1]", "tuning: rounds is NaN, expected a finite number"},
		{"rounds: [0.1, 0.5, 1]", "rounds: [" + strings.Repeat("1e-9, ", 9000) + "1]", "tuning: 9001 rounds, expected at most 100"},
		{"data: [mnist]", "data: !x\n", "found the tag !x, expected a value without one"},
		{"data: [mnist]", "data: !!seq\n", "found the tag !!seq, expected a value without one"},
		{"data: [mnist]", "data: &a [*a]", "*a stands for nothing that ends before it"},
		{"baseline: none", "baseline: none\n---\ntitle: b", "a second document, expected one"},
		{"seeds: 3", "seeds: 03", "found 03, which some read to the base 8"},
		{"seeds: 3", "seeds: 18446744073709551616", "seeds is "},
		{"trials: 9", "trials: 0", "tuning: trials is 0, expected 1 to 10000"},
		{"rounds: [0.1, 0.5, 1]", "rounds: [0.5, 0.1]", "expected ascending shares"},
		{"keep: 3", "keep: 1", "tuning: keep is 1, expected 2 to 10000"},
		{"keep: 3", "keep: 9223372036854775807", "tuning: keep is 9223372036854775807, expected 2 to 10000"},
		{"rounds: [0.1, 0.5, 1], keep: 3", "rounds: [1], keep: -2", "tuning: keep is -2, expected 2 to 10000"},
		{"rounds: [0.1, 0.5, 1]", "rounds: [~]", "tuning: rounds: element 1 is empty, expected a number"},
		{"  - name: given", "  - name: none", "two methods have the same name"},
		{"{learning_rate: $lr}\n  - name: datagrad", "{learning_rat: $lr}\n  - name: datagrad", "learning_rat"},
		{"{learning_rate: $lr}\n  - name: datagrad", "{seed: 3, learning_rate: $lr}\n  - name: datagrad", "seed has a place of its own"},
	} {
		if !strings.Contains(example, c.from) {
			t.Fatalf("the example has no %q", c.from)
		}
		_, err := Read([]byte(strings.Replace(example, c.from, c.to, 1)))
		if !fault.IsInput(err) || !strings.Contains(fmt.Sprint(err), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, expected one line with %q", c.to, err, c.want)
		}
	}
}

// TestSuits refuses cells of which no run can be made with their data, and none of the built-in
// ones.
func TestSuits(t *testing.T) {
	for _, name := range Builtins() {
		s, _, err := Builtin(name)
		if err == nil {
			err = s.CheckData(KnownData())
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	few := strings.Replace(strings.ReplaceAll(example, "50", "30"), "learning_rate: $lr", "learning_rate: $lr, batch: 0", 2)
	few = strings.Replace(few, "regularizers: [\"spectreg:$lambda\"]", "regularizers: [\"spectreg:$lambda\"]\n    train: {batch: 0}", 1)
	if err := read(t, few).CheckData(KnownData()); err != nil {
		t.Errorf("a batch of what there is: %v", err)
	}
	for _, c := range []struct{ from, to, want string }{
		{"[50, 100]", "[50, 100, 100000]", "mnist 100000, a, none: train size is 100000, expected 1 to 60000"},
		{"[50, 100]", "[50, 100, 40]", "mnist 40, a, none: batch is 50, expected 1 to the 40 training images"},
		{"name: b\n", "name: b\n    train: {batch: 50000, model: \"mlp:hidden=9\"}\n    train_sizes: [0]\n", "mnist 0, b, none: batch is 50000, expected 1 to the 48000 training images"},
		{"name: b\n", "name: b\n    train: {paper_protocol: true}\n    train_sizes: [0]\n", "mnist 0, b, none: train size is 60000, expected 1 to 50000 under the paper's protocol"},
	} {
		text := strings.Replace(strings.Replace(example, "100: 0.01}", "100: 0.01, 0: 1, 40: 1, 100000: 1}", 1), c.from, c.to, 1)
		if strings.Contains(c.to, "train_sizes: [0]") {
			text = strings.Replace(text, "[50, 100]", "[50, 100, 0]", 1)
		}
		s := read(t, text)
		if err := s.CheckData(KnownData()); !fault.IsInput(err) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%q: %v, expected %q", c.to, err, c.want)
		}
		if err := s.CheckData(nil); err != nil {
			t.Errorf("data that are not known: %v", err)
		}
	}
}

// TestIdentifyStops ends with its context, also when that ends while data are read.
func TestIdentifyStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Identify(ctx, &read(t, example).Spec, classify.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, expected %v", err, context.Canceled)
	}
	if _, _, err := classify.Describe(ctx, classify.Default(), classify.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, expected %v", err, context.Canceled)
	}
}

// FuzzRead checks that no text makes the reader fail otherwise than by an input fault.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"data: !x\n", "methods: !x\n", "data: !!seq\n", "parameters: {lr: }", "tuning: {rounds: [.nan, 1]}", "\ufeffname: a\r\n", "train: {steps: [*a, &a 1]}", "settings: [{}]"} {
		f.Add([]byte(text))
		f.Add([]byte(example + text))
	}
	f.Add([]byte(example))
	for _, name := range Builtins() {
		_, text, err := Builtin(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := Read(text); err != nil && !fault.IsInput(err) {
			t.Errorf("%v is not the input's fault", err)
		}
	})
}

// TestAtEdge names parameters whose best value may lie beyond what was tried.
func TestAtEdge(t *testing.T) {
	trial := func(lambda, wd float64) TrialReport { return TrialReport{Values: Values{"lambda": lambda, "wd": wd}} }
	c := CellReport{Tuned: []string{"lambda", "wd"}, Trials: []TrialReport{trial(1, 5), trial(2, 5), trial(3, 6), trial(4, 6)}}
	for lambda, want := range map[float64]string{1: "[lambda]", 2: "[]", 3: "[]", 4: "[lambda]"} {
		c.Values = Values{"lambda": lambda, "wd": 6} // of two choices one is always at an end
		if got := fmt.Sprint(c.atEdge()); got != want {
			t.Errorf("λ %v: %s, expected %s", lambda, got, want)
		}
	}
}

// TestParameters refuses parameters that a program makes and no text can have.
func TestParameters(t *testing.T) {
	nan := math.NaN()
	for _, p := range []Parameter{
		{}, {Choices: []float64{1, nan}}, {Log: &[2]float64{0, 1}}, {Log: &[2]float64{1, nan}}, {Linear: &[2]float64{2, 1}},
		{Linear: &[2]float64{-1e308, 1.7e308}}, {By: "data"}, {By: "data", Cases: map[string]Parameter{"mnist": {}}},
	} {
		s := read(t, example).Spec
		s.Parameters = map[string]Parameter{"lr": p}
		if err := s.Validate(); !fault.IsInput(err) || !strings.HasPrefix(err.Error(), "parameter lr: ") {
			t.Errorf("%+v: %v", p, err)
		}
	}
	s := read(t, example).Spec
	s.Tuning.Rounds = []float64{nan, 1}
	if err := s.Validate(); !fault.IsInput(err) {
		t.Errorf("rounds %v: %v", s.Tuning.Rounds, err)
	}
}
