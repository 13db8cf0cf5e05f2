package study

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/dataset"
)

// Cell is a combination that has final runs of its own.
type Cell struct {
	Data      string `json:"data"`
	TrainSize int    `json:"train_size"`
	Setting   string `json:"setting,omitempty"`
	Method    string `json:"method"`
}

// String names the cell. A folder is named without the place where it is: elsewhere it is the same
// data.
func (c Cell) String() string {
	text := fmt.Sprintf("%s %d", filepath.Base(c.Data), c.TrainSize)
	if c.Setting != "" {
		text += ", " + c.Setting
	}
	return text + ", " + c.Method
}

// label names the cell in tables.
func (c Cell) label() string {
	if c.TrainSize > 0 {
		return c.String()
	}
	data := filepath.Base(c.Data)
	return data + " all" + strings.TrimPrefix(c.String(), data+" 0")
}

// Sources returns the study's data.
func (s *Spec) Sources() []dataset.Source {
	var list []dataset.Source
	for _, data := range s.Data {
		list = append(list, dataset.ParseSource(data))
	}
	return list
}

// Cells returns the cells of a study in the order of its report.
func (s *Spec) Cells() []Cell {
	var cells []Cell
	for _, data := range s.Data {
		for _, size := range s.TrainSizes {
			for _, t := range s.Settings {
				if len(t.Data) > 0 && !slices.Contains(t.Data, data) || len(t.TrainSizes) > 0 &&
					!slices.Contains(t.TrainSizes, size) {
					continue
				}
				for _, m := range s.Methods {
					if len(m.Settings) == 0 || slices.Contains(m.Settings, t.Name) {
						cells = append(cells, Cell{data, size, t.Name, m.Name})
					}
				}
			}
		}
	}
	return cells
}

// parts returns the setting and the method of a cell.
func (s *Spec) parts(c Cell) (Setting, Method) {
	t := s.Settings[slices.IndexFunc(s.Settings, func(t Setting) bool { return t.Name == c.Setting })]
	return t, s.Methods[slices.IndexFunc(s.Methods, func(m Method) bool { return m.Name == c.Method })]
}
