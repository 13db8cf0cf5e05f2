package classify

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/internal/plural"
)

// description lists what tells a run from others: its data and their size, model, regularizers with
// λ, seed and steps.
func (c Config) description() []string {
	data := c.Data.Name()
	if c.Size > 0 {
		data += fmt.Sprintf(" %d×%d", c.Size, c.Size)
	}
	images := fmt.Sprintf("%d images", c.TrainSize)
	if c.Frozen() {
		return []string{data, images, "head on the features of " + c.Model.String(), fmt.Sprintf("seed %d", c.Seed)}
	}
	name := c.Model.String()
	if c.Finetunes() {
		name = "finetuned " + name
	}
	list := append([]string{data, images, name}, gradreg.Texts(c.Regularizers)...)
	if len(c.Regularizers) == 0 {
		list = append(list, "no regularizer")
	}
	list = append(list, fmt.Sprintf("seed %d", c.Seed), c.history())
	return list
}

// history says how many steps the run takes, and how it came to them.
func (c Config) history() string {
	steps := fmt.Sprintf("%d steps", c.end())
	if c.Epochs > 0 && len(c.Extended) == 0 {
		steps = plural.Of(c.Epochs, "epoch")
	}
	if c.end() < c.Steps {
		steps = fmt.Sprintf("finished early after step %d of %d", c.end(), c.Steps)
	}
	for _, e := range c.Extended {
		steps += ", " + e.String()
	}
	return steps
}

// titleWidth is about how many characters fit over a picture.
const titleWidth = 90

// wrapped joins a list by commas, in lines of at most so many characters where its items allow it.
func wrapped(list []string, width int) string {
	var b strings.Builder
	column := 0
	for i, item := range list {
		n := utf8.RuneCountInString(item)
		switch {
		case i == 0:
		case column+2+n > width:
			b.WriteString(",\n")
			column = 0
		default:
			b.WriteString(", ")
			column += 2
		}
		b.WriteString(item)
		column += n
	}
	return b.String()
}

// Title says in a picture what was trained, so that pictures of two runs are told apart: in lines
// of about 90 characters.
func (c Config) Title() string { return wrapped(c.description(), titleWidth) }
