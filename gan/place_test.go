package gan

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// sliced gives an expression's leaf of one sample the rows of another's.
func sliced(whole *sym.Tensor, b int) *sym.Tensor {
	size := len(whole.Data) / whole.Shape[0]
	shape := slices.Clone(whole.Shape)
	shape[0] = 1
	return &sym.Tensor{Shape: shape, Data: whole.Data[b*size : (b+1)*size]}
}

// TestPenaltyOfBatch checks that the norm of a slope is taken over all numbers of a sample, whatever the
// channels: the penalty of a batch is the mean of the penalties of its samples alone.
func TestPenaltyOfBatch(t *testing.T) {
	const batch = 5
	for _, channels := range []int{1, 3} {
		for _, text := range []string{"r1:1", "r2:1", "r1+r2:1", "roth:1", "wgan-gp:1", "wgan-lp:1,target=0.3", "frobreg:1,at=real,slope=linear"} {
			many := newCritic(t, "original", batch, channels, 6, 6)
			r := many.penalty(t, text)
			values := newEnv(r)
			whole, mean := values.scalar(t, r), 0.0
			for b := range batch {
				one := newCritic(t, "original", 1, channels, 6, 6)
				single := one.penalty(t, text)
				own := newEnv(single)
				for e := range own {
					for of, v := range values { // leaves of samples; α is the only random one
						if e.Op() == of.Op() && nameOf(e) == nameOf(of) && !strings.HasPrefix(nameOf(of), "param/") {
							own[e] = sliced(v, b)
						}
					}
				}
				mean += own.scalar(t, single) / batch
			}
			if !(whole > 1e-6 && math.Abs(whole-mean) <= 1e-13*whole) {
				t.Errorf("%d channels, %s: %v of the batch, %v the mean of its samples", channels, text, whole, mean)
			}
		}
	}
}

// nameOf returns the name of an input, "" of another leaf.
func nameOf(e *sym.Expr) string {
	if a, ok := e.Attr().(sym.InputAttr); ok {
		return a.Name
	}
	return ""
}

// TestBetween checks that points between lie on the line from a real sample to the generated one of
// its index, at one share for all numbers of a sample, which is uniform, another one for each sample
// and step.
func TestBetween(t *testing.T) {
	const batch, steps = 8, 250
	c := newCritic(t, "wasserstein", batch, 3, 6, 6)
	x := c.place(t, gradreg.PlaceBetween).Input
	values := env{}
	values.give(c.real.Input, "real", 2, 0)
	values.give(c.fake.Input, "fake", 2, 0)
	real, fake := values[c.real.Input].Data, values[c.fake.Input].Data
	var shares []float64
	for step := range uint64(steps) {
		out, err := sym.Eval(sym.Env{Values: values, Key: 5, Step: step}, x)
		if err != nil {
			t.Fatal(err)
		}
		size := len(real) / batch
		for b := range batch {
			alpha := (out[0].Data[b*size] - real[b*size]) / (fake[b*size] - real[b*size])
			for i := b * size; i < (b+1)*size; i++ {
				if want := real[i] + alpha*(fake[i]-real[i]); !(math.Abs(out[0].Data[i]-want) <= 1e-9) {
					t.Fatalf("step %d, sample %d: number %d is %v, expected %v on the line", step, b, i%size, out[0].Data[i], want)
				}
			}
			shares = append(shares, alpha)
		}
	}
	uniform(t, shares)
	slices.Sort(shares)
	if n := len(slices.Compact(shares)); n < batch*steps-5 {
		t.Errorf("%d different shares of %d", n, batch*steps)
	}
}

// uniform checks that numbers are from the uniform distribution on 0..1, by Kolmogorov's distance at a
// level of 0.1 %.
func uniform(t *testing.T, numbers []float64) {
	t.Helper()
	sorted := slices.Sorted(slices.Values(numbers))
	n, distance := float64(len(sorted)), 0.0
	for i, v := range sorted {
		distance = max(distance, math.Abs(v-float64(i)/n), math.Abs(v-float64(i+1)/n))
	}
	if bound := 1.95 / math.Sqrt(n); !(distance <= bound) || sorted[0] < 0 || sorted[len(sorted)-1] >= 1 {
		t.Errorf("%v numbers in %v … %v are %v from uniform, expected less than %v", n, sorted[0], sorted[len(sorted)-1], distance, bound)
	}
}

// TestAround checks that points around lie above the real samples by at most half a standard deviation of
// the batch, by a share of each sample times a uniform number of each pixel.
func TestAround(t *testing.T) {
	const batch, steps = 8, 50
	c := newCritic(t, "original", batch, 1, 6, 6)
	x := c.place(t, gradreg.PlaceAround).Input
	values := env{}
	values.give(c.real.Input, "real", 2, 1)
	real, mean, deviation := values[c.real.Input].Data, 0.0, 0.0
	for _, v := range real {
		mean += v / float64(len(real))
	}
	for _, v := range real {
		deviation += (v - mean) * (v - mean) / float64(len(real))
	}
	deviation = math.Sqrt(deviation)
	var largest []float64 // of each sample: nearly its share, with 36 pixels
	for step := range uint64(steps) {
		out, err := sym.Eval(sym.Env{Values: values, Key: 5, Step: step}, x)
		if err != nil {
			t.Fatal(err)
		}
		size := len(real) / batch
		for b := range batch {
			most, different := 0.0, map[float64]bool{}
			for i := b * size; i < (b+1)*size; i++ {
				u := (out[0].Data[i] - real[i]) / (deviation / 2)
				if !(u >= 0 && u <= 1) {
					t.Fatalf("step %d: %v half deviations off, expected 0 to 1", step, u)
				}
				most, different[u] = max(most, u), true
			}
			if len(different) < size/2 {
				t.Fatalf("%d different shifts of %d pixels", len(different), size)
			}
			largest = append(largest, most)
		}
	}
	sum := 0.0
	for _, v := range largest {
		sum += v / float64(len(largest))
	}
	if want := 0.5 * 36 / 37; math.Abs(sum-want) > 4*0.29/math.Sqrt(float64(len(largest))) {
		t.Errorf("the largest shift of a sample has the mean %v, expected about %v", sum, want)
	}
}

// TestConstantCritic checks that every penalty and its gradient are finite where the slope is 0
// everywhere, and that a division by the slope is, too.
func TestConstantCritic(t *testing.T) {
	texts := []string{"gradient-shrinking:1", "gradient-shrinking:1,over=max", "gradient-shrinking:1,over=sample", "frobreg:1,at=real,slope=linear", "datagrad:1,at=real+fake,norm=l1"}
	for _, s := range gradreg.Shorthands() {
		texts = append(texts, s.Name+":1")
	}
	for _, text := range texts {
		training := newTraining(t, goldenOptions(t, "original", text))
		for _, v := range training.values() {
			if v.name == "generator" && !strings.HasPrefix(text, "gradient-shrinking") {
				continue
			}
			roots := append([]*sym.Expr{v.expr}, sym.Gradient(v.expr, nn.Exprs(v.of)...)...)
			values := newEnv(roots...)
			for _, p := range training.Critic.Params.All() {
				values.give(p.Expr, p.Name, 0, 0)
			}
			for i, out := range values.eval(t, roots...) {
				for _, x := range out.Data {
					if math.IsNaN(x) || math.IsInf(x, 0) {
						t.Fatalf("%s, %s: root %d has %v", text, v.name, i, x)
					}
				}
			}
		}
	}
}

// TestPlaces checks that a place is the same problem each time, that its samples are those of its name,
// and what is refused.
func TestPlaces(t *testing.T) {
	c := newCritic(t, "original", 3, 1, 6, 6)
	for _, p := range []string{gradreg.PlaceReal, gradreg.PlaceFake, gradreg.PlaceBetween, gradreg.PlaceAround} {
		if first := c.place(t, p); c.place(t, p) != first {
			t.Errorf("%s is another problem each time: two penalties there would have other points", p)
		}
	}
	if c.place(t, gradreg.PlaceReal).Input != c.real.Input || c.place(t, gradreg.PlaceFake).Input != c.fake.Input {
		t.Error("the samples of a place are not its own")
	}
	if _, err := c.at("noise"); err == nil {
		t.Error("an unknown place is no error")
	}
	for text, want := range map[string]string{
		"datagrad:1,at=between": "a critic has no loss at samples between", "jacreg:1,at=real": "found one class",
		"onehot:1,at=fake": "probabilities", "label-smoothing:0.1": "probabilities", "confidence:1": "probabilities",
		"dropout:0.5": "the model has no dropout layer", "topk:1,k=2,at=real": "k is 2",
	} {
		_, err := NewTraining(goldenOptions(t, "original", text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "does not take") {
			t.Errorf("%s: %v, expected %q", text, err, want)
		}
	}
}

// batchNormed is a critic that couples samples, in a pair that does not say so.
type batchNormed struct{ smallPair }

func (batchNormed) Score(c *nn.Context, x *sym.Expr) *sym.Expr {
	return nn.Dense{Out: 1}.Apply(c, nn.Flatten(nn.BatchNorm{}.Apply(c, nn.Conv{Out: 4, Kernel: 3}.Apply(c, x))))
}

// coupled says it.
type coupled struct{ smallPair }

func (coupled) Couples() bool { return true }

// TestBatchNormRefused checks that a penalty on the slope of single samples is refused, with the reason
// and the way out, where the critic couples samples; and that nothing else is.
func TestBatchNormRefused(t *testing.T) {
	for _, pair := range []Pair{batchNormed{smallPair{2}}, coupled{smallPair{2}}} {
		for _, text := range []string{"r1:1", "wgan-gp:10", "roth:1", "dragan:1", "spectreg:1,at=fake", "gradient-shrinking:1", "frobreg:1"} {
			o := goldenOptions(t, "original", text)
			o.Pair = pair
			_, err := NewTraining(o)
			if err == nil || !strings.Contains(err.Error(), "the critic has batch norm") || !strings.Contains(err.Error(), "group norm") {
				t.Errorf("%T, %s: %v", pair, text, err)
			}
		}
		for _, text := range []string{"r1:0", "weight-decay:1", "input-noise:0.1"} {
			o := goldenOptions(t, "original", text)
			o.Pair = pair
			if _, err := NewTraining(o); err != nil {
				t.Errorf("%T, %s: %v", pair, text, err)
			}
		}
	}
}

// TestPenaltyBeforeAugmentation checks that a penalty is taken with respect to the sample before its
// augmentation: with T(x) = ½·x it is a quarter of the squared slope of the critic at T(x); and that both
// sides of both networks' losses are augmented.
func TestPenaltyBeforeAugmentation(t *testing.T) {
	o := goldenOptions(t, "original", "r1+r2:1")
	calls := 0
	o.Augment = func(_ *nn.Context, x *sym.Expr) *sym.Expr { calls++; return sym.Scale(x, 0.5) }
	training := newTraining(t, o)
	if calls < 4 {
		t.Errorf("%d samples were augmented, expected real and generated ones in the critic's step and in the generator's", calls)
	}
	c := newCritic(t, "original", 4, 2, 6, 6)
	for key, got := range map[string]*sym.Expr{"penalty": training.Critic.Terms[0].Value, "loss": training.Critic.Loss} {
		want, factor := c.penalty(t, "r1+r2:1"), 0.25
		if key == "loss" {
			want, factor = sym.Mean(sym.Add(c.real.Losses, c.fake.Losses)), 1
		}
		values := newEnv(want)
		for _, x := range []*sym.Expr{c.real.Input, c.fake.Input} {
			values.give(x, nameOf(x), 1, 0) // half of what the other has
		}
		if a, b := newEnv(got).scalar(t, got), factor*values.scalar(t, want); !(math.Abs(a-b) <= 1e-13*b) {
			t.Errorf("the %s is %v, expected %v", key, a, b)
		}
	}
	generator := newEnv(training.Generator.Loss)
	before := generator.scalar(t, training.Generator.Loss)
	o.Augment = nil
	plain := newTraining(t, o)
	if after := newEnv(plain.Generator.Loss).scalar(t, plain.Generator.Loss); after == before {
		t.Error("the generator's samples are not augmented")
	}
}
