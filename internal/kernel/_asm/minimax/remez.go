package main

import "math"

// fit is a weighted approximation problem: find the polynomial p of the given degree that minimizes
// max |weight(x)·(p(variable(x)) − target(x))| over lo ≤ x ≤ hi.
type fit struct {
	name             string
	what             string // the formula that p is part of
	degree           int
	lo, hi           float64
	target, weight   func(x float64) float64
	variable         func(x float64) float64 // nil for x itself
	coefficients     []float32
	fixed            int // how many coefficients, lowest first, are already rounded
	unrounded        []float64
	grid, gridTarget []float64
	gridWeight       []float64
}

// solve finds the coefficients. They are rounded to float32 from the lowest up, and after each
// rounding the higher ones are fitted again, so that they make up for what the rounding spoiled. It
// returns the largest weighted error of the rounded polynomial.
func (f *fit) solve() float64 {
	f.sample(4000)
	f.coefficients = make([]float32, f.degree+1)
	f.unrounded = make([]float64, f.degree+1)
	for f.fixed = 0; f.fixed <= f.degree; f.fixed++ {
		f.exchange()
		f.coefficients[f.fixed] = float32(f.unrounded[f.fixed])
		f.unrounded[f.fixed] = float64(f.coefficients[f.fixed])
	}
	return f.worst()
}

// worst returns the largest weighted error.
func (f *fit) worst() float64 {
	worst := 0.0
	for i := range f.grid {
		worst = max(worst, math.Abs(f.residual(i)))
	}
	return worst
}

// sample evaluates the problem at Chebyshev points of the interval.
func (f *fit) sample(n int) {
	for i := range n {
		x := (f.lo+f.hi)/2 - (f.hi-f.lo)/2*math.Cos(math.Pi*(float64(i)+0.5)/float64(n))
		v := x
		if f.variable != nil {
			v = f.variable(x)
		}
		f.grid = append(f.grid, v)
		f.gridTarget = append(f.gridTarget, f.target(x))
		f.gridWeight = append(f.gridWeight, f.weight(x))
	}
}

// residual returns the weighted error at grid point i.
func (f *fit) residual(i int) float64 {
	p := 0.0
	for k := f.degree; k >= 0; k-- {
		p = p*f.grid[i] + f.unrounded[k]
	}
	return f.gridWeight[i] * (p - f.gridTarget[i])
}

// exchange fits the coefficients from f.fixed on by the Remez algorithm: solve for equal and
// alternating errors at one point more than there are unknowns, move the points to the extrema of
// the error, repeat. The best of all iterations stays.
func (f *fit) exchange() {
	unknowns := f.degree + 1 - f.fixed
	points := make([]int, unknowns+1)
	for i := range points {
		points[i] = (2*i + 1) * len(f.grid) / (2 * len(points))
	}
	best, least := make([]float64, unknowns), math.Inf(1)
	for range 40 {
		copy(f.unrounded[f.fixed:], eliminate(f.equations(points))[:unknowns])
		if worst := f.worst(); worst < least {
			least = worst
			copy(best, f.unrounded[f.fixed:])
		}
		next := f.extrema(len(points))
		if len(next) < len(points) {
			break
		}
		points = next
	}
	copy(f.unrounded[f.fixed:], best)
}

// equations returns the linear system for the coefficients from f.fixed on and the size of the
// alternating error, one row a point, with the right-hand side last.
func (f *fit) equations(points []int) [][]float64 {
	unknowns := len(points) - 1
	rows := make([][]float64, len(points))
	for j, g := range points {
		row := make([]float64, unknowns+2)
		rest, power := f.gridTarget[g], 1.0
		for k := range f.degree + 1 {
			if k < f.fixed {
				rest -= f.unrounded[k] * power
			} else {
				row[k-f.fixed] = f.gridWeight[g] * power
			}
			power *= f.grid[g]
		}
		row[unknowns] = float64(1 - 2*(j%2))
		row[unknowns+1] = f.gridWeight[g] * rest
		rows[j] = row
	}
	return rows
}

// extrema returns where the error is largest in each stretch of the grid over which it keeps its
// sign. Of more than n such points those at the ends go, the one with the smaller error first.
func (f *fit) extrema(n int) []int {
	var points []int
	for i := range f.grid {
		e := f.residual(i)
		if e == 0 {
			continue
		}
		if len(points) == 0 || e*f.residual(points[len(points)-1]) < 0 {
			points = append(points, i)
		} else if last := &points[len(points)-1]; math.Abs(e) > math.Abs(f.residual(*last)) {
			*last = i
		}
	}
	for len(points) > n {
		if math.Abs(f.residual(points[0])) < math.Abs(f.residual(points[len(points)-1])) {
			points = points[1:]
		} else {
			points = points[:len(points)-1]
		}
	}
	return points
}

// eliminate solves a linear system whose rows carry the right-hand side last, by Gaussian
// elimination with row pivots.
func eliminate(rows [][]float64) []float64 {
	n := len(rows)
	for c := range n {
		pivot := c
		for r := c; r < n; r++ {
			if math.Abs(rows[r][c]) > math.Abs(rows[pivot][c]) {
				pivot = r
			}
		}
		rows[c], rows[pivot] = rows[pivot], rows[c]
		for r := range n {
			if r == c {
				continue
			}
			factor := rows[r][c] / rows[c][c]
			for k := c; k <= n; k++ {
				rows[r][k] -= factor * rows[c][k]
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = rows[i][n] / rows[i][i]
	}
	return x
}
