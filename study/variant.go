package study

import (
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// Variant is what a command line changes of a study. The zero value changes nothing.
type Variant struct {
	Data         []string // in the place of the study's
	TrainSizes   []int    // likewise
	Paper, Quick bool
	Seeds        int
}

// Variant returns the study with what v changes.
func (s Spec) Variant(v Variant) (Spec, error) {
	if len(v.Data) > 0 {
		s = s.withData(v.Data)
	}
	if len(v.TrainSizes) > 0 {
		s.TrainSizes = v.TrainSizes
	}
	if v.Paper {
		s = s.PaperProtocol()
	}
	if v.Quick {
		var err error
		if s, err = s.Quick(); err != nil {
			return s, err
		}
	}
	if v.Seeds > 0 {
		s.Seeds = v.Seeds
	}
	return s, nil
}

// withData returns the study of other data. Published values are of the data that they were
// published for.
func (s Spec) withData(data []string) Spec {
	if !slices.Equal(data, s.Data) {
		s.Data, s.Published, s.Source = data, nil, ""
	}
	return s
}

// flags returns what a command line says to get the variant.
func (v Variant) flags() []string {
	var words []string
	for _, data := range v.Data {
		words = append(words, "--data", data)
	}
	if len(v.TrainSizes) > 0 {
		var sizes []string
		for _, n := range v.TrainSizes {
			sizes = append(sizes, strconv.Itoa(n))
		}
		words = append(words, "--train-sizes", strings.Join(sizes, ","))
	}
	if v.Paper {
		words = append(words, "--paper-protocol")
	}
	if v.Quick {
		words = append(words, "--quick")
	}
	if v.Seeds > 0 {
		words = append(words, "--seeds", strconv.Itoa(v.Seeds))
	}
	return words
}

// Command returns the words of the command that runs exactly this study: that of a built-in one if
// it is one or a variant of one, else that of the file that holds it.
func (s Spec) Command(file string) []string {
	fromFile := []string{"gradreg", "study", "run", file}
	name, quick := strings.CutSuffix(s.Name, "-quick")
	name, paper := strings.CutSuffix(name, "-paper")
	command := []string{"gradreg", "study", "run", name}
	if slices.Contains(published, name) {
		command = []string{"gradreg", "reproduce", name}
	}
	origin, _, err := Builtin(name)
	if err != nil || paper && command[1] != "reproduce" { // which alone has that flag
		return fromFile
	}
	v := Variant{Paper: paper, Quick: quick}
	if !slices.Equal(s.Data, origin.Data) {
		v.Data = s.Data
	}
	if !slices.Equal(s.TrainSizes, origin.TrainSizes) {
		if v.TrainSizes = s.TrainSizes; command[1] == "reproduce" { // which does not have that flag
			return fromFile
		}
	}
	variant, err := origin.Variant(v)
	if err == nil && variant.Seeds != s.Seeds {
		v.Seeds = s.Seeds
		variant, err = origin.Variant(v)
	}
	if err != nil || !s.equals(variant) || slices.ContainsFunc(v.Data, separated) {
		return fromFile
	}
	return append(command, v.flags()...)
}

// separated reports whether the flag --data would read a word as several.
func separated(word string) bool { return strings.ContainsAny(word, ",\"") }

// equals reports whether two studies are the same when they are written and read.
func (s Spec) equals(other Spec) bool {
	mine, err := s.canonical()
	if err != nil {
		return false
	}
	others, err := other.canonical()
	return err == nil && mine == others
}

// canonical returns the study's file as it becomes by being read and written.
func (s Spec) canonical() (string, error) {
	text, err := yaml.Marshal(s)
	if err != nil {
		return "", err
	}
	read, err := Read(text)
	if err != nil {
		return "", err
	}
	text, err = yaml.Marshal(read)
	return string(text), err
}
