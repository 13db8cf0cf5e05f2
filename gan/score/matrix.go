package score

import (
	"math"

	"github.com/gradreg/gradreg/internal/fault"
)

// Matrix has a sample in each row: features, class probabilities, points or pictures. Row i is
// Values[i·D : (i+1)·D].
type Matrix struct {
	N, D   int       // number of samples, and of numbers of each
	Values []float32 // N·D finite numbers
}

// Row returns sample i.
func (m Matrix) Row(i int) []float32 { return m.Values[i*m.D : (i+1)*m.D : (i+1)*m.D] }

// Rows returns the samples with the given indices, copied.
func (m Matrix) Rows(index []int) Matrix {
	values := make([]float32, 0, len(index)*m.D)
	for _, i := range index {
		values = append(values, m.Row(i)...)
	}
	return Matrix{len(index), m.D, values}
}

// First returns the first n samples, without a copy, all of them if there are no more.
func (m Matrix) First(n int) Matrix {
	n = min(max(n, 0), m.N)
	return Matrix{n, m.D, m.Values[: n*m.D : n*m.D]}
}

// check returns what a matrix lacks to be named samples of at least least rows.
func (m Matrix) check(name string, least int) error {
	if m.D < 1 || len(m.Values)%m.D != 0 || len(m.Values)/m.D != m.N {
		return fault.Inputf(
			"%s: %d numbers, expected %d samples of %d",
			name, len(m.Values), m.N, m.D,
		)
	}
	if m.N < least {
		return fault.Inputf("%s: %d samples, expected at least %d", name, m.N, least)
	}
	for i, v := range m.Values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fault.Inputf(
				"%s: number %d of sample %d is %v, expected a finite one",
				name, i%m.D, i/m.D, v,
			)
		}
	}
	return nil
}

// named is a matrix with its name in errors and the number of samples it needs.
type named struct {
	name  string
	least int
	Matrix
}

// checkAll checks matrices whose samples have the same length.
func checkAll(ms ...named) error {
	for _, m := range ms {
		if err := m.check(m.name, m.least); err != nil {
			return err
		}
		if m.D != ms[0].D {
			return fault.Inputf(
				"%s: samples of %d numbers, expected %d as in %s", m.name, m.D, ms[0].D, ms[0].name,
			)
		}
	}
	return nil
}

// checkShares returns why p is not a distribution over classes: numbers ≥ 0 with sum 1.
func checkShares(name string, p []float64) error {
	sum := 0.0
	for i, v := range p {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fault.Inputf("%s: share %d is %v, expected a number of at least 0", name, i, v)
		}
		sum += v
	}
	if math.Abs(sum-1) > 1e-6 {
		return fault.Inputf("%s: the sum of %d shares is %v, expected 1", name, len(p), sum)
	}
	return nil
}

// checkClasses returns which class is none of the given number.
func checkClasses(name string, classes []int, number int) error {
	if len(classes) == 0 {
		return fault.Inputf("%s: no samples, expected at least 1", name)
	}
	for i, c := range classes {
		if c < 0 || c >= number {
			return fault.Inputf(
				"%s: class of sample %d is %d, expected 0 … %d",
				name, i, c, number-1,
			)
		}
	}
	return nil
}
