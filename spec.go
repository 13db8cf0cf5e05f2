package gradreg

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gradreg/gradreg/internal/spec"
)

// Spec is a regularizer as its text form names it: the text with the regularizer that it means.
// [ParseSpec] makes it where a text enters a program. Its λ may be one to be found ([Auto]). It is
// written, also in YAML and JSON, as its text, and compared by its text. The zero value names no
// regularizer.
type Spec struct {
	spec.Form[Regularizer, parser]
}

// parser is [Parse].
type parser struct{}

func (parser) Parse(text string) (Regularizer, error) { return Parse(text) }

// ParseSpec parses a text form. It takes any text; [Spec.Regularizer] returns the error of one that
// [Parse] refuses.
func ParseSpec(text string) Spec { return Spec{spec.FormOf[Regularizer, parser](text)} }

// Specs is ParseSpec of several texts.
func Specs(texts ...string) []Spec {
	list := make([]Spec, len(texts))
	for i, text := range texts {
		list[i] = ParseSpec(text)
	}
	return list
}

// SpecOf returns the form of a regularizer, which may be one's own.
func SpecOf(r Regularizer) Spec { return Spec{spec.Holding[Regularizer, parser](r.String(), r)} }

// Texts returns the texts of several forms.
func Texts(specs []Spec) []string {
	texts := make([]string, len(specs))
	for i, s := range specs {
		texts[i] = s.String()
	}
	return texts
}

// Regularizer returns the regularizer that the text means, or the error of Parse.
func (s Spec) Regularizer() (Regularizer, error) { return s.Value() }

// Name returns the name in the text, valid or not.
func (s Spec) Name() string { return s.Parts().Name }

// InFull returns the text as runs record it, with every option that is not the default. A text that
// Parse refuses, such as that of a regularizer of one's own, stays as it is.
func (s Spec) InFull() string {
	if r, err := s.Regularizer(); err == nil {
		return r.String()
	}
	return s.String()
}

// Open reports whether λ is to be found.
func (s Spec) Open() bool { return s.Parts().Value == Auto }

// Clears reports whether the text is [None], which clears the regularizers before it.
func (s Spec) Clears() bool { return strings.TrimSpace(s.String()) == None }

// WithLambda returns a form with another λ and the options as they are written.
func (s Spec) WithLambda(lambda float64) Spec {
	return ParseSpec(spec.WithValue(s.String(), spec.Format(lambda)))
}

// WithOpen returns a form whose λ is to be found, with the options as they are written.
func (s Spec) WithOpen() Spec { return ParseSpec(spec.WithValue(s.String(), Auto)) }

// warmup is the option of [Schedule].Warmup.
const warmup = "warmup"

// Warmup returns the steps over which the weight rises to λ, also to one that is to be found; ok is
// false if the text names none.
func (s Spec) Warmup() (steps int, ok bool) {
	if s.Open() {
		s = s.WithLambda(0)
	}
	r, err := s.Regularizer()
	if err != nil || !s.Parts().Has(warmup) {
		return 0, false
	}
	return ScheduleOf(r).Warmup, true
}

// WithWarmup returns a form with another warm-up in the place of the one that it names.
func (s Spec) WithWarmup(steps int) Spec {
	return ParseSpec(s.Parts().With(warmup, strconv.Itoa(steps)).String())
}

// Interval returns where the λ of a search lies: that of the regularizer's kind ([Info].Lambda), of
// which one that is taken at every k-th step has the k-th part. It is the zero value for a name that
// no regularizer has.
func (s Spec) Interval() Interval {
	for _, info := range Regularizers() {
		if info.Name != s.Name() {
			continue
		}
		i := info.Lambda
		if r, err := s.WithLambda(0).Regularizer(); err == nil {
			i.Most /= float64(max(ScheduleOf(r).Every, 1))
		}
		return i
	}
	return Interval{}
}

// RegularizersOf returns the regularizers that forms mean. A name that stands twice is an error,
// also with other options, since metrics, figures and what replaces what on a command line go by
// names; a place of a critic's training counts as a part of the name ([Label]). So is any text that
// Parse refuses.
func RegularizersOf(specs []Spec) ([]Regularizer, error) {
	var regs []Regularizer
	for _, s := range specs {
		if s.Clears() {
			regs = nil
			continue
		}
		r, err := s.Regularizer()
		if err != nil {
			return nil, err
		}
		for _, old := range regs {
			if Label(old) == Label(r) {
				return nil, fmt.Errorf(
					"regularizer %q: %s stands twice, expected each name once, whatever its options",
					s, Label(r),
				)
			}
		}
		regs = append(regs, r)
	}
	return regs, nil
}
