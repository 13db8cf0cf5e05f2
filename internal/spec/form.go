package spec

// Parser reads text forms of one kind.
type Parser[T any] interface {
	Parse(text string) (T, error)
}

// Form is a text form with the value that it means, which is parsed when the form enters the
// program and not again. A text that cannot be parsed enters too: Value says what is wrong with it.
// A form is written, also in YAML and JSON, as its text. Forms are compared by String.
type Form[T any, P Parser[T]] struct {
	_      [0]func() // values need not be comparable
	text   string
	parts  Spec
	parsed bool // false of the zero value
	value  T
	err    error
}

// FormOf parses a text.
func FormOf[T any, P Parser[T]](text string) Form[T, P] {
	var parser P
	f := Form[T, P]{text: text, parts: partsOf(text), parsed: true}
	f.value, f.err = parser.Parse(text)
	return f
}

// Holding returns the form of a value with a text, which need not be one that the parser reads.
func Holding[T any, P Parser[T]](text string, value T) Form[T, P] {
	return Form[T, P]{text: text, parts: partsOf(text), parsed: true, value: value}
}

// partsOf returns the parts of a text, no options of one that cannot be split.
func partsOf(text string) Spec {
	parts, err := Parse(text)
	if err != nil {
		return Spec{Text: text, Name: NameOf(text)}
	}
	return parts
}

// Value returns what the text means, or what is wrong with the text.
func (f Form[T, P]) Value() (T, error) {
	if !f.parsed {
		f = FormOf[T, P](f.text)
	}
	return f.value, f.err
}

// String returns the text.
func (f Form[T, P]) String() string { return f.text }

// Parts returns the parts of the text: its name, valid or not, and, where it can be split, its value
// and options.
func (f Form[T, P]) Parts() Spec { return f.parts }

// MarshalText returns the text.
func (f Form[T, P]) MarshalText() ([]byte, error) { return []byte(f.text), nil }

// UnmarshalText takes a text.
func (f *Form[T, P]) UnmarshalText(text []byte) error {
	*f = FormOf[T, P](string(text))
	return nil
}

// MarshalYAML returns the text, to be written as other texts are.
func (f Form[T, P]) MarshalYAML() (any, error) { return f.text, nil }

// UnmarshalYAML takes the text from what reads it.
func (f *Form[T, P]) UnmarshalYAML(read func(any) error) error {
	var text string
	if err := read(&text); err != nil {
		return err
	}
	return f.UnmarshalText([]byte(text))
}
