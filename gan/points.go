package gan

import (
	"math"

	"github.com/gradreg/gradreg/internal/philox"
)

// PointSet is a distribution of points in the plane, or on a line, that a generator learns.
type PointSet struct {
	Name, Description string
	Dimensions        int
	// Centres are those of its modes, and Sigma the standard deviation around each in every
	// dimension; nil of a set without modes. Points are scaled so that each coordinate has
	// variance 1, and so are they.
	Centres [][]float64
	Sigma   float64

	draw func(u, n []float32, point []float32) // of two uniform and two normal numbers
}

// PointSets is the table of point sets.
func PointSets() []PointSet {
	return []PointSet{
		ofModes("gaussians-25", "25 Gaussians on a grid of spacing 2, σ 0.05", grid(5, 2), 0.05),
		ofModes("gaussians-8", "8 Gaussians on a circle of radius 2, σ 0.02", ring(8, 2), 0.02),
		{
			Name: "swiss-roll", Description: "a roll (t·cos t, t·sin t)/7.5 with noise of σ 0.25/7.5", Dimensions: 2,
			draw: func(u, n, point []float32) {
				const scale = 1 / 7.5
				t := 1.5 * math.Pi * (1 + 2*float64(u[0]))
				point[0] = float32((t*math.Cos(t) + 0.25*float64(n[0])) * scale)
				point[1] = float32((t*math.Sin(t) + 0.25*float64(n[1])) * scale)
			},
		},
	}
}

// ofModes returns a mixture of equal Gaussians, scaled to variance 1.
func ofModes(name, description string, centres [][]float64, sigma float64) PointSet {
	variance := 0.0
	for _, c := range centres {
		variance += (c[0]*c[0] + c[1]*c[1]) / 2
	}
	scale := 1 / math.Sqrt(variance/float64(len(centres))+sigma*sigma)
	for _, c := range centres {
		c[0], c[1] = c[0]*scale, c[1]*scale
	}
	sigma *= scale
	return PointSet{
		Name: name, Description: description, Dimensions: 2, Centres: centres, Sigma: sigma,
		draw: func(u, n, point []float32) {
			c := centres[min(int(float64(u[0])*float64(len(centres))), len(centres)-1)]
			for d := range point {
				point[d] = float32(c[d] + sigma*float64(n[d]))
			}
		},
	}
}

// grid returns side² centres of a spacing around 0.
func grid(side int, spacing float64) [][]float64 {
	var out [][]float64
	for i := range side {
		for j := range side {
			out = append(out, []float64{
				spacing * (float64(i) - float64(side-1)/2), spacing * (float64(j) - float64(side-1)/2),
			})
		}
	}
	return out
}

// ring returns n centres on a circle around 0.
func ring(n int, radius float64) [][]float64 {
	var out [][]float64
	for i := range n {
		angle := 2 * math.Pi * float64(i) / float64(n)
		out = append(out, []float64{radius * math.Cos(angle), radius * math.Sin(angle)})
	}
	return out
}

// Draw writes n points [n, Dimensions], those from place first on: functions of the seed and their
// place alone.
func (s PointSet) Draw(seed uint64, first, n int, points []float32) {
	var u, normal [2]float32
	for i := range n {
		stream := philox.Stream{Key: seed, Step: uint64(first + i), ID: pointStream}
		stream.Uniform(u[:], 0)
		stream.Normal(normal[:], 4)
		s.draw(u[:], normal[:], points[i*s.Dimensions:(i+1)*s.Dimensions])
	}
}

// PointSetOf returns the point set of a name.
func PointSetOf(name string) (PointSet, bool) {
	for _, s := range PointSets() {
		if s.Name == name {
			return s, true
		}
	}
	return PointSet{}, false
}
