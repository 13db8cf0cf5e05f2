package study

import (
	"cmp"
	"encoding/csv"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/report"
)

// finishedReport returns the report of a study whose runs are made up, all of them.
func finishedReport(t *testing.T, s *Study) *Report {
	t.Helper()
	for results := (Results{}); ; {
		p, err := s.Progress(results)
		if err != nil {
			t.Fatal(err)
		}
		before := len(results)
		for _, r := range p.Runs() {
			results[r.Key] = madeUp(r)
		}
		if len(results) > before {
			continue
		}
		r, err := NewReport(s, results)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// written writes such a report and returns it with its files.
func written(t *testing.T, s *Study) (*Report, map[string]string) {
	t.Helper()
	r, dir := finishedReport(t, s), t.TempDir()
	if err := r.Write(dir, Origin{Command: "gradreg study run"}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return r, files
}

// TestQuickReport checks that nothing of a quick study's report looks like a result: every file
// says what it is, every table and figure by itself, and the protocol is that of the runs that were
// made. The full study's says nothing of it.
func TestQuickReport(t *testing.T) {
	full := read(t, example)
	full.About = "Which of them helps, with ten seeds?"
	full.Curves = 1000
	spec, err := full.Quick()
	if err != nil {
		t.Fatal(err)
	}
	for quick, s := range map[bool]*Study{true: {Spec: spec, Identity: full.Identity}, false: full} {
		r, files := written(t, s)
		for name, text := range files {
			says := strings.Contains(html.UnescapeString(text), strings.TrimSpace(report.QuickMark))
			switch filepath.Ext(name) {
			case ".txt", ".md", ".tex", ".html":
				banner := strings.ReplaceAll(r.Banner(), "%", `\%`)
				says = says && (quick == strings.Contains(html.UnescapeString(text), "QUICK LOOK, NO RESULT: 2 seeds") || banner == "")
			case ".csv":
				rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				says = rows[0][0] == "quick_look" && rows[1][0] == "true"
				for i, head := range rows[0] {
					if head == "" || strings.ContainsAny(head, " λ") || slices.Contains(rows[0][:i], head) {
						t.Errorf("%s has the heads %q", name, rows[0])
						break
					}
				}
			case ".json":
				says = strings.Contains(text, `"quick_look": true`)
			case ".yaml":
				says = strings.Contains(text, "quick: true")
			case ".png", ".jsonl":
				continue
			}
			if says != quick {
				t.Errorf("quick %t: %s says so: %t", quick, name, says)
			}
		}
		for _, table := range r.Tables() {
			if strings.HasPrefix(table.Caption, report.QuickMark) != quick {
				t.Errorf("quick %t: a table %q", quick, table.Caption)
			}
		}
		figures := r.Figures()
		for _, f := range figures {
			if strings.HasPrefix(f.Caption(), report.QuickMark) != quick {
				t.Errorf("quick %t: a figure %q", quick, f.Caption())
			}
		}
		if len(figures) < 6 {
			t.Errorf("%d figures", len(figures))
		}
		var out strings.Builder
		if err := r.Print(&out, "text"); err != nil || strings.HasPrefix(out.String(), "QUICK LOOK, NO RESULT") != quick {
			t.Errorf("quick %t: printed %.200q, %v", quick, out.String(), err)
		}
		protocol := map[bool][]string{
			true:  {"Protocol: 2 final runs of each cell, seeds 1 to 2; 500 steps; what is open chosen by 3 trials on dev images of 2 runs each"},
			false: {"Protocol: 3 final runs of each cell, seeds 1 to 3; 10000 steps; what is open chosen by 9 trials", "at 10 %, then 50 %, then 100 % of the steps, of which a round keeps the best 1/3."},
		}
		for _, name := range []string{"tables.md", "tables.txt", "tables.tex", "report.html"} {
			for _, text := range protocol[quick] {
				if !strings.Contains(html.UnescapeString(files[name]), text) {
					t.Errorf("quick %t: %s does not hold %q", quick, name, text)
				}
			}
			if quick != strings.Contains(html.UnescapeString(files[name]), "Of the full study: Which of them helps, with ten seeds?") {
				t.Errorf("quick %t: %s: the question is not told from the full study's", quick, name)
			}
		}
	}
}

// TestQuickMarkStays checks that a quick study is one when its file is read again, and that a name
// alone makes none.
func TestQuickMarkStays(t *testing.T) {
	s, _, err := Builtin("wd-table")
	if err != nil {
		t.Fatal(err)
	}
	quick, err := s.Quick()
	if err != nil {
		t.Fatal(err)
	}
	text, err := quick.canonical()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Read([]byte(text))
	if err != nil || !again.FirstLook {
		t.Errorf("read again it is quick: %t (%v)", again.FirstLook, err)
	}
	s.Name = "mine-quick"
	if r, err := NewReport(&Study{Spec: *s}, Results{}); err != nil || r.Banner() != "" {
		t.Errorf("a name alone makes the banner %q (%v)", r.Banner(), err)
	}
}

// TestTrainingsTable checks that a report names what each cell is: model, optimizer, batch, rates,
// normalization and every λ, also one that was not tuned, that is still open or that each run
// finds.
func TestTrainingsTable(t *testing.T) {
	table := func(r *Report) report.Table {
		tables := r.Tables()
		return tables[slices.IndexFunc(tables, func(t report.Table) bool { return t.Caption == "What each cell is" })]
	}
	row := func(t report.Table, cell string) map[string]string {
		texts := map[string]string{}
		for _, k := range t.Keys {
			texts[k.Name] = k.Value
		}
		for _, row := range t.Rows {
			if row[0].Text == cell {
				for i, c := range row {
					texts[cmp.Or(t.Columns[i].Name, t.Columns[i].Head)] = c.Text
				}
			}
		}
		return texts
	}
	for name, c := range map[string]struct {
		cell   string
		result func(Run) Result
		want   map[string]string
	}{
		"wd-table": {"mnist 2000, weight decay 5e-4, datagrad", madeUp, map[string]string{
			"penalties_with_lambda": "datagrad:50; weight-decay:0.0005", "model": "lenet:dropout=0.5,norm=none", "optimizer": "adam:beta1=0.9,beta2=0.999,epsilon=1e-08",
			"learning_rate": "0.001", "batch": "50", "steps": "10000", "image_normalization": normalizedByTraining, "tuned": "nothing",
		}},
		"cifar-2000": {"cifar10 2000, group norm, confidence", nil, map[string]string{
			"penalties_with_lambda": "confidence:open; weight-decay:open",
			"model":                 "resnet:depth=14,width=1,norm=group,groups=8",
			"augmentation":          "flip,shift:0.125", "batch": "64",
			"optimizer": "sgd:momentum=0.9,nesterov=true", "tuned": "lambda, wd",
		}},
		"fair-2000": {"mnist 2000, datagrad", nil, map[string]string{
			"penalties_with_lambda": "datagrad:open; weight-decay:open", "model": "open", "learning_rate": "open", "steps": "5000", "schedule": "piecewise", "tuned": "dropout, lambda, lr, wd",
		}},
		"lambda-auto": {"mnist 500, datagrad-auto", func(r Run) Result {
			result := madeUp(r)
			if r.Config.Seed < 3 {
				result.Note = map[uint64]string{1: "datagrad:12, chosen by 8 probes; input-noise:0.2, chosen by 3 probes", 2: "datagrad:0.5, chosen by 8 probes"}[r.Config.Seed]
			}
			return result
		}, map[string]string{"penalties_with_lambda": "datagrad:auto (0.5 … 12); weight-decay:0.0005", "tuned": "nothing"}},
	} {
		spec, _, err := Builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		s, results := &Study{Spec: *spec, Identity: Identity{Digests: map[string]string{}}}, Results{}
		p, err := s.Progress(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, run := range p.Runs() {
			if c.result != nil {
				results[run.Key] = c.result(run)
			}
		}
		r, err := NewReport(s, results)
		if err != nil {
			t.Fatal(err)
		}
		got := row(table(r), c.cell)
		for head, want := range c.want {
			if got[head] != want {
				t.Errorf("%s, %s: %s is %q, expected %q", name, c.cell, head, got[head], want)
			}
		}
	}
	r := finishedReport(t, read(t, example))
	for _, c := range r.Cells {
		got, rate := row(table(r), c.Cell.String()), strconv.FormatFloat(c.Values["lr"], 'g', -1, 64)
		if c.Method == "datagrad" && (got["tuned"] != "lambda, lr" || got["learning_rate"] != rate) {
			t.Errorf("%s: %v, chosen was %v", c.Cell, got, c.Values)
		}
	}
	paper, err := NewReport(&Study{Spec: r.spec.PaperProtocol()}, Results{})
	if err != nil {
		t.Fatal(err)
	}
	if got := row(table(paper), paper.Cells[0].Cell.String())["image_normalization"]; got != normalizedByPart {
		t.Errorf("of the paper's protocol: %q", got)
	}
}

// TestTableFiles checks that each CSV file holds one table, with as many fields in each row, and
// that no file of another report is left among them.
func TestTableFiles(t *testing.T) {
	r, dir := finishedReport(t, read(t, example)), t.TempDir()
	for name := range map[string]bool{"tables.csv": true, "table-99.csv": true, "table-of-mine.csv": true} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("a\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Write(dir, Origin{}); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil || len(paths) != len(r.Tables())+1 || !slices.Contains(paths, filepath.Join(dir, "table-of-mine.csv")) {
		t.Fatalf("%q for %d tables, %v", paths, len(r.Tables()), err)
	}
	for i, table := range r.Tables() {
		f, err := os.Open(filepath.Join(dir, "table-"+string(rune('1'+i))+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll() // an error if a row has another number of fields
		if err != nil || len(rows) != 1+len(table.Rows) {
			t.Errorf("%s: %d rows for %d, %v", table.Caption, len(rows), len(table.Rows), err)
		}
	}
}

// TestSharedRuns checks that a plan and a report say how many runs are those of others, so that
// their counts can be told from those of the runs that are trained.
func TestSharedRuns(t *testing.T) {
	s := read(t, strings.NewReplacer("{log: [0.5, 500]}", "[1, 5, 50]", "name: b\n    regularizers: [\"weight-decay:5e-4\"]", "name: b").Replace(example))
	plans, err := s.Plans()
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Progress(nil)
	if err != nil {
		t.Fatal(err)
	}
	places, shared := 0, 0
	for i, c := range p.Cells {
		for _, round := range c.Rounds {
			for _, trial := range round.Trials {
				places += len(trial.Runs)
			}
		}
		places += len(c.Final)
		shared += plans[i].Shared
		if other := plans[i].Setting == "b" && plans[i].Method == "given"; other && plans[i].Shared != s.Seeds {
			t.Errorf("%s: %d runs shared, expected %d: it is a cell of setting a", plans[i].Cell, plans[i].Shared, s.Seeds)
		}
	}
	if trained := len(p.Runs()); shared == 0 || places-shared != trained {
		t.Errorf("%d places, %d shared, %d to train", places, shared, trained)
	}

	few := read(t, strings.NewReplacer("{log: [1e-4, 1e-2]}", "[1e-4, 1e-3]").Replace(example))
	r, files := written(t, few)
	if r.Shared == 0 || r.Trained != len(r.finished) {
		t.Errorf("%d runs trained, %d shared", r.Trained, r.Shared)
	}
	for _, text := range []string{"9 (2 different)", "Trials with the same values are one run", r.sharing()} {
		if !strings.Contains(files["tables.md"], text) {
			t.Errorf("the tables do not say %q", text)
		}
	}
	if full := finishedReport(t, read(t, example)); full.Shared != 0 || full.sharing() != "" {
		t.Errorf("of other runs only: %q", full.sharing())
	}
}

// TestWarnings checks that a study warns of seeds too few for any p value to be small.
func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		seeds int
		want  string
	}{
		{1, "with 1 seed no p value of the sign-flip test is below 1, or 1 after Holm's correction over 2 comparisons; p ≤ 0.05 takes 7 seeds"},
		{5, "with 5 seeds no p value of the sign-flip test is below 0.0625, or 0.125 after Holm's"},
		{6, "with 6 seeds no p value of the sign-flip test is below 0.0312, or 0.0625 after Holm's"},
		{7, ""},
		{10, ""},
	} {
		s := read(t, example)
		s.Seeds = c.seeds
		got := strings.Join(s.Warnings(), "\n")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%d seeds: %q, expected %q", c.seeds, got, c.want)
		}
		s.Methods = s.Methods[:1]
		if got := s.Warnings(); len(got) > 0 {
			t.Errorf("%d seeds and nothing to compare: %q", c.seeds, got)
		}
	}
}

// TestQuickSteps checks that a quick study takes a twentieth of steps that are a parameter.
func TestQuickSteps(t *testing.T) {
	s, _, err := Builtin("photos-few")
	if err != nil {
		t.Fatal(err)
	}
	quick, err := s.Quick()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Cells() {
		_, full, err := s.first(c)
		if err != nil {
			t.Fatal(err)
		}
		_, short, err := quick.first(c)
		if err != nil {
			t.Fatal(err)
		}
		if want := max(1, full.Steps/quickShare); short.Steps != want {
			t.Errorf("%s: %d steps, expected %d", c, short.Steps, want)
		}
	}
	if again, _, _ := Builtin("photos-few"); len(s.Parameters) == 0 || again.Agrees(s) != nil {
		t.Error("the study itself was changed")
	}
}
