package report_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/report"
)

// TestCurveTicks checks that steps are whole numbers and accuracies even percents.
func TestCurveTicks(t *testing.T) {
	c := report.Curve{Losses: []report.Series{{Name: "loss"}}, Axis: report.Axis{Label: "dev accuracy", Percent: true}, Score: report.Series{Name: "dev accuracy"}}
	for step := 1000.0; step <= 10000; step += 1000 {
		c.Losses[0].Add(step, 1/step)
		c.Score.Add(step, 0.963+step*1.5e-6)
	}
	path := filepath.Join(t.TempDir(), "curve.svg")
	if err := report.WriteCurve(path, c); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, m := range regexp.MustCompile(`>([0-9.]+)<`).FindAllStringSubmatch(string(data), -1) {
		labels = append(labels, m[1])
	}
	all := " " + strings.Join(labels, " ") + " "
	for _, want := range []string{" 2000 ", " 96.6 ", " 97.0 "} {
		if !strings.Contains(all, want) {
			t.Errorf("labels%s, expected%s", all, want)
		}
	}
	if strings.Contains(all, "2500.00") {
		t.Errorf("labels%s, expected whole steps", all)
	}
}
