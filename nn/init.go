package nn

import (
	"math"

	"github.com/gradreg/gradreg/internal/philox"
)

// Init is the distribution of initial values: uniform in Center ± Limit.
type Init struct{ Center, Limit float64 }

// Constant returns the distribution of the single value v.
func Constant(v float64) Init { return Init{Center: v} }

// UniformStdev returns the uniform distribution around 0 of the given standard deviation σ: limit √3·σ.
func UniformStdev(sigma float64) Init { return Init{Limit: math.Sqrt(3) * sigma} }

// GlorotUniform returns the uniform distribution of limit √(6/(fanIn+fanOut)) (Glorot and Bengio 2010,
// equation 16).
func GlorotUniform(fanIn, fanOut int) Init {
	return Init{Limit: math.Sqrt(6 / float64(fanIn+fanOut))}
}

// initStep is the step of the random streams that initial values come from: beyond any training step.
const initStep = math.MaxUint64

// fill writes values of stream id of the seed.
func (in Init) fill(dst []float32, seed uint64, id uint32) {
	if in.Limit == 0 {
		for i := range dst {
			dst[i] = float32(in.Center)
		}
		return
	}
	philox.Stream{Key: seed, Step: initStep, ID: id}.Uniform(dst, 0)
	for i, u := range dst {
		dst[i] = float32(in.Center + in.Limit*(2*float64(u)-1))
	}
}

// convStdev returns √(4/(fanIn+fanOut)), the standard deviation of convolution weights in the reference
// LeNet (REFERENCE.md section 3).
func convStdev(fanIn, fanOut int) float64 { return math.Sqrt(4 / float64(fanIn+fanOut)) }
