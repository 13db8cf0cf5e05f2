package gradreg_test

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	goldenfile "github.com/gradreg/gradreg/internal/golden"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// photo is a network for photos whose values torchvision or timm has computed.
type photo struct {
	text   string
	model  model.Backbone
	shape  []int
	weight float64 // λ of DataGrad
	image  string  // what the images are made from
}

// photos returns the networks of the golden file.
func photos(t *testing.T, f tensorfile.File) []photo {
	t.Helper()
	var out []photo
	for key, value := range f.Metadata {
		text, ok := strings.CutSuffix(key, "/shape")
		if !ok {
			continue
		}
		m, err := model.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		p := photo{text: text, model: m.(model.Backbone), shape: []int{2, 0, 0, 0}}
		p.image = f.Metadata[text+"/image"]
		_, err = fmt.Sscanf(value, "%dx%dx%d", &p.shape[1], &p.shape[2], &p.shape[3])
		if err != nil {
			t.Fatal(err)
		}
		if p.weight, err = strconv.ParseFloat(f.Metadata[text+"/weight"], 64); err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// madeUp returns the value of a tensor of the script, in PyTorch's shape.
func madeUp(name string, shape []int) []float64 {
	center, limit := 0.0, 0.25
	what := name[strings.LastIndex(name, ".")+1:]
	switch {
	case len(shape) > 1:
		gain := 6.0
		if strings.Contains(name, "layer") {
			gain = 3
		}
		limit = float64(float32(math.Sqrt(gain / float64(sym.Shape(shape[1:]).Size()))))
	case what == "weight":
		center = 1
	case what == "running_var":
		center, limit = 1, 0.5
	}
	values := goldenfile.Counted(name, sym.Shape(shape).Size())
	for i, v := range values {
		values[i] = float64(float32(center + limit*v))
	}
	return values
}

// transposed returns a matrix of the shape [in, out] as [out, in].
func transposed(values []float64, shape sym.Shape) []float64 {
	out := make([]float64, len(values))
	for i := range shape[0] {
		for j := range shape[1] {
			out[j*shape[0]+i] = values[i*shape[1]+j]
		}
	}
	return out
}

// giveMadeUp sets inputs and parameters to those of the script.
func (s *step) giveMadeUp(m model.Backbone, image string) (names []string) {
	set := func(e *sym.Expr, data []float64) {
		s.values[e] = &sym.Tensor{Shape: e.Shape(), Data: data}
	}
	for _, p := range s.problem.Params.All() {
		name, shape := m.TensorName(p.Name), p.Expr.Shape()
		names = append(names, name)
		if len(shape) == 2 {
			turned := sym.Shape{shape[1], shape[0]}
			set(p.Expr, transposed(madeUp(name, turned), turned))
			continue
		}
		set(p.Expr, madeUp(name, shape))
	}
	for _, e := range sym.Topological(s.total) {
		if e.Op() != sym.OpInput {
			continue
		}
		switch e.Attr().(sym.InputAttr).Name {
		case "x":
			set(e, goldenfile.Counted(image, e.Shape().Size()))
		case "y":
			set(e, []float64{0, 1})
		}
	}
	return names
}

// photoBound is the largest deviation of the engine's float32 from float64, relative to the largest
// of some numbers.
const photoBound = 5e-5

// batchBound is that of networks with the statistics of a batch: those of the last stage are of eight
// numbers, and each layer divides by its own.
const batchBound = 5e-4

// TestGoldenPhoto compares the networks for photos with torchvision's and timm's: with frozen batch
// norm loss, logits, DataGrad and the gradient of every parameter with the penalty; with batch norm
// in training loss and logits. The script has chosen images at which no unit is near a kink. Two of
// them have every operation of the others, which are left to GRADREG_TEST_LONG=1.
func TestGoldenPhoto(t *testing.T) {
	f := golden(t, "photo")
	all := photos(t, f)
	if len(all) != 9 {
		t.Errorf("the golden file has %d networks, want 9", len(all))
	}
	for _, p := range all {
		levels := engine.Levels()
		if !slices.Contains([]string{"resnet18", "efficientnet-lite0"}, p.text) {
			if os.Getenv("GRADREG_TEST_LONG") == "" {
				continue
			}
			levels = levels[len(levels)-1:]
		}
		t.Run(p.text, func(t *testing.T) {
			frozen, names := p.step("affine", gradreg.DataGrad{Weight: p.weight})
			tensors := strings.Fields(f.Metadata[p.text+"/tensors"])
			slices.Sort(tensors)
			slices.Sort(names)
			if !slices.Equal(names, tensors) {
				t.Fatalf("the tensors are %v, want %v", names, tensors)
			}
			training, _ := p.large().step("batch")
			for _, level := range levels {
				p.compareFrozen(t, f, frozen, level)
				got := training.run(t, level)
				photoCheck(t, f, p.text+"/batch/loss", got[0], batchBound)
				photoCheck(t, f, p.text+"/batch/logits", got[1], batchBound)
			}
		})
	}
}

// large returns the network with images for statistics of the batch.
func (p photo) large() photo {
	p.shape, p.image = []int{2, p.shape[1], 64, 64}, "x"
	return p
}

// step builds a training step of the network with a kind of norm.
func (p photo) step(norm string, regs ...gradreg.Regularizer) (s *step, names []string) {
	m := p.model.WithNorm(norm)
	forward := func(c *nn.Context, x *sym.Expr) *sym.Expr { return m.Logits(c, x, 5) }
	s = newStep(network{p.text, 5, forward}, p.shape, regs)
	return s, s.giveMadeUp(m, p.image)
}

// photoCheck compares numbers with golden ones.
func photoCheck(t *testing.T, f tensorfile.File, name string, got []float64, bound float64) {
	t.Helper()
	want := tensor(t, f, name).Data
	if d := distance(got, want); len(got) != len(want) || !(d <= bound) {
		t.Errorf("%s is %v, in the golden file %v: %.2g of the largest", name, got, want, d)
	}
}

// compareFrozen runs a step with frozen statistics and compares it.
func (p photo) compareFrozen(t *testing.T, f tensorfile.File, s *step, level string) {
	t.Helper()
	got, at := s.run(t, level), p.text+"/frozen/"
	photoCheck(t, f, at+"loss", got[0], photoBound)
	photoCheck(t, f, at+"logits", got[1], photoBound)
	photoCheck(t, f, at+"datagrad", got[2], photoBound)
	rows, stored := map[string][]float64{}, tensor(t, f, at+"regularized").Data
	for i, name := range strings.Fields(f.Metadata[p.text+"/names"]) {
		rows[name] = stored[3*i : 3*i+3]
	}
	params := s.problem.Params.Trainable()
	if len(rows) != len(params) {
		t.Fatalf("%d parameters, in the golden file %d", len(params), len(rows))
	}
	worst := 0.0
	for i, q := range params {
		name, gradient := p.model.TensorName(q.Name), got[3+i]
		if shape := q.Expr.Shape(); len(shape) == 2 {
			gradient = transposed(gradient, shape)
		}
		print := goldenfile.CountedFingerprint(name, gradient)
		d := distance(print, rows[name])
		worst = max(worst, d)
		if !(d <= photoBound) {
			t.Errorf("level %s: gradient of %s is %v, in the golden file %v: %.2g of the largest",
				level, q.Name, print, rows[name], d)
		}
	}
	t.Logf("level %s: gradients differ by %.2g of the largest number at most", level, worst)
}
