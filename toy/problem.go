package toy

import (
	"math"
	"slices"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/philox"
	"github.com/gradreg/gradreg/internal/spec"
)

// Problem is a function to be learned from points of it.
type Problem struct {
	Name    string
	Formula string
	Dim     int     // of x
	Noise   float64 // standard deviation of the normal error of y
	f       func(x []float64) float64
	slope   func(x []float64) float64 // ‖∂f/∂x‖
}

// Problems returns the toy problems.
func Problems() []Problem {
	return []Problem{
		{
			Name: "sine", Formula: "sin 5x + N(0, 0.1²)", Dim: 1, Noise: 0.1,
			f:     func(x []float64) float64 { return math.Sin(5 * x[0]) },
			slope: func(x []float64) float64 { return math.Abs(5 * math.Cos(5*x[0])) },
		},
		{
			Name: "paraboloid", Formula: "x₁² + x₂²", Dim: 2,
			f:     func(x []float64) float64 { return x[0]*x[0] + x[1]*x[1] },
			slope: func(x []float64) float64 { return 2 * math.Hypot(x[0], x[1]) },
		},
	}
}

// ProblemNames lists the toy problems.
func ProblemNames() []string {
	var names []string
	for _, p := range Problems() {
		names = append(names, p.Name)
	}
	return names
}

// problemNamed returns the problem of that name.
func problemNamed(name string) (Problem, error) {
	for _, p := range Problems() {
		if p.Name == name {
			return p, nil
		}
	}
	return Problem{}, fault.Input(spec.Unknown("problem", name, ProblemNames()))
}

// Random streams of a seed; the weights' initialization has a key of its own.
const (
	streamPlaces uint32 = iota + 1000
	streamNoise
	streamLines
)

// points are samples of a problem.
type points struct {
	x [][]float64 // n points of Dim coordinates in [−1, 1]
	y []float64
}

// sample draws n points: x uniform, y with noise. In one dimension they are sorted.
func (p Problem) sample(n int, seed uint64) points {
	places, noise := make([]float32, n*p.Dim), make([]float32, n)
	philox.Stream{Key: seed, ID: streamPlaces}.Uniform(places, 0)
	philox.Stream{Key: seed, ID: streamNoise}.Normal(noise, 0)
	if p.Dim == 1 {
		slices.Sort(places)
	}
	out := points{y: make([]float64, n)}
	for i := range n {
		x := make([]float64, p.Dim)
		for d := range x {
			x[d] = 2*float64(places[i*p.Dim+d]) - 1
		}
		out.x = append(out.x, x)
		out.y[i] = p.f(x) + p.Noise*float64(noise[i])
	}
	return out
}

// between returns for every point the middle of the way to its nearest neighbour.
func (p points) between() [][]float64 {
	out := make([][]float64, len(p.x))
	for i, x := range p.x {
		nearest, best := -1, math.Inf(1)
		for j, other := range p.x {
			if d := distance(x, other); i != j && d < best {
				nearest, best = j, d
			}
		}
		out[i] = make([]float64, len(x))
		for d := range x {
			out[i][d] = (x[d] + p.x[nearest][d]) / 2
		}
	}
	return out
}

func distance(a, b []float64) float64 {
	sum := 0.0
	for d := range a {
		sum += (a[d] - b[d]) * (a[d] - b[d])
	}
	return math.Sqrt(sum)
}

// grid returns about n places that cover [−1, 1]^Dim evenly, the last coordinate fastest, and how
// many there are on a side.
func (p Problem) grid(n int) (places [][]float64, side int) {
	side = n
	if p.Dim == 2 {
		side = int(math.Sqrt(float64(n)))
	}
	at := func(i int) float64 { return 2*float64(i)/float64(side-1) - 1 }
	for i := range side {
		if p.Dim == 1 {
			places = append(places, []float64{at(i)})
			continue
		}
		for j := range side {
			places = append(places, []float64{at(j), at(i)})
		}
	}
	return places, side
}
