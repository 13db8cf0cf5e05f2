package generative_test

import (
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// every is each kind alone and all of them.
var every = []string{
	"brightness",
	"contrast",
	"shift",
	"cutout",
	"brightness,contrast,shift,cutout",
}

// augmented is T(x) in a graph of its own.
type augmented struct {
	g    *sym.Graph
	c    *nn.Context
	x, y *sym.Expr
}

// augment applies an augmentation to a batch.
func augment(t *testing.T, text string, shape ...int) augmented {
	t.Helper()
	a, err := generative.ParseAugment(text)
	if err != nil {
		t.Fatal(err)
	}
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g).Scope("critic"), true, 0)
	x := g.Input("x", sym.Float, shape...)
	y := a.Apply(c, x)
	if y.Err() != nil || !y.Shape().Equal(x.Shape()) {
		t.Fatalf("%s: %v, %v", text, y, y.Err())
	}
	return augmented{g, c, x, y}
}

// leaves returns the random leaves of an operation, in the order of their streams.
func (a augmented) leaves(op sym.Op) []*sym.Expr {
	var out []*sym.Expr
	for _, e := range sym.Topological(a.y) {
		if e.Op() == op {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b *sym.Expr) int {
		return int(a.Attr().(sym.RandomAttr).Stream) - int(b.Attr().(sym.RandomAttr).Stream)
	})
	return out
}

// tensor returns numbers in a shape.
func tensor(values []float64, shape ...int) *sym.Tensor {
	return &sym.Tensor{Shape: shape, Data: values}
}

// uniform returns n numbers in [−1, 1).
func uniform(seed uint64, n int) []float64 {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]float64, n)
	for i := range out {
		out[i] = 2*r.Float64() - 1
	}
	return out
}

// eval evaluates in float64.
func eval(t *testing.T, values map[*sym.Expr]*sym.Tensor, roots ...*sym.Expr) [][]float64 {
	t.Helper()
	out, err := sym.Eval(sym.Env{Values: values, Key: 3}, roots...)
	if err != nil {
		t.Fatal(err)
	}
	data := make([][]float64, len(out))
	for i, o := range out {
		data[i] = o.Data
	}
	return data
}

// picture is an image [C, H, W] for the plain form of the augmentation.
type picture struct {
	c, h, w int
	data    []float64
}

// change writes f of each pixel's place to it.
func (p picture) change(f func(c, i, j int) float64) picture {
	out := picture{p.c, p.h, p.w, make([]float64, len(p.data))}
	for c := range p.c {
		for i := range p.h {
			for j := range p.w {
				out.data[(c*p.h+i)*p.w+j] = f(c, i, j)
			}
		}
	}
	return out
}

// at returns a pixel, 0 outside.
func (p picture) at(c, i, j int) float64 {
	if i < 0 || j < 0 || i >= p.h || j >= p.w {
		return 0
	}
	return p.data[(c*p.h+i)*p.w+j]
}

// plain is the definition of a kind, of an image and the uniform numbers of its draw.
func plain(kind string, p picture, u []float64) picture {
	floor := func(u float64, n int) int { return int(math.Floor(u * float64(n))) }
	switch kind {
	case "brightness":
		return p.change(func(c, i, j int) float64 { return p.at(c, i, j) + u[0] - 0.5 })
	case "contrast":
		mean := 0.0
		for _, v := range p.data {
			mean += v / float64(len(p.data))
		}
		return p.change(func(c, i, j int) float64 { return (p.at(c, i, j)-mean)*(u[0]+0.5) + mean })
	case "shift":
		most := [2]int{int(math.Round(float64(p.h) / 8)), int(math.Round(float64(p.w) / 8))}
		down, right := floor(u[0], 2*most[0]+1)-most[0], floor(u[1], 2*most[1]+1)-most[1]
		return p.change(func(c, i, j int) float64 { return p.at(c, i-down, j-right) })
	}
	tall, wide := (p.h+1)/2, (p.w+1)/2
	top := floor(u[0], p.h+1-tall%2) - tall/2
	left := floor(u[1], p.w+1-wide%2) - wide/2
	return p.change(func(c, i, j int) float64 {
		if i >= top && i < top+tall && j >= left && j < left+wide {
			return 0
		}
		return p.at(c, i, j)
	})
}

// TestAugment compares each kind with its plain definition for the numbers it draws, odd extents
// and images that a kind is not applied to among them.
func TestAugment(t *testing.T) {
	for _, kind := range generative.AugmentKinds() {
		for _, s := range [][3]int{{1, 28, 28}, {3, 12, 20}, {2, 9, 7}} {
			const batch = 40
			a := augment(t, kind, batch, s[0], s[1], s[2])
			size := s[0] * s[1] * s[2]
			x := uniform(1, batch*size)
			numbers, applied := a.leaves(sym.OpUniform), a.leaves(sym.OpBernoulli)
			out := eval(t, map[*sym.Expr]*sym.Tensor{a.x: tensor(x, a.x.Shape()...)},
				append([]*sym.Expr{a.y, applied[0]}, numbers...)...)
			idle := 0
			for b := range batch {
				p := picture{s[0], s[1], s[2], x[b*size : (b+1)*size]}
				var u []float64
				for k := range numbers {
					u = append(u, out[2+k][b])
				}
				want := p
				if out[1][b] != 0 {
					want = plain(kind, p, u)
				} else {
					idle++
				}
				for i, v := range out[0][b*size : (b+1)*size] {
					if math.Abs(v-want.data[i]) > 1e-12 {
						t.Fatalf(
							"%s of %v: image %d, element %d is %v, expected %v",
							kind,
							s,
							b,
							i,
							v,
							want.data[i],
						)
					}
				}
			}
			if idle < batch/4 || idle > 3*batch/4 {
				t.Errorf("%s: %d of %d images are left alone", kind, idle, batch)
			}
		}
	}
}

// TestBounds checks the ends of the ranges of what is drawn: shifts of an eighth either way,
// squares that reach over every border, and none beyond.
func TestBounds(t *testing.T) {
	for _, size := range []int{28, 64, 128} {
		for _, kind := range []string{"shift", "cutout"} {
			a := augment(t, kind+",p=1", 2, 1, size, size)
			x := slices.Repeat([]float64{1}, 2*size*size)
			values := map[*sym.Expr]*sym.Tensor{a.x: tensor(x, 2, 1, size, size)}
			for _, u := range a.leaves(sym.OpUniform) {
				values[u] = tensor([]float64{0, 1 - 1.0/(1<<24)}, 2, 1, 1, 1)
			}
			out := eval(t, values, a.y)[0]
			left := 0 // pixels that are still 1, of both images
			for _, v := range out {
				left += int(v)
			}
			moved := size - (size+4)/8
			want := 2 * moved * moved
			if kind == "cutout" {
				// A quarter of the square is within the image, at either end.
				want = 2 * (size*size - size*size/16)
			}
			if left != want {
				t.Errorf("%s of %d pixels: %d are left, expected %d", kind, size, left, want)
			}
		}
	}
}

// TestProbability checks the share of images that are changed, and that at 1 all are.
func TestProbability(t *testing.T) {
	for text, p := range map[string]float64{
		"brightness": 0.5, "brightness,p=0.2": 0.2, "contrast,p=1": 1, "cutout,p=0.9": 0.9,
	} {
		const batch = 2000
		a := augment(t, text, batch, 1, 4, 4)
		x := uniform(2, batch*16)
		y := eval(t, map[*sym.Expr]*sym.Tensor{a.x: tensor(x, batch, 1, 4, 4)}, a.y)[0]
		changed := 0
		for b := range batch {
			if !slices.Equal(x[b*16:(b+1)*16], y[b*16:(b+1)*16]) {
				changed++
			}
		}
		share := float64(changed) / batch
		if math.Abs(share-p) > 4*math.Sqrt(p*(1-p)/batch) {
			t.Errorf("%s changes a share of %v", text, share)
		}
	}
}

// TestKnownGradients checks the gradient of Σ w·T(x) where T is known: a shift has w shifted back,
// cutout has zeros, contrast ½ halves w about its mean, brightness leaves it.
func TestKnownGradients(t *testing.T) {
	const size = 16
	w := uniform(3, size*size)
	mean := 0.0
	for _, v := range w {
		mean += v / float64(len(w))
	}
	weights := picture{1, size, size, w}
	for kind, c := range map[string]struct {
		u    []float64
		want func(i, j int) float64
	}{
		"brightness": {[]float64{0.9}, func(i, j int) float64 { return weights.at(0, i, j) }},
		"contrast": {
			[]float64{0}, func(i, j int) float64 { return weights.at(0, i, j)/2 + mean/2 },
		},
		// Down by 1 and left by 2 of −2..2.
		"shift": {[]float64{0.7, 0.1}, func(i, j int) float64 { return weights.at(0, i+1, j-2) }},
		// Rows 4 to 11 and columns −2 to 5 of 16, by starts 8 and 2 of 17.
		"cutout": {[]float64{8.5 / 17, 2.5 / 17}, func(i, j int) float64 {
			if i >= 4 && i < 12 && j < 6 {
				return 0
			}
			return weights.at(0, i, j)
		}},
	} {
		a := augment(t, kind+",p=1", 1, 1, size, size)
		values := map[*sym.Expr]*sym.Tensor{a.x: tensor(uniform(4, size*size), 1, 1, size, size)}
		for k, u := range a.leaves(sym.OpUniform) {
			values[u] = tensor(c.u[k:k+1], 1, 1, 1, 1)
		}
		cotangent := a.g.Input("w", sym.Float, 1, 1, size, size)
		values[cotangent] = tensor(w, 1, 1, size, size)
		got := eval(t, values, sym.VJP(a.y, cotangent, a.x)[0])[0]
		for i, v := range got {
			if want := c.want(i/size, i%size); math.Abs(v-want) > 1e-12 {
				t.Errorf("%s: element %d is %v, expected %v", kind, i, v, want)
			}
		}
	}
}

// critic is a small scorer with convolutions, leaky ReLU and a smooth nonlinearity.
func critic(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := nn.Conv{Out: 3, Kernel: 4, Stride: 2, Border: 1, Init: nn.He(0.2)}.Apply(c, x)
	h = sym.Tanh(nn.Conv{Out: 4, Kernel: 3, Init: nn.He(0.2)}.Apply(c, nn.LeakyReLU(0.2).Apply(h)))
	return nn.Dense{Out: 1}.Apply(c, nn.Flatten(h))
}

// TestPenaltyThroughAugmentation compares derivatives with difference quotients: the gradient of
// D(T(x)) in x, and the gradient in every parameter, and in x, of the penalty mean ‖∇ₓD(T(x))‖² on
// the image before the augmentation.
func TestPenaltyThroughAugmentation(t *testing.T) {
	for _, text := range every {
		a := augment(t, text+",p=0.7", 3, 2, 12, 12)
		score := sym.Sum(critic(a.c, a.y))
		slope := sym.Gradient(score, a.x)[0]
		penalty := sym.Sum(sym.Square(slope))
		inputs := append(nn.Exprs(a.c.Params.Trainable()), a.x)
		values := map[*sym.Expr]*sym.Tensor{}
		for i, e := range inputs {
			values[e] = tensor(uniform(uint64(10+i), e.Shape().Size()), e.Shape()...)
		}
		gradients := eval(t, values, append(sym.Gradient(penalty, inputs...), slope)...)
		for i, e := range inputs {
			checkSlope(
				t,
				fmt.Sprintf("%s: penalty in input %d", text, i),
				values,
				penalty,
				e,
				gradients[i],
			)
		}
		checkSlope(t, text+": score in x", values, score, a.x, gradients[len(inputs)])
	}
}

// checkSlope compares a gradient of y in an input with a central difference quotient in a random
// direction.
func checkSlope(
	t *testing.T,
	what string,
	values map[*sym.Expr]*sym.Tensor,
	y, in *sym.Expr,
	gradient []float64,
) {
	t.Helper()
	const h = 1e-5
	direction := uniform(77, len(gradient))
	at := func(step float64) float64 {
		moved := map[*sym.Expr]*sym.Tensor{}
		for e, v := range values {
			moved[e] = v
		}
		moved[in] = tensor(slices.Clone(values[in].Data), in.Shape()...)
		for i := range direction {
			moved[in].Data[i] += step * direction[i]
		}
		return eval(t, moved, y)[0][0]
	}
	want, got := (at(h)-at(-h))/(2*h), 0.0
	for i, d := range direction {
		got += d * gradient[i]
	}
	if math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
		t.Errorf("%s: the derivative is %v, by difference quotient %v", what, got, want)
	}
}

// TestInvertible checks why the default probability is what it is: the distribution of images that
// are shifted, or brightened, with that probability is the images' own, whose every frequency is
// multiplied by at least 0.38. With probability 1 some are multiplied by less than 0, and others by
// 0: they are lost.
func TestInvertible(t *testing.T) {
	a, err := generative.ParseAugment("shift")
	if err != nil {
		t.Fatal(err)
	}
	least := func(p float64, multiplier func(frequency float64) float64) float64 {
		out := 1.0
		for k := 1; k < 10000; k++ {
			out = min(out, 1-p+p*multiplier(float64(k)/10000))
		}
		return out
	}
	for size := 28; size <= 128; size += 4 {
		n := float64(2*((size+4)/8) + 1)
		whole := func(f float64) float64 {
			return math.Sin(math.Pi*f*n) / (n * math.Sin(math.Pi*f))
		}
		if m := least(a.Probability, whole); m < 0.38 {
			t.Errorf("%d pixels: shifts multiply a frequency by %v", size, m)
		}
		if m := least(1, whole); m > -0.2 {
			t.Errorf("%d pixels: certain shifts multiply every frequency by more than %v", size, m)
		}
	}
	real := func(f float64) float64 { return math.Sin(20*f) / (20 * f) }
	if m := least(a.Probability, real); m < 0.38 {
		t.Errorf("brightness multiplies a frequency by %v", m)
	}
	// Contrast multiplies the frequency w of a logarithm by (1−p) + p·E f^{iw}.
	for w := 0.01; w < 100; w += 0.01 {
		exponent := complex(1, w)
		mean := (cmplx.Pow(1.5, exponent) - cmplx.Pow(0.5, exponent)) / exponent
		p := complex(a.Probability, 0)
		if m := cmplx.Abs(1 - p + p*mean); m < 0.45 {
			t.Errorf("contrast multiplies frequency %v by %v", w, m)
		}
	}
}

// TestAffine checks that with given draws T is affine in the image: of a mean it is the mean.
func TestAffine(t *testing.T) {
	for _, text := range every {
		a := augment(t, text+",p=0.8", 5, 2, 10, 12)
		n := a.x.Shape().Size()
		first, second, mean := uniform(5, n), uniform(6, n), make([]float64, n)
		for i := range mean {
			mean[i] = 0.3*first[i] + 0.7*second[i]
		}
		of := func(x []float64) []float64 {
			return eval(t, map[*sym.Expr]*sym.Tensor{a.x: tensor(x, a.x.Shape()...)}, a.y)[0]
		}
		p, q := of(first), of(second)
		for i, v := range of(mean) {
			if want := 0.3*p[i] + 0.7*q[i]; math.Abs(v-want) > 1e-12 {
				t.Fatalf("%s: element %d of a mean is %v, expected %v", text, i, v, want)
			}
		}
	}
}

// TestImagesAreIndependent checks that what happens to an image depends neither on the number of
// images nor on the others, and that images do not all get the same.
func TestImagesAreIndependent(t *testing.T) {
	const size = 2 * 12 * 12
	text := every[len(every)-1] + ",p=1"
	x := uniform(7, 64*size)
	copy(x[size:2*size], x[:size]) // two equal images
	of := func(batch int, x []float64) []float64 {
		a := augment(t, text, batch, 2, 12, 12)
		return eval(t, map[*sym.Expr]*sym.Tensor{a.x: tensor(x, batch, 2, 12, 12)}, a.y)[0]
	}
	all := of(64, x)
	if few := of(3, x[:3*size]); !slices.Equal(few, all[:3*size]) {
		t.Error("images depend on the number of images")
	}
	other := uniform(8, 64*size)
	copy(other[2*size:3*size], x[2*size:3*size])
	if again := of(64, other); !slices.Equal(again[2*size:3*size], all[2*size:3*size]) {
		t.Error("an image depends on the others")
	}
	if slices.Equal(all[:size], all[size:2*size]) {
		t.Error("two equal images get the same")
	}
}

// TestCalls checks that two calls, of reals and of fakes, have draws of their own from the same
// distribution.
func TestCalls(t *testing.T) {
	a, err := generative.ParseAugment(every[len(every)-1])
	if err != nil {
		t.Fatal(err)
	}
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g).Scope("critic"), true, 0)
	draws := func(c *nn.Context, name string) (streams map[uint32]bool, kinds []string) {
		streams = map[uint32]bool{}
		for _, e := range sym.Topological(a.Apply(c, g.Input(name, sym.Float, 4, 1, 8, 8))) {
			if r, ok := e.Attr().(sym.RandomAttr); ok {
				streams[r.Stream] = true
				kinds = append(kinds, fmt.Sprint(e.Op(), r.Shape, r.P))
			}
		}
		slices.Sort(kinds)
		return streams, kinds
	}
	reals, kinds := draws(c, "reals")
	fakes, others := draws(c.Again(), "fakes")
	for s := range reals {
		if fakes[s] {
			t.Errorf("stream %d serves both", s)
		}
	}
	if len(reals) != 10 || len(fakes) != 10 || !slices.Equal(kinds, others) {
		t.Errorf("%d streams %v, and %d streams %v", len(reals), kinds, len(fakes), others)
	}
}

// TestRows checks that penalties which differentiate several directions at once find the samples
// apart.
func TestRows(t *testing.T) {
	for _, text := range every {
		a := augment(t, text, 4, 2, 8, 8)
		r := sym.RepeatedRows(4, 2)
		cotangent := a.g.Input("c", sym.Float, 8, 2, 8, 8)
		got, ok := r.VJP(a.y, a.x, cotangent)
		if !ok {
			t.Errorf("%s couples samples", text)
			continue
		}
		c := uniform(9, 8*2*8*8)
		firsts := sym.Reshape(
			sym.SliceAxis(sym.Reshape(cotangent, 4, 2, 2*8*8), 1, 0, 1),
			4,
			2,
			8,
			8,
		)
		out := eval(t, map[*sym.Expr]*sym.Tensor{
			a.x: tensor(uniform(1, 4*2*8*8), 4, 2, 8, 8), cotangent: tensor(c, 8, 2, 8, 8),
		}, sym.SliceAxis(sym.Reshape(got, 4, 2, 2*8*8), 1, 0, 1), sym.VJP(a.y, firsts, a.x)[0])
		for i := range out[0] {
			if math.Abs(out[0][i]-out[1][i]) > 1e-12 {
				t.Fatalf("%s: row element %d is %v, expected %v", text, i, out[0][i], out[1][i])
			}
		}
	}
}

// TestAugmentCompiled compares the compiled program with the reference.
func TestAugmentCompiled(t *testing.T) {
	a := augment(t, every[len(every)-1], 6, 3, 28, 28)
	slope := sym.Gradient(sym.Sum(sym.Square(a.y)), a.x)[0]
	x := normal(a.x.Shape().Size())
	p := compile(t, native(t), a.c.Params, a.y, slope)
	write(t, p, a.x, x)
	got := run(t, p, a.y, slope)
	values := sym.NewTensor(a.x.Shape()...)
	for i, v := range x {
		values.Data[i] = float64(v)
	}
	out, err := sym.Eval(
		sym.Env{Values: map[*sym.Expr]*sym.Tensor{a.x: values}, Key: 1},
		a.y,
		slope,
	)
	if err != nil {
		t.Fatal(err)
	}
	for k := range got {
		for i, v := range got[k] {
			if math.Abs(float64(v)-out[k].Data[i]) > 1e-5 {
				t.Fatalf("output %d, element %d is %v, expected %v", k, i, v, out[k].Data[i])
			}
		}
	}
}

// TestAugmentCosts checks the multiply-adds: H+W for each number of an image, twice for its
// derivative; other kinds have none.
func TestAugmentCosts(t *testing.T) {
	for _, text := range every {
		a := augment(t, text, 2, 3, 28, 32)
		want := 2 * 3 * 28 * 32 * (28 + 32)
		if !strings.Contains(text, "shift") {
			want = 0
		}
		back := sym.Gradient(sym.Sum(sym.Square(a.y)), a.x)
		if got, both := sym.MACs(a.y), sym.MACs(append(back, a.y)...); got != want ||
			both != 2*want {
			t.Errorf(
				"%s: %d multiply-adds, %d with the derivative, expected %d",
				text,
				got,
				both,
				want,
			)
		}
	}
}

// TestAugmentForms checks that text forms parse back, and what is refused.
func TestAugmentForms(t *testing.T) {
	for text, want := range map[string]generative.Augment{
		"":                             {},
		"cutout":                       {Probability: 0.5, Cutout: true},
		" shift , brightness, p = 0.7": {Probability: 0.7, Shift: true, Brightness: true},
	} {
		if got, err := generative.ParseAugment(text); err != nil || got != want {
			t.Errorf("%q is %+v, %v, expected %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"shft":        `augmentation "shft": unknown kind "shft" (did you mean "shift"?), expected one of brightness`,
		"shift,":      `unknown kind ""`,
		"shift,q=1":   `unknown key "q", expected one of p`,
		"shift,p=0":   `p: found "0", expected more than 0 and at most 1`,
		"shift,p=-1":  "p is -1, expected more than 0 and at most 1",
		"shift,p=2":   "p is 2, expected more than 0 and at most 1",
		"shift,p=x":   `p: found "x", expected a finite number`,
		"p=0.5":       "p is 0.5, expected a kind with it: brightness, contrast, shift, cutout",
		"shift,shift": "shift stands twice", "shift,p=0.5,p=0.5": "p stands twice",
	} {
		_, err := generative.ParseAugment(text)
		if err == nil || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, expected %s", text, err, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
		a := generative.Augment{
			Brightness: flag("b"), Contrast: flag("c"), Shift: flag("s"), Cutout: flag("o"),
		}
		if !a.None() {
			a.Probability = 1 - rapid.Float64Range(0, 0.999).Draw(t, "p")
		}
		if again, err := generative.ParseAugment(a.String()); err != nil || again != a {
			t.Errorf("%q parses to %+v, %v", a, again, err)
		}
	})
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	points := g.Input("points", sym.Float, 4, 2)
	if e := (generative.Augment{}).Apply(c, points); e != points {
		t.Errorf("no augmentation changes %v", e)
	}
	for want, e := range map[string]*sym.Expr{
		"augmentation of [4, 2], expected images [B, C, H, W]": generative.Augment{Shift: true}.Apply(
			c, points,
		),
		"p is NaN, expected more than 0": generative.Augment{
			Shift: true, Probability: math.NaN(),
		}.Apply(c, points),
	} {
		if e.Err() == nil || !strings.Contains(e.Err().Error(), want) {
			t.Errorf("%v, expected %s", e.Err(), want)
		}
	}
}
