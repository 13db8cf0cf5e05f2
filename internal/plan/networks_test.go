package plan_test

import (
	"math"
	"math/rand/v2"
	"regexp"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// network makes a random convolutional network. Its activations are smooth, for a kink between the
// float32 program and the float64 reference would make their gradients differ by more than rounding.
type network struct {
	*rand.Rand
	g       *sym.Graph
	x       *sym.Expr   // the last layer's output: [B, C, H, W]
	filters []*sym.Expr // of all layers
	values  map[*sym.Expr]*sym.Tensor
	strided map[int]int // layers of stride 2 that are not by channel, by the side of their filters
}

// scale is how large a random network is.
type scale int

const (
	ordinary scale = iota // maps that several tiles cover
	heavy                 // so many filters that they are read once a batch
	small                 // many images of small maps
)

// randomNetwork returns a network of a few layers. The first one is a convolution of 3×3 where the scale
// is not ordinary.
func randomNetwork(seed uint64) *network {
	size := ordinary
	switch {
	case seed%9 == 5:
		size = heavy
	case seed%6 == 2:
		size = small
	}
	n := &network{
		Rand: rand.New(rand.NewPCG(seed, 16)), g: sym.NewGraph(), values: map[*sym.Expr]*sym.Tensor{},
		strided: map[int]int{},
	}
	batch, channels, height, width := 2+n.IntN(4), n.channels(), 15+n.IntN(4), 26+n.IntN(8)
	switch size {
	case heavy:
		batch, channels, height, width = 16, 94+n.IntN(4), 8, 7+n.IntN(2)
	case small:
		batch, channels, height, width = 32, 32+n.IntN(6), 2+n.IntN(2), 2+n.IntN(3)
	}
	n.x = n.input(1, batch, channels, height, width)
	for layers := 0; layers < 3; {
		before := n.x
		if n.layer(size); n.x == before {
			continue // it does not suit the map
		}
		layers++
		n.between(before)
		size = ordinary
	}
	return n
}

// input returns a new input of normal numbers of a standard deviation.
func (n *network) input(deviation float64, shape ...int) *sym.Expr {
	e := n.g.Input(string(rune('a'+len(n.values))), sym.Float, shape...)
	v := sym.NewTensor(shape...)
	for i := range v.Data {
		v.Data[i] = float64(float32(deviation * n.NormFloat64()))
	}
	n.values[e] = v
	return e
}

// channels returns a number of channels that fills blocks of 16, or nearly, or not.
func (n *network) channels() int { return []int{16, 17 + n.IntN(8), 29 + n.IntN(4)}[n.IntN(3)] }

// layer applies a convolution of one of the shapes that networks have, or leaves the output as it is
// where the map is too small for that.
func (n *network) layer(scale scale) {
	s := n.x.Shape()
	channels, out := s[1], n.channels()
	narrow := min(s[2], s[3]) < 8
	kind := n.IntN(8)
	if len(n.filters) == 0 { // the map is as large as it ever is
		kind = []int{0, 0, 0, 2, 2, 3}[n.IntN(6)]
	}
	if scale != ordinary {
		kind, out = 0, channels
	}
	size, groups, border, stride := 3, 1, 1, 1
	switch kind {
	case 0, 1: // 3×3
	case 2: // 5×5 without a border
		size, border, out = 5, 0, 20+n.IntN(6)
		if narrow || channels < 20 {
			return
		}
	case 3: // 3×3 of every other pixel
		stride = 2
	case 4, 5: // by channel
		size, groups, stride = 3+2*n.IntN(2), channels, 1+n.IntN(2)
		border = size / 2
	case 6, 7: // 1×1
		size, border, stride = 1, 0, 1+n.IntN(2)
	}
	if min(s[2], s[3]) < 4 && stride > 1 {
		return
	}
	spec := sym.ConvSpec{
		Stride: [2]int{stride, stride}, PadBefore: [2]int{border, border}, PadAfter: [2]int{border, border},
	}
	deviation := 1 / math.Sqrt(float64(channels/groups*size*size))
	if groups > 1 {
		w := n.input(deviation, channels, 1, size, size)
		n.x, n.filters = sym.DepthwiseConv(n.x, w, spec), append(n.filters, w)
		return
	}
	if stride == 2 {
		n.strided[size]++
	}
	w := n.input(deviation, out, channels, size, size)
	n.x, n.filters = sym.Conv(n.x, w, spec), append(n.filters, w)
}

// between applies what stands between convolutions: an affine map of each channel, an activation, the
// layer's input again.
func (n *network) between(before *sym.Expr) {
	s := n.x.Shape()
	if n.IntN(2) == 0 {
		scale, shift := n.input(0.5, s[1]), n.input(0.5, s[1])
		by := func(e *sym.Expr) *sym.Expr { return sym.Broadcast(e, []int{1}, s...) }
		n.x = sym.Add(sym.Mul(n.x, by(sym.AddScalar(scale, 1))), by(shift))
	}
	switch n.IntN(3) {
	case 0:
		n.x = sym.Tanh(n.x)
	case 1:
		n.x = sym.Softplus(n.x)
	case 2:
		n.x = sym.Mul(n.x, sym.Sigmoid(n.x))
	}
	if before.Shape().Equal(s) && n.IntN(2) == 0 {
		n.x = sym.Add(n.x, before)
	}
}

// outputs returns what training with a gradient penalty computes: the output, the loss's gradient
// with respect to the input, and for the filters that of loss and penalty together.
func (n *network) outputs() []*sym.Expr {
	var x *sym.Expr
	for e := range n.values {
		if e.Name() == "a" {
			x = e
		}
	}
	loss := sym.Sum(sym.Square(n.x))
	loss = sym.Scale(loss, 1/float64(n.x.Shape().Size()))
	grads := sym.Gradient(loss, append([]*sym.Expr{x}, n.filters...)...)
	penalty := sym.Gradient(sym.Sum(sym.Square(grads[0])), n.filters...)
	outputs := []*sym.Expr{n.x, grads[0]}
	for i, p := range penalty {
		outputs = append(outputs, sym.Add(grads[i+1], p))
	}
	return outputs
}

// The ways that listings do not tell from others.
const (
	strided, strided1 = "3×3, stride 2", "1×1, stride 2"
	stripPrograms     = "strip programs"
)

// ways are how a convolution or a derivative of one is computed, by what listings have of it.
var ways = map[string]string{
	"direct":                              `conv\{[0-9x*]+x3x3\}`,
	"direct, input gradient":              `conv-input-gradient\{[0-9x*]+x3x3\}`,
	"direct, weight gradient":             `conv-weight-gradient\{[0-9x*]+x3x3, 2 pairs`,
	"1×1":                                 `conv\{[0-9x*]+x1x1\}`,
	"by channel":                          `depthwise-conv\{[0-9x*]+\}`,
	"by channel, stride 2":                `depthwise-conv\{[0-9x*]+/2x2`,
	"by channel, input gradient":          `depthwise-conv-input-gradient\{`,
	"by channel, weight gradient":         `depthwise-conv-weight-gradient\{`,
	"F(4×4, 3×3)":                         `conv\{[0-9x*]+x3x3 F\(4x4,3x3\)`,
	"F(4×4, 3×3), input gradient":         `conv-input-gradient\{[0-9x*]+x3x3 F\(4x4,3x3\)`,
	"F(4×4, 3×3), weight gradient":        `conv-weight-gradient\{[0-9x*]+x3x3 F\(4x4,3x3\), 2 pairs`,
	"F(4×4, 5×5)":                         `conv\{[0-9x*]+x5x5 F\(4x4,5x5\)`,
	"F(4×4, 5×5), input gradient":         `conv-input-gradient\{[0-9x*]+x5x5 F\(4x4,5x5\)`,
	"F(4×4, 5×5), weight gradient":        `conv-weight-gradient\{[0-9x*]+x5x5 F\(4x4,5x5\), 2 pairs`,
	"F(4×4, 3×3) of the batch":            `tile-products\{`,
	"F(4×4, 3×3) of the batch, weights":   `conv-weight-gradient\{\d+ of `,
	"images in the lanes":                 `wide-conv\{`,
	"images in the lanes, input gradient": `wide-conv-input-gradient\{`,
	"images in the lanes, weights":        `wide-conv-weight-gradient\{`,
}

// promised is what engine.Native promises of networks: the largest error of an element, relative to the
// largest magnitude of its tensor.
const promised = 1e-4

// TestRandomNetworks compares random convolutional networks and their derivatives of both orders with
// the reference, on every level. How a convolution is computed is chosen by its shape, which is left
// to chance; where GRADREG_TEST_LONG is set every way has to be met twice, and so have strip programs.
func TestRandomNetworks(t *testing.T) {
	levels := kernel.Supported()
	best := levels[len(levels)-1]
	met := map[string]int{strided: 0, strided1: 0}
	for way := range ways {
		met[way] = 0
	}
	networks := uint64(8)
	if testing.Short() { // as in shapes
		networks = 4
	} else if long() {
		networks = 18
	}
	for seed := range networks {
		n := randomNetwork(seed)
		outputs := n.outputs()
		p, err := plan.Compile(outputs, nil, plan.Options{Level: best})
		if err != nil {
			t.Fatal(err)
		}
		text := p.Listing(0)
		for way, form := range ways {
			met[way] += len(regexp.MustCompile(`(?:^|[ =])`+form).FindAllString(text, -1))
		}
		met[strided] += n.strided[3]
		met[strided1] += n.strided[1]
		if best != kernel.Generic { // which has none
			met[stripPrograms] += len(p.StripPrograms())
		}
		p.Close()
		compare(t, promised, n.values, outputs...)
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, text)
		}
	}
	t.Log(met)
	if !long() {
		return
	}
	for way, times := range met {
		if times < 2 {
			t.Errorf("%s: met %d times, expected at least twice", way, times)
		}
	}
}
