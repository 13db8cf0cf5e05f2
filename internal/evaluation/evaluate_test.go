package evaluation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/evaluation"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/report"
)

// runs trains two short runs, one of them regularized.
func runs(t *testing.T) (plain, regularized string) {
	t.Helper()
	cfg := classify.Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.EvalEvery, cfg.Model = 200, 60, 20, 0, model.ParseSpec("mlp:hidden=32")
	dir := t.TempDir()
	for name, reg := range map[string][]string{"plain": {}, "datagrad": {"datagrad:50"}} {
		cfg.Regularizers = gradreg.Specs(reg...)
		if _, err := classify.Run(context.Background(), cfg, classify.Options{Dir: filepath.Join(dir, name)}); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "plain"), filepath.Join(dir, "datagrad")
}

// TestEvaluate examines two runs with everything, and checks what has to agree, the page and the files.
func TestEvaluate(t *testing.T) {
	plain, regularized := runs(t)
	var parts []string
	results, err := evaluation.Evaluate(context.Background(), []string{plain, regularized, plain}, evaluation.Options{
		Examination: assess.Examination{Slopes: true, Sigmas: []float64{0.3}, LInf: []float64{0.05, 0.1}, L2: []float64{0.5}, Steps: 4},
		Noise:       true, Attack: true, Images: 100, Pictures: true, Begun: func(p string) { parts = append(parts, p) },
	})
	if err != nil {
		t.Fatal(err)
	}
	a, b, again := results[0], results[1], results[2]
	if a.Paired != nil || b.Paired == nil || a.Method != "none" || b.Method != "datagrad" || len(parts) == 0 {
		t.Errorf("first %+v, second %+v", a.Method, b.Method)
	}
	if again.Paired.OnlyFirst+again.Paired.OnlySecond != 0 || again.Paired.P != 1 {
		t.Errorf("a run compared with itself: %+v", again.Paired)
	}
	if d := b.Logits.Score().Accuracy() - a.Logits.Score().Accuracy(); math.Abs(d-b.Paired.Difference()) > 1e-12 {
		t.Errorf("difference %v, expected %v", b.Paired.Difference(), d)
	}
	if p := b.Paired; !(p.PHolm >= p.P && p.PHolm <= min(1, 2*p.P)*(1+1e-12)) {
		t.Errorf("p %v, corrected %v", p.P, p.PHolm)
	}
	if got, want := assess.NewSpectrum(gradientNorms(b)).MeanSquare, assess.NewSpectrum(gradientNorms(a)).MeanSquare; got > want {
		t.Errorf("DataGrad makes the mean squared gradient %v, without it is %v", got, want)
	}
	if len(a.TestSlopes) != 100 || len(a.Curves) != 5 || len(a.Curves[2].Points) != 3 || len(a.Gradients) != 8 {
		t.Errorf("%d slopes, %d curves, %d gradients", len(a.TestSlopes), len(a.Curves), len(a.Gradients))
	}
	if _, err := json.Marshal(b.Record()); err != nil {
		t.Error(err)
	}
	checkPage(t, results)
	dir := t.TempDir()
	if err := evaluation.WritePictures(dir, results); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"robustness.svg", "slopes.svg", "gradients.png"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if list, _ := filepath.Glob(filepath.Join(dir, "*-worst.png")); len(list) != 2 { // the third has the first one's path
		t.Errorf("sheets %q", list)
	}
}

// gradientNorms returns ‖∂L/∂x‖ at the training images.
func gradientNorms(r evaluation.Result) []float64 {
	var out []float64
	for _, s := range r.TrainSlopes {
		out = append(out, s.Gradient)
	}
	return out
}

// checkPage looks for what the page has to show, and that it loads nothing.
func checkPage(t *testing.T, results []evaluation.Result) {
	t.Helper()
	p, err := evaluation.Page(results, "gradreg eval <a> & b")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := p.Render(&b); err != nil {
		t.Fatal(err)
	}
	html := b.String()
	for _, want := range []string{"McNemar", "Noise and attacks", "distance to boundary", "Input gradients", "gradreg eval &lt;a&gt; &amp; b", "data:image/png;base64,", "data:image/svg"} {
		if !strings.Contains(html, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	for _, no := range []string{"http://", "https://", "<script", "ZgotmplZ"} {
		if strings.Contains(html, no) {
			t.Errorf("%q is on the page", no)
		}
	}
	for _, table := range append(evaluation.Curves(results), evaluation.Scores(results), evaluation.Comparisons(results), evaluation.Slopes(results)) {
		for _, format := range report.Formats() {
			if err := table.Write(&b, format); err != nil {
				t.Errorf("%s as %s: %v", table.Caption, format, err)
			}
		}
	}
}

// TestRefused checks runs that cannot be compared, sizes out of order, and an end by the context.
func TestRefused(t *testing.T) {
	plain, _ := runs(t)
	paper := filepath.Join(t.TempDir(), "paper")
	cfg := classify.Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.EvalEvery, cfg.Model, cfg.PaperProtocol = 100, 2, 20, 0, model.ParseSpec("mlp:hidden=8"), true
	if _, err := classify.Run(context.Background(), cfg, classify.Options{Dir: paper}); err != nil {
		t.Fatal(err)
	}
	if _, err := evaluation.Evaluate(context.Background(), []string{plain, paper}, evaluation.Options{}); !fault.IsInput(err) || !strings.Contains(err.Error(), "other images") {
		t.Errorf("runs with other test images: %v", err)
	}
	o := evaluation.Options{Noise: true, Examination: assess.Examination{Sigmas: []float64{0.2, 0.1}}}
	if _, err := evaluation.Evaluate(context.Background(), []string{plain}, o); !fault.IsInput(err) {
		t.Errorf("amounts out of order: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := evaluation.Evaluate(ctx, []string{plain}, evaluation.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
}
