package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/internal/foreign"
)

// printGanSummary prints what a run of a generator ended with.
func (a *app) printGanSummary(s gan.Summary, dir string) {
	w, m := a.out, s.Last
	fmt.Fprintf(w, "\nD(real)−D(fake) %.4g; D(real) > D(fake) in %.0f %% of pairs\n", m.Gap, 100*m.Right)
	fmt.Fprintf(w, "slope           %.3g at real samples, %.3g at generated ones, %.3g between them\n",
		m.SlopeReal, m.SlopeFake, m.SlopeBetween)
	if metrics, err := gan.ReadMetrics(dir); err == nil {
		if share, ok := gan.Memorizing(metrics); ok {
			fmt.Fprintf(w, "memorizing      %.0f %%%s\n", max(0, 100*share), memorized(gan.Alarm(metrics)))
		}
	}
	fmt.Fprintf(w, "objective       %s, %s\n", s.Objective, orNone(strings.Join(s.Regularize, "  ")))
	fmt.Fprintf(w, "network         %s on %s, seed %d\n", s.Network, foreign.Line(s.Data), s.Seed)
	took := time.Duration(s.Seconds * float64(time.Second)).Round(100 * time.Millisecond)
	if s.Convolution != "" {
		fmt.Fprintf(w, "convolutions    %s\n", s.Convolution)
	}
	fmt.Fprintf(w, "time            %v for %d steps (%s)\n", took, s.Steps, s.Kernels)
	fmt.Fprintf(w, "samples         %s; how they grew: %s\n", foreign.Line(filepath.Join(dir, gan.SheetFile)),
		foreign.Line(filepath.Join(dir, gan.AnimationFile)))
	fmt.Fprintf(w, "run folder      %s\n\n", foreign.Line(dir))
	fmt.Fprintf(w, "Next: gradreg gan score %s, gradreg gan sample %s --out sheet.png\n", quoted(dir), quoted(dir))
}

// memorized says what helps where the metrics sound an alarm.
func memorized(alarm bool) string {
	if !alarm {
		return ""
	}
	return ": the critic knows its training images by heart; --augment, fewer steps or more images help"
}
