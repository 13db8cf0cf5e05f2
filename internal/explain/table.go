package explain

import (
	"fmt"

	"github.com/gradreg/gradreg/report"
)

// Table shows what each pass leaves.
func (d *Derivation) Table() report.Table {
	t := report.Table{
		Columns: []report.Column{
			{Head: "after pass"},
			{Head: "operations", Right: true, Fields: []string{"operation_count"}},
			{Head: "multiply-adds", Right: true, Fields: []string{"multiply_adds"}},
		},
	}
	row := func(name string, operations, macs int) {
		t.Rows = append(
			t.Rows,
			[]report.Cell{{Text: name}, number(operations, fmt.Sprint(operations)), number(macs, Short(macs))},
		)
	}
	for i, s := range d.Stages {
		name := s.Pass
		if i == 0 {
			name = "(derived)"
		}
		row(name, s.Operations, s.MultiplyAdds)
	}
	row("(kernel calls)", d.KernelCalls, d.MultiplyAdds)
	return t
}

func number(v int, text string) report.Cell {
	return report.Cell{Text: text, Values: []report.Number{report.Num(float64(v))}}
}
