package bench

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/golden"
	"github.com/gradreg/gradreg/report"
)

// What stands below a comment such as <!-- performance.json opponents -->, up to the next empty
// line, is that text of the measurement docs/performance.json.
var quotedPerformance = regexp.MustCompile(`(<!-- (performance[a-z0-9-]*\.json) ([a-z]+) -->\n\n)((?:.+\n)+)`)

// TestQuotedPerformance compares what README.md and docs/performance.md say of speed with the
// stored measurements. After another measurement -update writes it anew.
func TestQuotedPerformance(t *testing.T) {
	quotes := map[string]int{"../README.md": 2, "../docs/performance.md": 7}
	for document, want := range quotes {
		data, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		text := quotedPerformance.ReplaceAllStringFunc(string(data), func(quote string) string {
			found++
			part := quotedPerformance.FindStringSubmatch(quote)
			m, err := ReadMeasurement(filepath.Join("..", "docs", part[2]))
			if err != nil {
				t.Fatal(err)
			}
			text, err := m.Markdown(part[3])
			if err != nil {
				t.Fatalf("%s: %v", document, err)
			}
			if text != part[4] && !golden.Updating() {
				t.Errorf("%s: %s of %s is now\n%s", document, part[3], part[2], text)
			}
			return part[1] + text
		})
		if found != want {
			t.Errorf("%s quotes %d texts, want %d", document, found, want)
		}
		if golden.Updating() {
			if err := os.WriteFile(document, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestQuotedPerformanceFigure compares docs/performance.svg with the stored measurement. -update draws
// it anew.
func TestQuotedPerformanceFigure(t *testing.T) {
	m, err := ReadMeasurement(filepath.Join("..", "docs", "performance.json"))
	if err != nil {
		t.Fatal(err)
	}
	svg, err := report.SVG(m.Figure())
	if err != nil {
		t.Fatal(err)
	}
	golden.Text(t, filepath.Join("..", "docs", "performance.svg"), string(svg))
}

// TestFigure checks what stands in the figure: of each cell the engine's share of the peak, the
// opponent's, and their ratio.
func TestFigure(t *testing.T) {
	m := measured()
	for i := range m.Rows {
		if m.Rows[i].Engine == engineOurs {
			m.Rows[i].PeakShare = 0.9
		}
	}
	alone := m.Rows[0]
	alone.Method, alone.Threads = "spectreg", 2
	m.Rows = append(m.Rows, alone)
	f := m.Figure()
	if len(f.Panels) != 2 || f.Panels[0].Title != "1 thread" || f.Panels[1].Title != "2 threads" {
		t.Fatalf("%+v", f.Panels)
	}
	for i, want := range []report.DotRow{
		{Name: "w3 plain", Values: []float64{0.9, 0.6}, Note: "1.5 ×"},
		{Name: "w3 datagrad", Values: []float64{0.9, 1.125}, Note: "0.8 ×"},
	} {
		got := f.Panels[0].Rows[i]
		if got.Name != want.Name || got.Note != want.Note || math.Abs(got.Values[0]-want.Values[0]) > 1e-12 ||
			math.Abs(got.Values[1]-want.Values[1]) > 1e-12 {
			t.Errorf("%+v, expected %+v", got, want)
		}
	}
	if r := f.Panels[1].Rows[0]; r.Note != "" || !math.IsNaN(r.Values[1]) {
		t.Errorf("without an opponent: %+v", r)
	}
	if _, err := report.SVG(f); err != nil {
		t.Error(err)
	}
}

// measured is two cells: in the first the best variant is not the first one, in the second it is
// faster than the engine.
func measured() Measurement {
	row := func(method, engine, format, setting string, rate float64) Row {
		return Row{Workload: "w3", Method: method, Threads: 1, Engine: engine, Format: format, Setting: setting, ImagesPerSecond: rate, Low: rate, High: rate, Rounds: 5}
	}
	slow, broken := row("plain", "jax", "nhwc", settingDefault, 1), row("plain", "torch-compile", "nchw", settingTuned, 9999)
	slow.Rounds, broken.Error = 1, "does not run"
	plain := []Row{row("plain", engineOurs, "", "", 1500), row("plain", "torch-eager", "nchw", settingDefault, 500),
		row("plain", "torch-eager", "channels_last", settingTuned, 1000), slow, broken}
	penalty := []Row{row("datagrad", engineOurs, "", "", 80), row("datagrad", "torch-eager", "nchw", settingDefault, 100)}
	markBest(plain)
	markBest(penalty)
	return Measurement{Rows: append(plain, penalty...)}
}

// TestBestOfVariants checks that the opponent of a cell is the fastest variant that runs, and that
// the texts name it.
func TestBestOfVariants(t *testing.T) {
	m := measured()
	cells := m.Cells()
	if len(cells) != 2 || cells[0].Ratio() != 1.5 || cells[1].Ratio() != 0.8 || cells[0].Opponent().Name() != "torch-eager channels_last tuned" {
		t.Fatalf("%+v", cells)
	}
	for name, want := range map[string]string{
		"opponents": "| w3 | plain | 1 | 1,500 | 0 % | 0 | torch-eager channels_last tuned | 1,000 | 0 | 1.50 |\n" +
			"| w3 | datagrad | 1 | 80 | 0 % | 0 | torch-eager nchw | 100 | 0 | **0.80** |\n",
		"variants":  "| w3 | plain | 1 | 1,500 | 500 | **1,000** | *1* | fails |\n| w3 | datagrad | 1 | 80 | **100** |  |  |  |\n",
		"ratios":    "| w3 | plain | 1,500 | torch-eager channels_last tuned 1,000 | 1.50 |\n",
		"penalties": "| w3 | datagrad | 18.75 | 10.00 |\n",
		"goals":     "| w3 | ≥ 2 × | 1.50 |  | ≥ 4 × | 0.80 |  | ≤ 2.2 | 18.75 |\n",
		"verdict":   "Of 2 steps 1 are faster here than in the best peer, by 1.50 to 1.50 times; slower are w3 datagrad on 1 thread (0.80).\n",
	} {
		text, err := m.Markdown(name)
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("%s: %v\n%s\nlacks\n%s", name, err, text, want)
		}
	}
	if _, err := m.Markdown("praise"); err == nil {
		t.Error("no error for an unknown text")
	}
	if got := whole(1234567) + " " + whole(999.6) + " " + whole(12); got != "1,234,567 1,000 12" {
		t.Error(got)
	}
}

// TestOlderMeasurement checks that a file of a time when a critic had one penalty is read.
func TestOlderMeasurement(t *testing.T) {
	file := filepath.Join(t.TempDir(), "old.json")
	text := `{"rows": [{"workload": "w4", "method": "penalty", "engine": "gradreg"}, {"workload": "w4", "method": "r1", "engine": "gradreg"}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := ReadMeasurement(file)
	if err != nil || len(m.Rows) != 2 || m.Rows[0].Method != "wgan-gp" || m.Rows[1].Method != "r1" {
		t.Errorf("%+v, %v", m.Rows, err)
	}
}
