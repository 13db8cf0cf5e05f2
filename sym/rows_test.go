package sym

import (
	"math"
	"slices"
	"testing"
)

// coupling are the operations whose result has no row for each sample of an argument.
var coupling = []Op{OpConvWeightGradient, OpDepthwiseConvWeightGradient}

// TestRows checks every operation on repeated and on the first rows of a batch: its value and its
// gradient are those of each sample alone.
func TestRows(t *testing.T) {
	for op, generate := range generators() {
		t.Run(op.String(), func(t *testing.T) {
			checked := 0
			for seed := range uint64(300) {
				d := newDraw(seed)
				e := generate(d)
				for _, x := range slices.Clone(d.wrt) {
					if len(x.shape) == 0 || len(e.shape) == 0 || x.shape[0] != e.shape[0] {
						continue
					}
					for _, r := range []Rows{RepeatedRows(x.shape[0], 3), FirstRows((x.shape[0] + 1) / 2)} {
						if checkRows(t, d, r, e, x) {
							checked++
						}
					}
				}
				if t.Failed() {
					t.Fatalf("seed %d: %v", seed, Format(e))
				}
			}
			if couples := slices.Contains(coupling, op); couples != (checked == 0) {
				t.Errorf("%d times the samples were apart", checked)
			}
		})
	}
}

// checkRows compares e and its gradient on the rows of x with the samples' own. It returns false where
// e couples samples.
func checkRows(t *testing.T, d *draw, r Rows, e, x *Expr) bool {
	t.Helper()
	again, ok := r.Apply(e, x, r.Of(x))
	c := d.float(-1, 1, r.shape(e)...)
	d.wrt = d.wrt[:len(d.wrt)-1]
	g, differentiable := r.VJP(e, x, c)
	if !ok || !differentiable {
		if ok && !differentiable || differentiable && !ok && slices.Contains(Topological(e), x) {
			t.Errorf("applies: %v, differentiates: %v", ok, differentiable)
		}
		return false
	}
	// All samples' gradients for the cotangents of the rows that stand for them, one at a time.
	times := max(r.Count/x.shape[0], 1)
	want := []*Expr{r.Of(e)}
	for k := range times {
		at := c
		if times > 1 {
			parts := append([]int{x.shape[0], times}, e.shape[1:]...)
			at = Reshape(SliceAxis(Reshape(c, parts...), 1, k, k+1), e.shape...)
		} else if rest := x.shape[0] - r.Count; rest > 0 {
			zero := slices.Repeat([]int{0}, len(e.shape))
			high := slices.Clone(zero)
			high[0] = rest
			at = Pad(c, zero, high, zero)
		}
		want = append(want, VJP(e, at, x)[0])
	}
	values, err := Eval(Env{Values: d.values}, append([]*Expr{again, g}, want...)...)
	if err != nil {
		t.Error(err)
		return true
	}
	if !near(values[0].Data, values[2].Data) {
		t.Errorf("rows are %v, expected %v", values[0].Data, values[2].Data)
	}
	row := x.shape[1:].Size()
	var gradient []float64
	for i := range r.Count {
		from := values[3+i%times].Data
		gradient = append(gradient, from[i/times*row:(i/times+1)*row]...)
	}
	if !near(values[1].Data, gradient) {
		t.Errorf("gradients are %v, expected %v", values[1].Data, gradient)
	}
	return true
}

// TestAllRows checks that a gradient on all rows, each once, is that of the samples. What an
// operation's arguments are computed from must not be counted twice: both of a leaky ReLU are.
func TestAllRows(t *testing.T) {
	d := newDraw(4)
	x, w := d.float(-1, 1, 3, 4), d.float(-1, 1, 4, 4)
	y := LeakyReLU(MatMul(LeakyReLU(MatMul(Square(x), w), 0.2), w), 0.3)
	c := d.float(-1, 1, 3, 4)
	want := VJP(y, c, x)[0]
	for name, r := range map[string]Rows{"first": FirstRows(3), "repeated": RepeatedRows(3, 1)} {
		g, ok := r.VJP(y, x, c)
		if !ok {
			t.Fatal("the samples are apart")
		}
		values, err := Eval(Env{Values: d.values}, g, want)
		if err != nil {
			t.Fatal(err)
		}
		if !near(values[0].Data, values[1].Data) {
			t.Errorf("%s: gradients are %v, expected %v", name, values[0].Data, values[1].Data)
		}
	}
}

// near compares numbers; NaN is near nothing.
func near(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= 1e-12*(1+math.Abs(y)) })
}

// TestMACs compares counts with what a product of ones adds up: one for each multiply-add.
func TestMACs(t *testing.T) {
	for op, generate := range generators() {
		if op.Family() != Product {
			continue
		}
		checked := 0
		for seed := range uint64(400) {
			d := newDraw(seed)
			e := generate(d)
			if a, ok := e.attr.(ConvAttr); ok && (a.PadBefore != [2]int{} || a.PadAfter != [2]int{}) {
				continue // ones that meet the padding are counted, too
			}
			for _, v := range d.values {
				for i := range v.Data {
					v.Data[i] = 1
				}
			}
			values, err := Eval(Env{Values: d.values}, e)
			if err != nil {
				t.Fatal(err)
			}
			sum := 0.0
			for _, v := range values[0].Data {
				sum += v
			}
			if float64(e.MACs()) != sum {
				t.Fatalf("%s: seed %d: %d multiply-adds, expected %v", Format(e), seed, e.MACs(), sum)
			}
			checked++
		}
		if checked < 5 {
			t.Errorf("%s: %d cases", op, checked)
		}
	}
	g := NewGraph()
	a, b := g.Input("a", Float, 2, 3), g.Input("b", Float, 3, 5)
	y := MatMul(a, b)
	if n := MACs(Exp(y), y, Sum(Square(y))); n != 30 {
		t.Errorf("a product that is used thrice has %d multiply-adds, expected 30", n)
	}
	if n := MACs(MatMul(a, a)); n != 0 {
		t.Errorf("an error has %d multiply-adds", n)
	}
}
