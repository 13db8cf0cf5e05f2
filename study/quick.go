package study

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/plural"
	"github.com/gradreg/gradreg/report"
)

// Quick returns the study at a size for a first look: two seeds, a twentieth of the steps, a
// quarter of the trials. Its numbers say nothing about the question.
func (s Spec) Quick() (Spec, error) {
	s.Name += "-quick"
	s.FirstLook = true
	s.Seeds = min(s.Seeds, quickSeeds)
	s.Published, s.Source = nil, ""
	if s.Tuning != nil {
		t := *s.Tuning
		t.Trials = max(1, (t.Trials+3)/4)
		s.Tuning = &t
	}
	s.Curves = (s.Curves + quickShare - 1) / quickShare
	var err error
	counted := map[string]bool{} // the parameters that are numbers of steps
	shorten := func(over map[string]any, always bool) map[string]any {
		steps, given := over["steps"]
		if !given && !always {
			return over
		}
		n := float64(classify.Default().Steps)
		if given {
			if name := references(steps); len(name) == 1 && steps == "$"+name[0] {
				counted[name[0]] = true
				return over
			}
			var ok bool
			if n, ok = number(steps); !ok {
				err = fault.Inputf("steps is %v, expected a number or $name", steps)
			}
		}
		out := map[string]any{}
		maps.Copy(out, over)
		out["steps"] = int(max(1, n/quickShare))
		return out
	}
	s.Train = shorten(s.Train, true)
	s.Settings, s.Methods = slices.Clone(s.Settings), slices.Clone(s.Methods)
	for i := range s.Settings {
		s.Settings[i].Train = shorten(s.Settings[i].Train, false)
	}
	for i := range s.Methods {
		s.Methods[i].Train = shorten(s.Methods[i].Train, false)
	}
	s.Parameters = shortened(s.Parameters, counted)
	for i := range s.Settings {
		s.Settings[i].Parameters = shortened(s.Settings[i].Parameters, counted)
	}
	for i := range s.Methods {
		s.Methods[i].Parameters = shortened(s.Methods[i].Parameters, counted)
	}
	return s, err
}

// shortened returns parameters of which those that are numbers of steps are a twentieth.
func shortened(all map[string]Parameter, counted map[string]bool) map[string]Parameter {
	all = maps.Clone(all)
	for name, p := range all {
		if counted[name] {
			all[name] = p.mapped(func(steps float64) float64 { return math.Floor(max(1, steps/quickShare)) })
		}
	}
	return all
}

const (
	quickShare = 20
	quickSeeds = 2
)

// marked returns a title or caption as the report shows it.
func (r *Report) marked(title string) string {
	if r.FirstLook {
		return report.QuickMark + title
	}
	return title
}

// Banner says of a quick study that its numbers are no result, and what its runs were. It is empty
// for any other.
func (r *Report) Banner() string {
	if !r.FirstLook {
		return ""
	}
	text := fmt.Sprintf("QUICK LOOK, NO RESULT: %d seed%s in the place of the study's own", r.Seeds, plural.S(r.Seeds))
	if steps := r.steps(); steps != "" {
		text += fmt.Sprintf(", a twentieth of its steps (%s)", steps)
	}
	if r.Tuning != nil {
		text += fmt.Sprintf(", a quarter of its trials (%d)", r.Tuning.Trials)
	}
	return text + ". These numbers say nothing about the question."
}

// question returns what the study is about. What it says of seeds, steps and trials is true of the
// full study.
func (r *Report) question() string {
	if r.FirstLook && r.About != "" {
		return "Of the full study: " + r.About
	}
	return r.About
}

// protocol says how the runs of the report were made.
func (r *Report) protocol() string {
	finished := ""
	if r.Missing > 0 {
		finished = " when it is finished"
	}
	parts := []string{
		fmt.Sprintf(
			"%d final run%s of each cell%s, seed%s 1%s", r.Seeds, plural.S(r.Seeds), finished,
			plural.S(r.Seeds), upTo(r.Seeds),
		),
	}
	if steps := r.steps(); steps != "" {
		parts = append(parts, steps+" steps")
	}
	if t := r.Tuning; t != nil && slices.ContainsFunc(r.Cells, func(c CellReport) bool { return len(c.Tuned) > 0 }) {
		text := fmt.Sprintf("what is open chosen by %d trial%s on dev images", t.Trials, plural.S(t.Trials))
		if t.Seeds > 1 {
			text += fmt.Sprintf(" of %d runs each", t.Seeds)
		}
		var shares []string
		for _, share := range t.Rounds {
			shares = append(shares, fmt.Sprintf("%.4g %%", 100*share))
		}
		text += " at " + strings.Join(shares, ", then ") + " of the steps"
		if len(shares) > 1 {
			text += fmt.Sprintf(", of which a round keeps the best 1/%d", t.Keep)
		}
		parts = append(parts, text)
	}
	return "Protocol: " + strings.Join(parts, "; ") + "."
}

// upTo returns the end of a range that begins with 1.
func upTo(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf(" to %d", n)
}

// steps returns the number of steps of a final run, or the range of them.
func (r *Report) steps() string {
	least, most := 0, 0
	for _, c := range r.Cells {
		if n := c.Training.Steps; n > 0 {
			if least == 0 || n < least {
				least = n
			}
			most = max(most, n)
		}
	}
	switch {
	case most == 0:
		return ""
	case least == most:
		return fmt.Sprint(most)
	}
	return fmt.Sprintf("%d to %d", least, most)
}

// markTable marks a table, in CSV by a column.
func (r *Report) markTable(t report.Table) report.Table {
	if r.FirstLook {
		return t.Quick()
	}
	return t
}
