package stats_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/internal/philox"
	"github.com/gradreg/gradreg/stats"
)

// golden is what SciPy computes; tools/golden/stats.py writes it.
type golden struct {
	Samples map[string]struct {
		X             []float64
		Mean, SD, P   float64
		T, Percentile [2]float64
		BCa           *[2]float64
		BCaMeans      []float64 `json:"bca_means"`
	}
	Holm []struct{ P, Corrected []float64 }
}

func load(t *testing.T) golden {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "golden", "stats.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

// TestSciPy compares with SciPy: closed forms and functions of given resamples to rounding, what both draw by themselves
// to the error of drawing.
func TestSciPy(t *testing.T) {
	for name, c := range load(t).Samples {
		s := stats.Summarize(c.X)
		if s.N != len(c.X) || !near(s.Mean, c.Mean, 1e-12) || !near(s.SD, c.SD, 1e-12) {
			t.Errorf("%s: summary %+v, SciPy has %v and %v", name, s, c.Mean, c.SD)
		}
		in, err := stats.MeanInterval(c.X, 0.95)
		if err != nil || !near(in.Low, c.T[0], 1e-9*s.SD) || !near(in.High, c.T[1], 1e-9*s.SD) {
			t.Errorf("%s: t interval %+v, %v, SciPy has %v", name, in, err, c.T)
		}
		// A quantile at 0.025 of B means has the standard error √(0.025·0.975/B)/density: 0.03 of the mean's at B = 9999.
		se := s.SD / math.Sqrt(float64(s.N))
		in, err = stats.Bootstrap(c.X, 0.95, stats.Resampling{Method: stats.Percentile, Key: 1})
		if err != nil || !near(in.Low, c.Percentile[0], 0.12*se) || !near(in.High, c.Percentile[1], 0.12*se) {
			t.Errorf("%s: percentile interval %+v, %v, SciPy has %v", name, in, err, c.Percentile)
		}
		p, err := stats.SignFlip(c.X, stats.Resampling{Key: 1})
		tolerance := 1e-12
		if len(c.X) > 16 {
			tolerance = 4 * math.Sqrt(c.P*(1-c.P)/9999)
		}
		if err != nil || !near(p, c.P, tolerance) {
			t.Errorf("%s: p %v, %v, SciPy has %v", name, p, err, c.P)
		}
		if c.BCa != nil {
			low, high := stats.BCaQuantiles(c.BCaMeans, c.X, 0.95)
			if !near(low, c.BCa[0], 1e-9*s.SD) || !near(high, c.BCa[1], 1e-9*s.SD) {
				t.Errorf("%s: BCa of SciPy's means %v … %v, SciPy has %v", name, low, high, *c.BCa)
			}
		}
	}
}

func TestHolm(t *testing.T) {
	for _, c := range load(t).Holm {
		for i, v := range stats.Holm(c.P) {
			if !near(v, c.Corrected[i], 1e-15) {
				t.Errorf("Holm(%v)[%d] is %v, want %v", c.P, i, v, c.Corrected[i])
			}
		}
	}
}

// TestSignFlip compares small cases with values counted by hand.
func TestSignFlip(t *testing.T) {
	for _, c := range []struct {
		d    []float64
		want float64
	}{
		{[]float64{1}, 1},
		{[]float64{1, 2}, 0.5},
		{[]float64{0, 0, 0}, 1},
		{[]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 2.0 / 1024},
		{[]float64{1, 1, 1, -1}, 10.0 / 16}, // sums of ±2 or ±4: 4 + 4 + 1 + 1
		// 0.3 − 0.1 and 0.1 + 0.1 differ in floating point, but are ties.
		{[]float64{0.3 - 0.1, -0.2}, 1},
		// 2, −1 and 3 ten-thousandths: of eight sums ±4, ±2, 0 and ±6 the two of 4 and the two of 6 count.
		{[]float64{0.9755 - 0.9753, 0.9711 - 0.9712, 0.9803 - 0.9800}, 0.5},
	} {
		if p, err := stats.SignFlip(c.d, stats.Resampling{}); err != nil || p != c.want {
			t.Errorf("SignFlip(%v) is %v, %v, want %v", c.d, p, err, c.want)
		}
	}
}

// normals returns n standard normal numbers of a stream.
func normals(n, step int) []float64 {
	narrow := make([]float32, n)
	philox.Stream{Key: 42, Step: uint64(step), ID: 9}.Normal(narrow, 0)
	out := make([]float64, n)
	for i, v := range narrow {
		out[i] = float64(v)
	}
	return out
}

// TestCoverage measures how often intervals of ten normal values hold their mean: what the choice of the default rests
// on. 1000 samples estimate a share of 0.95 with a standard error of 0.007.
func TestCoverage(t *testing.T) {
	const samples = 1000
	inside := map[string]int{}
	for i := range samples {
		x := normals(10, i)
		student, err := stats.MeanInterval(x, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []stats.Method{stats.Studentized, stats.BCa, stats.Percentile} {
			in, err := stats.Bootstrap(x, 0.95, stats.Resampling{Method: m, Count: 399, Key: uint64(i)})
			if err != nil {
				t.Fatal(err)
			}
			if in.Contains(0) {
				inside[in.Kind]++
			}
		}
		if student.Contains(0) {
			inside[student.Kind]++
		}
	}
	t.Logf("of %d: %v", samples, inside)
	for kind, bounds := range map[string][2]int{"t": {930, 970}, "studentized": {925, 970}, "bca": {870, 935}, "percentile": {870, 935}} {
		if n := inside[kind]; n < bounds[0] || n > bounds[1] {
			t.Errorf("%s intervals hold the mean %d times of %d, want %d … %d", kind, n, samples, bounds[0], bounds[1])
		}
	}
}

// TestNull checks that the p values of differences of nothing are no smaller than they claim.
func TestNull(t *testing.T) {
	const samples = 2000
	for _, n := range []int{8, 20} {
		small := 0
		for i := range samples {
			p, err := stats.SignFlip(normals(n, i), stats.Resampling{Count: 199, Key: uint64(i)})
			if err != nil {
				t.Fatal(err)
			}
			if p <= 0.05 {
				small++
			}
		}
		// 100 are expected of 2000 at most, with a standard deviation of 10.
		if small > 140 || small < 50 {
			t.Errorf("%d of %d p values of %d pairs are ≤ 0.05", small, samples, n)
		}
	}
}

// TestDeterminism checks that a key gives the same interval, and another key another.
func TestDeterminism(t *testing.T) {
	x := normals(12, 0)
	a, _ := stats.Bootstrap(x, 0.9, stats.Resampling{Key: 5})
	b, _ := stats.Bootstrap(x, 0.9, stats.Resampling{Key: 5})
	c, _ := stats.Bootstrap(x, 0.9, stats.Resampling{Key: 6})
	if a != b || a == c {
		t.Errorf("%v, %v, %v", a, b, c)
	}
}

func TestRefusals(t *testing.T) {
	for name, err := range map[string]error{
		"one value":    second(stats.Bootstrap([]float64{1}, 0.95, stats.Resampling{})),
		"no value":     second(stats.MeanInterval(nil, 0.95)),
		"level 1":      second(stats.Bootstrap([]float64{1, 2}, 1, stats.Resampling{})),
		"level NaN":    second(stats.MeanInterval([]float64{1, 2}, math.NaN())),
		"not a number": second(stats.Bootstrap([]float64{1, math.NaN()}, 0.9, stats.Resampling{})),
		"infinite":     second(stats.SignFlip([]float64{1, math.Inf(1)}, stats.Resampling{})),
		"no pairs":     second(stats.SignFlip(nil, stats.Resampling{})),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	in, err := stats.Bootstrap([]float64{2, 2, 2}, 0.95, stats.Resampling{})
	if err != nil || in.Low != 2 || in.High != 2 {
		t.Errorf("equal values: %v, %v", in, err)
	}
}

// TestEqualRuns checks intervals of differences without a spread, or with that of rounding alone, such as of accuracies that are
// equal but for it, and of so few resamples that none has a spread.
func TestEqualRuns(t *testing.T) {
	equal := []float64{0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25}
	almost := []float64{0.3 - 0.2, 0.1, 0.4 - 0.3, 0.5 - 0.4, 0.9 - 0.8, 0.1, 0.8 - 0.7, 0.1}
	tiny := []float64{1e-200, 2e-200, 1e-200, 3e-200, 1e-200, 1e-200, 2e-200, 1e-200}
	for _, m := range []stats.Method{stats.Studentized, stats.BCa, stats.Percentile} {
		for name, c := range map[string]struct {
			x           []float64
			least, most float64
		}{"equal": {equal, 0.25, 0.25}, "almost": {almost, 0.1 - 1e-14, 0.1 + 1e-14}, "tiny": {tiny, -1e-198, 1e-198}} {
			in, err := stats.Bootstrap(c.x, 0.95, stats.Resampling{Method: m})
			if err != nil || !(in.Low >= c.least && in.Low <= in.High && in.High <= c.most) {
				t.Errorf("%v of %s: %v to %v, %v", m, name, in.Low, in.High, err)
			}
		}
		for key := range uint64(20) {
			in, err := stats.Bootstrap([]float64{1, 2}, 0.95, stats.Resampling{Method: m, Count: 1, Key: key})
			if err == nil && !(in.Low >= -1e3 && in.Low <= in.High && in.High <= 1e3) {
				t.Errorf("%v of one resample with key %d: %v to %v", m, key, in.Low, in.High)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// runs makes a group with seeds 1, 2, ….
func runs(name string, values ...float64) stats.Group {
	g := stats.Group{Name: name}
	for i, v := range values {
		g.Runs = append(g.Runs, stats.Observation{Seed: uint64(i + 1), Value: v})
	}
	return g
}

func TestCompare(t *testing.T) {
	none := runs("none", 0.970, 0.972, 0.968, 0.971, 0.969)
	better := runs("datagrad", 0.975, 0.978, 0.974, 0.976, 0.973)
	slices.Reverse(better.Runs) // pairs are made by seed
	partial := runs("half", 0.971, 0.972)
	other := stats.Group{Name: "other", Runs: []stats.Observation{{Seed: 77, Value: 0.9}}}
	list, err := stats.Compare([]stats.Group{none, better, partial, other}, "none", stats.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := list[1].Paired
	if !near(d.Difference.Mean, 0.0052, 1e-12) || d.P != 2.0/32 || !near(d.Corrected, 2*d.P, 1e-15) {
		t.Errorf("differences %+v", d)
	}
	if !d.Interval.Contains(0.0052) || d.Interval.Contains(0) {
		t.Errorf("interval %v", d.Interval)
	}
	many := []stats.Group{runs("none", 1, 2, 3, 4, 5, 6, 7, 8), runs("other", 2, 2, 5, 4, 9, 6, 7, 9)}
	if eight, err := stats.Compare(many, "none", stats.Options{}); err != nil || eight[1].Paired.Interval.Kind != stats.Studentized.String() || d.Interval.Kind != stats.KindT {
		t.Errorf("the intervals of 8 and 5 pairs are %+v and %s, %v", eight, d.Interval, err)
	}
	if list[0].Paired != nil || list[3].Paired != nil || list[3].Interval != nil || list[2].Paired.Difference.N != 2 {
		t.Errorf("comparisons %+v", list)
	}
	if _, err := json.Marshal(list); err != nil {
		t.Error(err)
	}
	for name, groups := range map[string][]stats.Group{
		"no baseline": {better}, "twice": {none, none},
		"seed twice": {none, {Name: "x", Runs: []stats.Observation{{Seed: 1}, {Seed: 1}}}},
		"NaN":        {none, runs("x", math.NaN())},
	} {
		if _, err := stats.Compare(groups, "none", stats.Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestJudge(t *testing.T) {
	own := stats.Interval{Low: 0.975, High: 0.979}
	for published, want := range map[float64]stats.Verdict{0.974: stats.Above, 0.975: stats.Inside, 0.979: stats.Inside, 0.98: stats.Below} {
		if got := stats.Judge(own, published); got != want {
			t.Errorf("published %v: %s, want %s", published, got, want)
		}
	}
}
