package gradreg

import "github.com/gradreg/gradreg/internal/spec"

// Shorthand is a name that the field has for a regularizer with certain options.
type Shorthand struct {
	Name        string
	Regularizer string   // its name
	Options     []string // keys and values in turn
	Source      string
}

// Shorthands returns the names of the penalties on critics, which [Parse] reads: r1:0.5 is
// frobreg:0.5,at=real. Options that a text gives replace those of the name.
func Shorthands() []Shorthand {
	return []Shorthand{
		{"r1", "frobreg", []string{"at", PlaceReal}, "Mescheder, Geiger and Nowozin 2018, equation 9; γ = 2λ"},
		{"r2", "frobreg", []string{"at", PlaceFake}, "Mescheder, Geiger and Nowozin 2018, equation 10; γ = 2λ"},
		{"r1+r2", "frobreg", []string{"at", realAndFake}, "Huang et al. 2024, R3GAN; γ = 2λ"},
		{"roth", "datagrad", []string{"at", realAndFake},
			"Roth et al. 2017, equation 21, of the logistic loss; γ = 2λ",
		},
		{
			"wgan-gp", "frobreg", []string{"at", PlaceBetween, "slope", "two-sided", "target", "1"},
			"Gulrajani et al. 2017, equation 3",
		},
		{
			"wgan-lp", "frobreg", []string{"at", PlaceBetween, "slope", "excess", "target", "1"},
			"Petzka, Fischer and Lukovnikov 2018, equation 8",
		},
		{
			"dragan", "frobreg", []string{"at", PlaceAround, "slope", "two-sided", "target", "1"},
			"Kodali et al. 2017",
		},
	}
}

// Text returns the text form that the shorthand stands for, with a λ.
func (s Shorthand) Text(lambda string) string {
	text := s.Regularizer + ":" + lambda
	for i := 0; i < len(s.Options); i += 2 {
		text += "," + s.Options[i] + "=" + s.Options[i+1]
	}
	return text
}

// shortNames lists the names of shorthands.
func shortNames() []string {
	var names []string
	for _, s := range Shorthands() {
		names = append(names, s.Name)
	}
	return names
}

// spelledOut returns the text form that a shorthand stands for; another one stays as it is.
func spelledOut(s spec.Spec) spec.Spec {
	for _, short := range Shorthands() {
		if short.Name != s.Name {
			continue
		}
		s.Name = short.Regularizer
		for i := 0; i < len(short.Options); i += 2 {
			if key := short.Options[i]; !s.Has(key) {
				s.Pairs = append(s.Pairs, spec.Pair{Key: key, Value: short.Options[i+1]})
			}
		}
	}
	return s
}
