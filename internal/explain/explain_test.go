package explain_test

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/internal/explain"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
)

// small returns options of a network that can be read whole.
func small(t *testing.T, what explain.What, regs ...string) explain.Options {
	t.Helper()
	return options(t, "mlp:hidden=4", explain.Options{Batch: 2, Shape: [3]int{1, 1, 3}, Classes: 3, What: what}, regs...)
}

func options(t *testing.T, text string, o explain.Options, regs ...string) explain.Options {
	t.Helper()
	var err error
	if o.Model, err = model.Parse(text); err != nil {
		t.Fatal(err)
	}
	if o.Regularizers, err = gradreg.ParseAll(regs); err != nil {
		t.Fatal(err)
	}
	return o
}

func derive(t *testing.T, o explain.Options) *explain.Derivation {
	t.Helper()
	d, err := explain.Derive(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestPenalty counts DataGrad's program by hand: the products are x·W₁, h·W₂, and their two transposes in the backward
// pass, each of 2·3·4 multiply-adds; nothing but the penalty is returned.
func TestPenalty(t *testing.T) {
	d := derive(t, small(t, explain.Penalty, "datagrad:50"))
	for _, s := range d.Stages {
		if s.MultiplyAdds != 4*2*3*4 {
			t.Errorf("after %s: %d multiply-adds, want %d", s.Pass, s.MultiplyAdds, 4*2*3*4)
		}
		if n := strings.Count(s.Text(), " = matmul "); n != 4 {
			t.Errorf("after %s: %d products, want 4:\n%s", s.Pass, n, s.Text())
		}
	}
	if before, after := d.Before(), d.After(); before.Pass != "input" || after.Operations >= before.Operations {
		t.Errorf("%d operations after %s, %d after %s", before.Operations, before.Pass, after.Operations, after.Pass)
	}
	if d.KernelCalls == 0 || d.KernelCalls >= d.After().Operations {
		t.Errorf("%d kernel calls of %d operations:\n%s", d.KernelCalls, d.After().Operations, d.Program)
	}
}

// TestKernelsAgree checks that our count of multiply-adds is the one the kernels give, in a whole step of each kind of linear
// operation.
func TestKernelsAgree(t *testing.T) {
	for _, text := range []string{"lenet", "mlp:hidden=5x6"} {
		d := derive(t, options(t, text, explain.Options{Batch: 3, Shape: [3]int{1, 28, 28}, Classes: 10, What: explain.Step}, "datagrad:50"))
		if got, want := d.After().MultiplyAdds, d.MultiplyAdds; got != want {
			t.Errorf("%s: %d multiply-adds in the graph, %d in the kernels", text, got, want)
		}
	}
}

// TestEveryRegularizer derives and draws every one of the table.
func TestEveryRegularizer(t *testing.T) {
	for _, info := range gradreg.Regularizers() {
		if info.Critic || info.Finetuning { // there is no critic, and nothing pretrained, to derive it for
			continue
		}
		name, lambda := info.Name, ":0.1"
		for _, what := range []explain.What{explain.Penalty, explain.Gradient, explain.Step} {
			d := derive(t, small(t, what, name+lambda))
			if len(d.Stages) < 2 || d.Stages[len(d.Stages)-1].Text() == "" {
				t.Errorf("%s, %s: %d stages", name, what, len(d.Stages))
			}
		}
	}
}

// TestDOT checks that every operation and every argument is drawn once, constants within their uses.
func TestDOT(t *testing.T) {
	s := derive(t, small(t, explain.Step, "datagrad:50", "weight-decay:5e-4")).After()
	dot, arguments, nodes := s.DOT(), 0, 0
	constant, input := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(s.Text()) {
		fields := strings.Fields(line)
		switch {
		case fields[0] == "return":
		case fields[2] == "const":
			constant[fields[0]] = true
		case fields[2] == "input":
			input[fields[0]] = true
		default:
			nodes++
			for _, f := range fields[3:] {
				if strings.HasPrefix(f, "%") && !constant[f] {
					arguments++
				}
				if input[f] {
					nodes++ // one at each use
				}
			}
		}
	}
	if n := strings.Count(dot, " -> "); n != arguments {
		t.Errorf("%d lines between nodes, want %d", n, arguments)
	}
	if n := len(regexp.MustCompile(`(?m)^\tn\d+ \[`).FindAllString(dot, -1)); n != nodes {
		t.Errorf("%d nodes are drawn, want %d:\n%s\n%s", n, nodes, s.Text(), dot)
	}
	if strings.Contains(dot, `label="%"`) || !strings.Contains(dot, "dense1.weight") || !strings.Contains(dot, "multiply-adds") {
		t.Errorf("labels:\n%s", dot)
	}
}

// TestSVG lays a graph out and checks that the picture is well-formed and holds every node's label.
func TestSVG(t *testing.T) {
	stage := derive(t, small(t, explain.Penalty, "spectreg:0.03")).Before()
	svg := stage.SVG()
	if again := stage.SVG(); string(again) != string(svg) {
		t.Error("the same graph is drawn in another way")
	}
	text, d := "", xml.NewDecoder(strings.NewReader(string(svg)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := token.(xml.CharData); ok {
			text += string(c)
		}
	}
	for _, want := range []string{"dense1.weight", "normal", "matmul", "[2, 3]"} {
		if !strings.Contains(text, want) {
			t.Errorf("the picture does not say %q", want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for name, o := range map[string]explain.Options{
		"no regularizer": small(t, explain.Penalty),
		"part":           small(t, "penalti", "datagrad:1"),
		"images":         options(t, "lenet", explain.Options{Batch: 2, Shape: [3]int{1, 1, 3}, Classes: 3, What: explain.Step}),
		"batch":          options(t, "lenet", explain.Options{Shape: [3]int{1, 28, 28}, Classes: 3, What: explain.Step}),
		"classes":        options(t, "lenet", explain.Options{Batch: 1, Shape: [3]int{1, 28, 28}, Classes: 1, What: explain.Step}),
	} {
		if _, err := explain.Derive(o); !fault.IsInput(err) {
			t.Errorf("%s: error %v, expected one of the input", name, err)
		}
	}
}

func TestShort(t *testing.T) {
	for n, want := range map[int]string{0: "0", 9999: "9999", 10000: "10 k", 119_000_000: "119 M", 2_340_000_000: "2.34 G"} {
		if got := explain.Short(n); got != want {
			t.Errorf("Short(%d) is %q, want %q", n, got, want)
		}
	}
}
