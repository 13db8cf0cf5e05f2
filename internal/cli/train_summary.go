package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset/augment"
	"github.com/gradreg/gradreg/internal/evaluation"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/plural"
)

// printSummary prints what a run ended with.
func (a *app) printSummary(s classify.Summary) {
	w := a.out
	if s.TaskResult != nil {
		a.printTaskResult(s)
	} else {
		a.printTest(s)
	}
	if h := s.Head; h != nil {
		fmt.Fprintf(w, "head            %s\n", foreign.Line(h.String()))
		if h.Note != "" {
			fmt.Fprintf(w, "                %s\n", h.Note)
		}
	} else {
		fmt.Fprintf(w, "regularizers    %s\n", orNone(strings.Join(gradreg.Texts(s.Regularizers), "  ")))
	}
	if s.Note != "" {
		fmt.Fprintf(w, "                %s\n", s.Note)
	}
	fmt.Fprintf(w, "model           %s, %d parameters\n", s.Model, s.Parameters)
	data := s.Data
	if len(s.OwnFiles) > 0 {
		data += " (files of your own, not the published ones)"
	}
	fmt.Fprintf(w, "data            %s, %d training images, seed %d\n", foreign.Line(data), s.TrainSize, s.Seed)
	if s.Epochs > 0 {
		fmt.Fprintf(w, "epochs          %d, of %d steps in all\n", s.Epochs, max(s.Steps, s.PlannedSteps))
	}
	if s.Augment != augment.None {
		fmt.Fprintf(w, "augmentation    %s\n", s.Augment)
	}
	if s.Convolution != "" {
		fmt.Fprintf(w, "convolutions    %s\n", s.Convolution)
	}
	for _, line := range stepsOf(s) {
		fmt.Fprintf(w, "steps           %s\n", line)
	}
	took := time.Duration(s.Seconds * float64(time.Second)).Round(100 * time.Millisecond)
	if h := s.Head; h != nil {
		fmt.Fprintf(w, "time            %v (%s, %s), features of %s computed, of %d known\n",
			took, s.CPU, plural.Of(s.Threads, "thread"), plural.Of(h.Computed, "picture"), h.Cached)
		a.printNext(s.Dir)
		return
	}
	fmt.Fprintf(
		w, "time            %v, %.0f images/s (%s, %s), %.1f %% of it waiting for images\n",
		took, s.ImagesPerSecond, s.CPU, plural.Of(s.Threads, "thread"), 100*s.DataWaitFraction,
	)
	a.printNext(s.Dir)
}

// printNext prints where a run is, and what can be done with it.
func (a *app) printNext(dir string) {
	fmt.Fprintf(a.out, "run folder      %s\n\n", foreign.Line(dir))
	fmt.Fprintf(a.out, "Next: gradreg eval %s, gradreg predict --run %s IMAGE...\n", quoted(dir), quoted(dir))
}

// stepsOf says how a run came to its steps, where it is not by its plan.
func stepsOf(s classify.Summary) (lines []string) {
	switch {
	case s.Exhausted != "":
		lines = append(lines, fmt.Sprintf("%d of %d: %s", s.Steps, s.PlannedSteps, s.Exhausted))
	case s.PlannedSteps > s.Steps:
		lines = append(
			lines,
			fmt.Sprintf(
				"%d of %d: finished early; learning rate and λ were scheduled for all of them",
				s.Steps, s.PlannedSteps,
			),
		)
	}
	if s.BestStep > 0 && s.BestStep < s.Steps {
		lines = append(lines, fmt.Sprintf("the model is that of step %d: the loss on the dev images rose", s.BestStep))
	}
	for _, e := range s.Extended {
		lines = append(
			lines,
			fmt.Sprintf("%v: the bits are those of a run that was extended there, not of one planned for more", e),
		)
	}
	return lines
}

// printTest prints what the test images say of a classifier.
func (a *app) printTest(s classify.Summary) {
	w := a.out
	fmt.Fprintf(w, "\ntest accuracy   %.2f %%   (95 %% interval %.2f to %.2f; %s in %s)\n",
		100*s.TestAccuracy, 100*s.TestInterval[0], 100*s.TestInterval[1], plural.Of(
			s.TestErrorCount, "error",
		), plural.Of(s.TestImages, "image"))
	fmt.Fprintf(w, "test NLL        %.4f nats, calibration error %.2f points\n", s.TestNLL, 100*s.TestECE)
	if worst := evaluation.WorstClasses(s.Detail); worst != "" {
		fmt.Fprintf(w, "worst classes   %s\n", foreign.Line(worst))
	}
	if s.DevAccuracy != nil {
		fmt.Fprintf(w, "dev accuracy    %.2f %%\n", 100**s.DevAccuracy)
	}
}

// printTaskResult prints what the test images say of a model of another task.
func (a *app) printTaskResult(s classify.Summary) {
	value, of := s.Score()
	fmt.Fprintf(a.out, "\ntask            %s\ntest %s   %s (%s)\ntest loss       %.6g\n",
		s.Task, of.Name, of.Format(value), plural.Of(s.TestImages, "image"), s.Loss)
	if s.DevQuality != nil {
		fmt.Fprintf(a.out, "dev %s   %s\n", of.Name, of.Format(*s.DevQuality))
	}
}
