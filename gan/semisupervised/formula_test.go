package semisupervised

import (
	"math"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/sym"
)

// TestLoss compares the critic's loss with its formula where all images have the same logits f, those
// of the last bias: −log softmax(f)_y of labelled images, and with others −log Z/(Z+1) of unlabelled
// and −log 1/(Z+1) of generated ones.
func TestLoss(t *testing.T) {
	d, err := dataset.Open(t.Context(), "mnist")
	if err != nil {
		t.Fatal(err)
	}
	for _, unsupervised := range []bool{false, true} {
		c := Default()
		c.Width, c.Batch, c.Unsupervised = 2, 3, unsupervised
		r := &run{Config: c, data: d, classes: 10}
		if err := r.divide(); err != nil {
			t.Fatal(err)
		}
		perClass := map[int32]int{}
		for _, k := range r.labelled.Index {
			perClass[r.labelled.Labels[k]]++
		}
		for class := range int32(10) {
			if perClass[class] != 10 {
				t.Errorf("%d labelled images of class %d, expected 10", perClass[class], class)
			}
		}
		if _, err := r.build(); err != nil {
			t.Fatal(err)
		}
		logits := []float64{1, -2, 0.5, 3, 0, -1, 2.5, 0.25, -0.75, 1.5}
		labels := []float64{3, 0, 9}
		values := map[*sym.Expr]*sym.Tensor{}
		for _, e := range sym.Topological(r.critic.Loss) {
			a, ok := e.Attr().(sym.InputAttr)
			if !ok {
				continue
			}
			v := sym.NewTensor(e.Shape()...)
			if strings.Contains(a.Name, "dense") && len(e.Shape()) == 1 {
				copy(v.Data, logits)
			}
			if e == r.labels {
				copy(v.Data, labels)
			}
			values[e] = v
		}
		out, err := sym.Eval(sym.Env{Values: values, Key: 1, Step: 1}, r.critic.Loss)
		if err != nil {
			t.Fatal(err)
		}
		z, want := 0.0, 0.0
		for _, f := range logits {
			z += math.Exp(f)
		}
		for _, y := range labels {
			want -= math.Log(math.Exp(logits[int(y)])/z) / float64(len(labels))
		}
		if unsupervised {
			want += -math.Log(z/(z+1)) - math.Log(1/(z+1))
		}
		if got := out[0].Data[0]; !(math.Abs(got-want) <= 1e-12*want) {
			t.Errorf("unsupervised %v: the loss is %v, expected %v", unsupervised, got, want)
		}
	}
}
