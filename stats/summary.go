package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Summary describes a sample.
type Summary struct {
	N    int     `json:"n"`
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"` // with denominator N−1; 0 if N < 2
}

// Summarize describes x. The mean of no values is 0.
func Summarize(x []float64) Summary {
	switch len(x) {
	case 0:
		return Summary{}
	case 1:
		return Summary{N: 1, Mean: x[0]}
	}
	mean, sd := stat.MeanStdDev(x, nil)
	return Summary{N: len(x), Mean: mean, SD: sd}
}

// Interval is a confidence interval.
type Interval struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Level float64 `json:"level"` // such as 0.95
	Kind  string  `json:"kind"`  // how it was computed: "t", "bca", "percentile" or "studentized"
	// Cut says that an end lay beyond what is possible, such as an accuracy above 1, and was moved
	// there.
	Cut bool `json:"cut,omitempty"`
}

// Within returns the part of the interval from low to high, beyond which what it is of cannot lie:
// it holds that as often as the whole interval does.
func (i Interval) Within(low, high float64) Interval {
	i.Cut = i.Cut || i.Low < low || i.High > high
	i.Low, i.High = min(max(i.Low, low), high), max(min(i.High, high), low)
	return i
}

// Contains reports whether v lies in the closed interval.
func (i Interval) Contains(v float64) bool { return i.Low <= v && v <= i.High }

// String names level and kind, as captions do: "95 % studentized bootstrap interval".
func (i Interval) String() string {
	kind := map[string]string{
		KindT: "Student t interval", BCa.String(): "BCa bootstrap interval",
		Percentile.String(): "percentile bootstrap interval", Studentized.String(): "studentized bootstrap interval",
	}[i.Kind]
	return fmt.Sprintf("%.4g %% %s", 100*i.Level, kind)
}

// KindT is the kind of Student's interval.
const KindT = "t"

// MeanInterval returns Student's interval of the mean, x̄ ± t·s/√n with the (1+level)/2 quantile t
// of n−1 degrees of freedom. It holds the given level exactly for normal values. An error if n < 2
// or level is not within (0, 1).
func MeanInterval(x []float64, level float64) (Interval, error) {
	if err := checkSample(x, level); err != nil {
		return Interval{}, err
	}
	s := Summarize(x)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(s.N - 1)}.Quantile((1 + level) / 2)
	half := t * s.SD / math.Sqrt(float64(s.N))
	return Interval{Low: s.Mean - half, High: s.Mean + half, Level: level, Kind: KindT}, nil
}

// checkSample returns why x has no interval of that level.
func checkSample(x []float64, level float64) error {
	if !(level > 0 && level < 1) {
		return fmt.Errorf("level is %v, expected a fraction between 0 and 1", level)
	}
	if len(x) < 2 {
		return fmt.Errorf("found %d values, expected at least 2 for an interval", len(x))
	}
	return checkFinite(x)
}

// checkFinite returns an error that names the first value that is not finite.
func checkFinite(x []float64) error {
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("value %d is %v, expected a finite number", i, v)
		}
	}
	return nil
}
