package gradreg_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// TestShorthands checks which regularizers the field's names are, that options beside a name replace
// those that it has, and that what is written parses back.
func TestShorthands(t *testing.T) {
	for text, want := range map[string]string{
		"r1:0.5":                           "frobreg:0.5,at=real",
		"r2:0.5":                           "frobreg:0.5,at=fake",
		"r1+r2:0.5":                        "frobreg:0.5,at=real+fake",
		"roth:0.05":                        "datagrad:0.05,at=real+fake",
		"wgan-gp:10":                       "frobreg:10,at=between,slope=two-sided,target=1",
		"wgan-lp:10":                       "frobreg:10,at=between,slope=excess,target=1",
		"dragan:10":                        "frobreg:10,at=around,slope=two-sided,target=1",
		"wgan-gp:10,target=0.5":            "frobreg:10,at=between,slope=two-sided,target=0.5",
		"wgan-gp:10,at=around":             "frobreg:10,at=around,slope=two-sided,target=1",
		"r1:1,every=16,warmup=5":           "frobreg:1,at=real,every=16,warmup=5",
		"r1:10,lambda-as=gamma":            "frobreg:10,at=real,lambda-as=gamma",
		"gradient-shrinking:1":             "gradient-shrinking:1",
		"gradient-shrinking:1,over=sample": "gradient-shrinking:1,over=sample",
	} {
		r := parsed(t, text)
		if r.String() != want {
			t.Errorf("%s is %s, expected %s", text, r, want)
		}
		if again := parsed(t, r.String()); again != r {
			t.Errorf("%s parses back to %v", r, again)
		}
	}
	for _, s := range gradreg.Shorthands() {
		if got := parsed(t, s.Name+":2").String(); got != s.Text("2") {
			t.Errorf("%s is %s, its text %s", s.Name, got, s.Text("2"))
		}
		for _, name := range gradreg.Names() {
			if name == s.Name {
				t.Errorf("%s is a regularizer, too", name)
			}
		}
	}
}

// TestPlaceTexts checks that every place is read and written and no other, and what may stand beside
// one.
func TestPlaceTexts(t *testing.T) {
	for _, p := range gradreg.CriticPlaces() {
		for _, name := range []string{
			"datagrad", "spectreg", "frobreg", "jacreg", "onehot", "random-onehot", "softmaxgrad", "topk", "hoffman",
			"finite-difference", "output-noise",
		} {
			text := name + ":1,at=" + p.Name
			r := parsed(t, text)
			if got := strings.Join(gradreg.PlacesOf(r), "+"); r.String() != text || got != p.Name {
				t.Errorf("%s is %s, at %s", text, r, got)
			}
			if got, want := gradreg.Label(r), name+"@"+p.Name; got != want {
				t.Errorf("%s has the label %s, expected %s", text, got, want)
			}
		}
	}
	if got := gradreg.Label(parsed(t, "frobreg:1,at=noise")); got != "frobreg" {
		t.Errorf("at=noise has the label %s: it is no place of a critic", got)
	}
	for text, want := range map[string]string{
		"frobreg:1,at=fake+real":             "unknown value of at \"fake+real\"",
		"frobreg:1,at=real+real":             "unknown value of at \"real+real\"",
		"frobreg:1,at=real+between":          "unknown value of at \"real+between\"",
		"frobreg:1,at=generated":             "unknown value of at \"generated\"",
		"r1:1,sigma=0.5":                     "at=real has no noise",
		"r1:-1":                              "λ is -1",
		"r1":                                 "λ",
		"r1:1,target=1":                      "slope",
		"wgan-gp:1,slope=squared":            "slope is \"squared\" with target 1",
		"wgan-gp:1,lambda-as=gamma":          "slope is \"two-sided\" with λ as γ",
		"datagrad:1,norm=l1,lambda-as=gamma": "norm is \"l1\" with λ as γ",
		"jacreg:1,lambda-as=gamma":           "unknown value of lambda-as \"gamma\"",
		"gradient-shrinking:1,over=batch":    "unknown value of over \"batch\"",
		"gradient-shrinking:1,at=real":       "at",
		"r1+r2+r3:1":                         "unknown regularizer",
	} {
		if _, err := gradreg.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, expected %q", text, err, want)
		}
	}
	// The place counts as a part of the name: R1 and R2 of different weights stand beside each other.
	if _, err := gradreg.ParseAll([]string{"r1:1", "r2:2", "wgan-gp:1", "frobreg:1"}); err != nil {
		t.Error(err)
	}
	if _, err := gradreg.ParseAll([]string{"r1:1", "frobreg:2,at=real,every=2"}); err == nil ||
		!strings.Contains(err.Error(), "frobreg@real stands twice") {
		t.Errorf("R1 twice: %v", err)
	}
}

// TestPlacesOfNoCritic checks that what is for a critic is refused, with the option, wherever there is
// none; and that what is at no place is not.
func TestPlacesOfNoCritic(t *testing.T) {
	for text, want := range map[string]string{
		"r1:0.5": "at=real is a place of the training of a critic", "wgan-gp:10": "at=between is a place",
		"roth:1": "at=real+fake is a place", "spectreg:1,at=fake": "at=fake is a place", "dragan:1": "at=around is a place",
		"hoffman:1,at=real": "at=real is a place", "gradient-shrinking:1": "the one score of a critic",
		"gradient-shrinking:1,over=sample": "the one score of a critic", "frobreg:1": "",
	} {
		r := parsed(t, text)
		s := newStep(network{text, 5, gradreg.Transform(familyNetwork, []gradreg.Regularizer{r})}, []int{3, 2, 8, 8}, []gradreg.Regularizer{r})
		err := s.total.Err()
		if refused := (*gradreg.OptionError)(nil); want != "" && !errors.As(err, &refused) || (want == "") != (err == nil) {
			t.Errorf("%s: %v", text, err)
		}
		if err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, expected %q", text, err, want)
		}
	}
	// A network of one output is not yet a critic.
	g := sym.NewGraph()
	x, y := g.Input("x", sym.Float, 4, 3), g.Input("y", sym.Float, 4, 1)
	p := gradreg.NewProblem(task.Regression{}, nn.NewContext(nn.NewParams(g), true, 0), x, y, func(c *nn.Context, x *sym.Expr) *sym.Expr {
		return nn.Dense{Out: 1}.Apply(c, x)
	})
	for _, text := range []string{"r1:1", "gradient-shrinking:1"} {
		total, _ := gradreg.Objective(p, []gradreg.Regularizer{parsed(t, text)})
		if total.Err() == nil {
			t.Errorf("%s on a network of one output is no error", text)
		}
	}
}
