package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
)

// Divided is how the work of a workload's step divides among cores.
type Divided struct {
	Workload  string            `json:"workload"`
	Method    string            `json:"method"`
	Batch     int               `json:"batch"`
	Divisions []engine.Division `json:"divisions"` // one for each number of cores
}

// Divide counts how the workloads of opt divide among numbers of cores, which may be more than the
// machine has: nothing is run.
func Divide(ctx context.Context, opt Options, cores []int) ([]Divided, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	for _, n := range cores {
		if n < 1 || n > 4096 {
			return nil, fault.Inputf("found %d cores, expected 1 … 4096", n)
		}
	}
	on, err := opt.engine(1)
	if err != nil {
		return nil, err
	}
	var all []Divided
	for _, w := range Workloads() {
		if w.Name == "jacobian" || len(opt.Workloads) > 0 && !slices.Contains(opt.Workloads, w.Name) {
			continue
		}
		for _, method := range w.Methods() {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			s, err := w.newStep(method)
			if err != nil {
				return nil, err
			}
			d, err := on.(engine.Divider).Divide(s.program(), cores...)
			if err != nil {
				return nil, err
			}
			all = append(all, Divided{w.Name, method, w.Batch, d})
		}
	}
	return all, nil
}

// DivisionTable is the table that documents quote.
func DivisionTable(rows []Divided) string {
	var b strings.Builder
	for i, r := range rows {
		if i == 0 {
			b.WriteString("| workload | method | tasks | meetings | shared MB a step |")
			for _, d := range r.Divisions {
				fmt.Fprintf(&b, " %d cores |", d.Cores)
			}
			b.WriteString("\n|" + strings.Repeat("---|", 5+len(r.Divisions)) + "\n")
		}
		d := r.Divisions[0]
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %.1f |", r.Workload, r.Method, d.Tasks, d.Meetings, float64(d.Bytes)/1e6)
		for _, d := range r.Divisions {
			fmt.Fprintf(&b, " %.1f |", d.Speedup)
		}
		b.WriteString("\n")
	}
	return b.String()
}
