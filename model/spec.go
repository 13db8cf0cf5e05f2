package model

import "github.com/gradreg/gradreg/internal/spec"

// Spec is a model as its text form names it: the text with the model that it means. [ParseSpec]
// makes it where a text enters a program. It is written, also in YAML and JSON, as its text, and
// compared by its text. The zero value names no model.
type Spec struct{ spec.Form[Model, parser] }

// parser is [Parse].
type parser struct{}

func (parser) Parse(text string) (Model, error) { return Parse(text) }

// ParseSpec parses a text form. It takes any text; [Spec.Model] returns the error of one that
// [Parse] refuses.
func ParseSpec(text string) Spec { return Spec{spec.FormOf[Model, parser](text)} }

// SpecOf returns the form of a model, which may be one's own.
func SpecOf(m Model) Spec { return Spec{spec.Holding[Model, parser](m.String(), m)} }

// Model returns the model that the text means, or the error of Parse.
func (s Spec) Model() (Model, error) { return s.Value() }

// Name returns the name in the text, valid or not.
func (s Spec) Name() string { return s.Parts().Name }

// InFull returns the text as runs record it, with every option that is not the default. A text that
// Parse refuses, such as that of a model of one's own, stays as it is.
func (s Spec) InFull() string {
	if m, err := s.Model(); err == nil {
		return m.String()
	}
	return s.String()
}
