package study

import (
	"fmt"
	"strings"
)

// Unfinished says how many final runs of the study are not there, nothing if none is missing.
func (r *Report) Unfinished() string {
	if r.Missing == 0 {
		return ""
	}
	return fmt.Sprintf("Not finished: %d of the study's %d final runs are not there.", r.Missing, r.Seeds*len(r.Cells))
}

// gaps say what is missing in a table of some cells: runs that are to come, those that diverged,
// and cells that will have none.
func (r *Report) gaps(of func(Cell) bool) []string {
	var notes, fewer, hopeless []string
	for _, c := range r.Cells {
		if !of(c.Cell) {
			continue
		}
		if c.Hopeless {
			hopeless = append(hopeless, c.Method)
		}
		if c.missing(r.Seeds) > 0 {
			fewer = append(fewer, fmt.Sprintf("%s %d of %d", c.Method, len(c.Runs), r.Seeds))
		}
		if diverged := len(c.Runs) - len(c.ended()); diverged > 0 {
			notes = append(
				notes,
				fmt.Sprintf("%s: %d of %d runs diverged and are left out.", c.Method, diverged, len(c.Runs)),
			)
		}
	}
	if len(fewer) > 0 {
		notes = append(notes, fmt.Sprintf("%s Runs so far: %s.", r.Unfinished(), strings.Join(fewer, ", ")))
	}
	if len(hopeless) > 0 {
		notes = append(
			notes,
			fmt.Sprintf(
				"Every trial of tuning diverged, so that there is nothing to run: %s.",
				strings.Join(hopeless, ", "),
			),
		)
	}
	return notes
}

// fewerRuns says of which methods a mean is of fewer runs than the study has seeds, where no column
// has their number.
func (r *Report) fewerRuns() string {
	var list []string
	for _, m := range r.methods() {
		least, most := r.Seeds, 0
		for _, c := range r.Cells {
			if n := len(c.ended()); c.Method == m && n > 0 {
				least, most = min(least, n), max(most, n)
			}
		}
		switch {
		case least == r.Seeds:
		case least == most:
			list = append(list, fmt.Sprintf("%s (%d)", m, least))
		default:
			list = append(list, fmt.Sprintf("%s (%d to %d)", m, least, most))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("Means of fewer than %d runs: %s.", r.Seeds, strings.Join(list, ", "))
}
