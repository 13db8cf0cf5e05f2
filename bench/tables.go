package bench

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gradreg/gradreg/internal/plural"
)

// Markdown returns a text that documents quote of a measurement, by name:
//
//	conditions  where and how it was measured
//	opponents   a table: every cell beside its opponent
//	variants    a table: every cell in all variants of the peers
//	ratios      a table: how many times as fast as its opponent every cell is
//	penalties   a table: how many plain steps a step with a penalty takes, here and in its opponent
//	goals       a table: the ratios beside what was aimed at
//	verdict     a sentence: where the engine is faster and where it is slower
func (m Measurement) Markdown(name string) (string, error) {
	switch name {
	case "conditions":
		return m.conditions(), nil
	case "opponents":
		return m.opponents(), nil
	case "variants":
		return m.allVariants(), nil
	case "ratios":
		return m.ratios(), nil
	case "penalties":
		return m.penalties(), nil
	case "goals":
		return m.goals(), nil
	case "verdict":
		return m.verdict(), nil
	}
	return "", fmt.Errorf("a measurement has no text %q", name)
}

// whole writes a number from 0 up as 12,345.
func whole(x float64) string {
	digits := strconv.FormatInt(int64(math.Round(x)), 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func (m Measurement) conditions() string {
	versions := []string{m.Program.Go}
	for _, r := range m.Rows {
		name := map[string]string{"torch-eager": "PyTorch", "torch-compile": "PyTorch", "jax": "JAX"}[r.Engine]
		if text := strings.TrimSpace(name + " " + r.Version); name != "" && !slices.Contains(versions, text) {
			versions = append(versions, text)
		}
	}
	text := fmt.Sprintf("%s, %s; a register-only peak of %.0f GFLOP/s a core, %.0f GB/s from "+
		"memory. %s. Measured on %s",
		m.Machine, m.Level, m.Peak, m.Bandwidth, strings.Join(versions, ", "), m.Date)
	if m.Program.Commit != "" {
		text += " with commit " + m.Program.Commit[:min(7, len(m.Program.Commit))]
	}
	if m.Rounds > 0 {
		text += fmt.Sprintf(", %d rounds of at least %v s a run", m.Rounds, m.Least)
	}
	if m.Seconds > 0 {
		text += fmt.Sprintf(", %.0f minutes in all", m.Seconds/60)
	}
	return text + ".\n"
}

func (m Measurement) opponents() string {
	var b strings.Builder
	b.WriteString(
		"| workload | method | threads | GradReg, images/s (range) | of peak | MiB | best peer | " +
			"images/s (range) | MiB | ours ÷ it |\n",
	)
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	for _, c := range m.Cells() {
		fmt.Fprintf(
			&b, "| %s | %s | %d | %s | %.0f %% | %s |", c.Workload, c.Method, c.Threads,
			withRange(c.Ours), 100*c.Ours.PeakShare, mebibytes(c.Ours),
		)
		if o := c.Opponent(); o != nil {
			fmt.Fprintf(&b, " %s | %s | %s | %s |\n", o.Name(), withRange(*o), mebibytes(*o), bold(c.Ratio()))
		} else {
			b.WriteString("  |  |  |  |\n")
		}
	}
	return b.String()
}

// withRange writes a rate, and the range of its rounds if there were several.
func withRange(r Row) string {
	if r.Low == r.High {
		return whole(r.ImagesPerSecond)
	}
	return fmt.Sprintf("%s (%s – %s)", whole(r.ImagesPerSecond), whole(r.Low), whole(r.High))
}

func mebibytes(r Row) string { return whole(float64(r.Bytes) / (1 << 20)) }

// bold writes a ratio, in bold if the opponent is the faster one.
func bold(ratio float64) string {
	if ratio < 1 {
		return fmt.Sprintf("**%.2f**", ratio)
	}
	return fmt.Sprintf("%.2f", ratio)
}

// allVariants has a column for each variant: its rate, in bold where it is the best, in italics
// where it was too slow to be timed in all rounds, and "fails" where it does not run.
func (m Measurement) allVariants() string {
	var names []string
	for _, r := range m.Rows {
		if r.Engine != engineOurs && !slices.Contains(names, r.Name()) {
			names = append(names, r.Name())
		}
	}
	var b strings.Builder
	fmt.Fprintf(
		&b, "| workload | method | threads | GradReg | %s |\n|---|---|---|---|%s\n",
		strings.Join(names, " | "), strings.Repeat("---|", len(names)),
	)
	for _, c := range m.Cells() {
		fmt.Fprintf(&b, "| %s | %s | %d | %s |", c.Workload, c.Method, c.Threads, whole(c.Ours.ImagesPerSecond))
		for _, name := range names {
			text := ""
			if i := slices.IndexFunc(c.Peers, func(r Row) bool { return r.Name() == name }); i >= 0 {
				text = rateOf(c.Peers[i])
			}
			fmt.Fprintf(&b, " %s |", text)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func rateOf(r Row) string {
	switch {
	case r.Error != "":
		return "fails"
	case r.Best:
		return "**" + whole(r.ImagesPerSecond) + "**"
	case r.Rounds == 1:
		return "*" + whole(r.ImagesPerSecond) + "*"
	}
	return whole(r.ImagesPerSecond)
}

// threads lists the numbers of threads that were measured.
func (m Measurement) threads() []int {
	var threads []int
	for _, c := range m.Cells() {
		if !slices.Contains(threads, c.Threads) {
			threads = append(threads, c.Threads)
		}
	}
	return threads
}

// ratios has a row for each workload and method and two columns for each number of threads.
func (m Measurement) ratios() string {
	cells, threads := m.Cells(), m.threads()
	var rows [][2]string
	for _, c := range cells {
		if row := [2]string{c.Workload, c.Method}; !slices.Contains(rows, row) {
			rows = append(rows, row)
		}
	}
	var b strings.Builder
	b.WriteString("| workload | method |")
	for _, n := range threads {
		fmt.Fprintf(&b, " %d thread%s, images/s | best peer | ours ÷ it |", n, plural.S(n))
	}
	fmt.Fprintf(&b, "\n|---|---|%s\n", strings.Repeat("---:|---|---:|", len(threads)))
	for _, row := range rows {
		fmt.Fprintf(&b, "| %s | %s |", row[0], row[1])
		for _, n := range threads {
			text := "  |  |  |"
			for _, c := range cells {
				if o := c.Opponent(); c.Workload == row[0] && c.Method == row[1] && c.Threads == n && o != nil {
					text = fmt.Sprintf(
						" %s | %s %s | %s |", whole(c.Ours.ImagesPerSecond), o.Name(),
						whole(o.ImagesPerSecond), bold(c.Ratio()),
					)
				}
			}
			b.WriteString(text)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// penalties has a row for each workload and penalty. Each side is relative to its own plain step.
func (m Measurement) penalties() string {
	cells, threads := m.Cells(), m.threads()
	rows := map[[2]string]string{}
	var order [][2]string
	for _, n := range threads {
		for _, c := range cells {
			ours, opponent := m.PlainSteps(c)
			if c.Threads != n || c.Method == "plain" || ours == 0 {
				continue
			}
			row := [2]string{c.Workload, c.Method}
			if !slices.Contains(order, row) {
				order = append(order, row)
			}
			rows[row] += fmt.Sprintf(" %.2f |", ours)
			if opponent > 0 {
				rows[row] += fmt.Sprintf(" %.2f |", opponent)
			} else {
				rows[row] += "  |"
			}
		}
	}
	var b strings.Builder
	b.WriteString("| workload | method |")
	for _, n := range threads {
		fmt.Fprintf(&b, " plain steps, %d thread%s | of the best peer |", n, plural.S(n))
	}
	fmt.Fprintf(&b, "\n|---|---|%s\n", strings.Repeat("---:|---:|", len(threads)))
	for _, row := range order {
		fmt.Fprintf(&b, "| %s | %s |%s\n", row[0], row[1], rows[row])
	}
	return b.String()
}

func (m Measurement) verdict() string {
	var faster, slower []string
	least, most := 0.0, 0.0
	for _, c := range m.Cells() {
		ratio := c.Ratio()
		name := fmt.Sprintf("%s %s on %d thread%s (%.2f)", c.Workload, c.Method, c.Threads, plural.S(c.Threads), ratio)
		switch {
		case ratio == 0:
		case ratio < 1:
			slower = append(slower, name)
		default:
			if faster = append(faster, name); len(faster) == 1 {
				least = ratio
			}
			least, most = min(least, ratio), max(most, ratio)
		}
	}
	text := fmt.Sprintf("Of %d steps %d are faster here than in the best peer", len(faster)+len(slower), len(faster))
	if len(faster) > 0 {
		text += fmt.Sprintf(", by %.2f to %.2f times", least, most)
	}
	if len(slower) == 0 {
		text += "; none is slower.\n"
	} else {
		text += "; slower are " + strings.Join(slower, ", ") + ".\n"
	}
	if m.Note != "" {
		text += m.Note + "\n"
	}
	return text
}

// goals lists what was aimed at: how many times as fast as the best peer a plain step and one with
// a penalty, and how many plain steps one with DataGrad.
var goals = []struct {
	workload       string
	plain, penalty float64
	relative       float64 // 0: none
}{
	{"w1", 4, 5, 2.2}, {"w2", 2.5, 5, 2.2}, {"w2-256", 2.5, 5, 2.2}, {"w3", 2, 4, 2.2}, {"w4", 1.6, 2.2, 0},
	{"w5", 1.5, 3, 2.2},
}

func (m Measurement) goals() string {
	cells := m.Cells()
	// ratios joins those of a workload's plain steps, or of its others.
	ratios := func(workload string, plain bool, threads int) string {
		var list []string
		for _, c := range cells {
			if c.Workload == workload && c.Threads == threads && (c.Method == "plain") == plain && c.Opponent() != nil {
				list = append(list, fmt.Sprintf("%.2f", c.Ratio()))
			}
		}
		return strings.Join(list, " and ")
	}
	rate := func(workload, method string) float64 {
		for _, c := range cells {
			if c.Workload == workload && c.Threads == 1 && c.Method == method {
				return c.Ours.ImagesPerSecond
			}
		}
		return 0
	}
	var b strings.Builder
	b.WriteString(
		"| | goal, plain | 1 thread | 2 threads | goal, penalty | 1 thread | 2 threads | goal, " +
			"DataGrad ÷ plain | 1 thread |\n|---|---|---|---|---|---|---|---|---|\n",
	)
	for _, g := range goals {
		fmt.Fprintf(&b, "| %s | ≥ %v × | %s | %s | ≥ %v × | %s | %s |", g.workload,
			g.plain, ratios(g.workload, true, 1), ratios(g.workload, true, 2),
			g.penalty, ratios(g.workload, false, 1), ratios(g.workload, false, 2))
		cost := rate(g.workload, "plain") / rate(g.workload, "datagrad")
		if g.relative > 0 && cost > 0 && !math.IsInf(cost, 0) {
			fmt.Fprintf(&b, " ≤ %v | %.2f |\n", g.relative, cost)
		} else {
			b.WriteString("  |  |\n")
		}
	}
	return b.String()
}
