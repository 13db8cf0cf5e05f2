package stats

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/gradreg/gradreg/internal/philox"
)

// Method is a way from resampled means to an interval.
type Method int

// Methods, for the mean x̄ of n values with standard error s = SD/√n.
const (
	// Studentized is the bootstrap t: x̄ − q·s for the quantiles q of t* = (x̄* − x̄)/s* over the
	// resamples (Efron and Tibshirani 1993, section 12.5). With ten values it is the only one of
	// the three that comes near its level.
	Studentized Method = iota
	// BCa takes bias-corrected and accelerated quantiles of x̄* (Efron 1987; Efron and Tibshirani
	// 1993, section 14.3).
	BCa
	// Percentile takes the quantiles of x̄*.
	Percentile
)

// String returns the kind of interval that m makes.
func (m Method) String() string {
	switch m {
	case BCa:
		return "bca"
	case Percentile:
		return "percentile"
	}
	return "studentized"
}

// Resampling says how random resamples are made. The zero value works.
type Resampling struct {
	Method Method
	Count  int    // resamples; 9999 if 0
	Key    uint64 // of the random numbers
}

// count returns the number of resamples.
func (r Resampling) count() int {
	if r.Count > 0 {
		return r.Count
	}
	return 9999 // with 0.95 of them inside, the quantiles' own error is below a fiftieth of the standard error
}

// Bootstrap returns a bootstrap interval of the mean of x. Where all values are equal it is that
// one value, and from the least to the largest where they are so near that float64 has no standard
// deviation of them. An error if n < 2, if level is not within (0, 1), a value is not finite, or
// the resamples are so few that none of them has two different values.
func Bootstrap(x []float64, level float64, r Resampling) (Interval, error) {
	if err := checkSample(x, level); err != nil {
		return Interval{}, err
	}
	out := Interval{Level: level, Kind: r.Method.String()}
	s := Summarize(x)
	if s.SD == 0 {
		out.Low, out.High = slices.Min(x), slices.Max(x)
		return out, nil
	}
	means, ts := resample(x, r)
	switch r.Method {
	case Studentized:
		if len(ts) == 0 {
			return Interval{}, fmt.Errorf(
				"none of %d resamples has two different values, expected more resamples", r.count(),
			)
		}
		slices.Sort(ts)
		se := s.SD / math.Sqrt(float64(s.N))
		out.Low, out.High = s.Mean-quantile(ts, (1+level)/2)*se, s.Mean-quantile(ts, (1-level)/2)*se
	case BCa:
		slices.Sort(means)
		low, high := bcaLevels(means, x, level)
		out.Low, out.High = quantile(means, low), quantile(means, high)
	case Percentile:
		slices.Sort(means)
		out.Low, out.High = quantile(means, (1-level)/2), quantile(means, (1+level)/2)
	}
	return out, nil
}

// resample returns the means of resamples of x, drawn with replacement, and their t values. A
// resample of one repeated value has no standard error, which is what t is divided by, and no t
// value.
func resample(x []float64, r Resampling) (means, ts []float64) {
	center, n := Summarize(x).Mean, float64(len(x))
	uniform, draw := make([]float32, len(x)), make([]float64, len(x))
	for b := range r.count() {
		philox.Stream{Key: r.Key, Step: uint64(b), ID: streamBootstrap}.Uniform(uniform, 0)
		for i, u := range uniform {
			draw[i] = x[int(float64(u)*n)]
		}
		s := Summarize(draw)
		means = append(means, s.Mean)
		if s.SD > 0 && slices.Min(draw) != slices.Max(draw) {
			ts = append(ts, (s.Mean-center)/(s.SD/math.Sqrt(n)))
		}
	}
	return means, ts
}

// Random streams of one key: none is used twice.
const (
	streamBootstrap uint32 = iota
	streamSigns
)

// bcaLevels returns the levels of the quantiles of the sorted resampled means that bound the BCa
// interval: Φ(z₀ + (z₀ + z)/(1 − a(z₀ + z))) for z = Φ⁻¹((1 ∓ level)/2), with the bias z₀ =
// Φ⁻¹(share of means below x̄, ties half) and the acceleration a = Σ dᵢ³ / 6(Σ dᵢ²)^{3/2} of the
// jackknife's deviations dᵢ, for a mean (xᵢ − x̄)/(n − 1). A share of N means is known to half a
// mean: it is ½/N to 1 − ½/N, so that z₀ is finite. Deviations whose cubes are below float64's
// range have no acceleration.
func bcaLevels(means, x []float64, level float64) (low, high float64) {
	center := Summarize(x).Mean
	below, _ := slices.BinarySearch(means, center)
	upTo, _ := slices.BinarySearchFunc(means, center, func(m, c float64) int {
		if m <= c {
			return -1
		}
		return 1
	})
	normal := distuv.UnitNormal
	half := 1 / (2 * float64(len(means)))
	z0 := normal.Quantile(min(max(float64(below+upTo)*half, half), 1-half))
	var squares, cubes float64
	for _, v := range x {
		d := v - center
		squares += d * d
		cubes += d * d * d
	}
	a := 0.0
	if size := 6 * math.Pow(squares, 1.5); size > 0 {
		a = cubes / size
	}
	at := func(z float64) float64 { return normal.CDF(z0 + (z0+z)/(1-a*(z0+z))) }
	return at(normal.Quantile((1 - level) / 2)), at(normal.Quantile((1 + level) / 2))
}

// quantile returns the p-quantile of sorted values by linear interpolation between order
// statistics, with the smallest at 0 and the largest at 1 (Hyndman and Fan 1996, definition 7;
// NumPy's default).
func quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := p * float64(len(sorted)-1)
	i := min(max(int(at), 0), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (at-float64(i))*(sorted[j]-sorted[i])
}
