package nn

import (
	"math"

	"github.com/gradreg/gradreg/internal/philox"
)

// Init is the distribution of initial values: uniform in Center ± Limit, or what Draw makes.
type Init struct {
	Center, Limit float64
	// Draw, if there is one, writes the values in the place of Center ± Limit. They must be a
	// function of len(dst) and the random numbers only, so that a seed gives the same network
	// again.
	Draw func(dst []float32, r Random)
}

// Random are the random numbers for the initial values of one parameter: a function of the seed,
// the parameter's scope and its place in it.
type Random struct{ stream philox.Stream }

// Uniform writes numbers uniform in [0, 1): those from place first on of the parameter's sequence.
func (r Random) Uniform(dst []float32, first int) { r.stream.Uniform(dst, first) }

// Normal writes standard normal numbers, those from place first on. They are made of the numbers
// Uniform gives: whoever needs both takes them from different places, far enough apart.
func (r Random) Normal(dst []float32, first int) { r.stream.Normal(dst, first) }

// Constant returns the distribution of the single value v.
func Constant(v float64) Init { return Init{Center: v} }

// UniformStdev returns the uniform distribution around 0 of the given standard deviation σ: limit
// √3·σ.
func UniformStdev(sigma float64) Init { return Init{Limit: math.Sqrt(3) * sigma} }

// GlorotUniform returns the uniform distribution of limit √(6/(fanIn+fanOut)) (Glorot and Bengio
// 2010, equation 16).
func GlorotUniform(fanIn, fanOut int) Init {
	return Init{Limit: math.Sqrt(6 / float64(fanIn+fanOut))}
}

// Initializer chooses the distribution of a weight's initial values by its fans: the mean number of
// products that an output is the sum of, and that an input enters. [GlorotUniform] is one.
type Initializer func(fanIn, fanOut int) Init

// or returns the initializer, or the layer's own if there is none.
func (i Initializer) or(own Initializer) Initializer {
	if i == nil {
		return own
	}
	return i
}

// Times returns the same distribution with values factor times as large.
func (i Initializer) Times(factor float64) Initializer {
	return func(fanIn, fanOut int) Init {
		in := i(fanIn, fanOut)
		in.Center, in.Limit = factor*in.Center, factor*in.Limit
		if draw := in.Draw; draw != nil {
			in.Draw = func(dst []float32, r Random) {
				draw(dst, r)
				for k := range dst {
					dst[k] = float32(factor * float64(dst[k]))
				}
			}
		}
		return in
	}
}

// He returns the normal distribution of mean 0 and variance 2/((1+slope²)·fanIn) (He et al. 2015,
// arXiv 1502.01852, equation 14): under a leaky ReLU of that slope every layer's outputs are on
// average as large as its inputs. Slope 0 is for ReLU, 1 for a layer without a nonlinearity.
func He(slope float64) Initializer {
	return func(fanIn, _ int) Init {
		return Init{Draw: func(dst []float32, r Random) {
			sigma := math.Sqrt(2 / ((1 + slope*slope) * float64(max(fanIn, 1))))
			r.Normal(dst, 0)
			for i, v := range dst {
				dst[i] = float32(sigma * float64(v))
			}
		}}
	}
}

// UniformHe returns the uniform distribution of variance 4/(fanIn+fanOut): that of He et al. 2015
// for ReLU with the mean of both fans, as Gulrajani et al. 2017 start their convolutions.
func UniformHe(fanIn, fanOut int) Init { return UniformStdev(convStdev(fanIn, fanOut)) }

// initStep is the step of the random streams that initial values come from: beyond any training
// step.
const initStep = math.MaxUint64

// fill writes values of stream id of the seed.
func (in Init) fill(dst []float32, seed uint64, id uint32) {
	stream := philox.Stream{Key: seed, Step: initStep, ID: id}
	if in.Draw != nil {
		in.Draw(dst, Random{stream})
		return
	}
	if in.Limit == 0 {
		for i := range dst {
			dst[i] = float32(in.Center)
		}
		return
	}
	stream.Uniform(dst, 0)
	for i, u := range dst {
		dst[i] = float32(in.Center + in.Limit*(2*float64(u)-1))
	}
}

// convStdev returns √(4/(fanIn+fanOut)), the standard deviation of convolution weights in the
// reference LeNet (Varga et al. 2017, arXiv 1712.09936).
func convStdev(fanIn, fanOut int) float64 { return math.Sqrt(4 / float64(fanIn+fanOut)) }
