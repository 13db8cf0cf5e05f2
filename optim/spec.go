package optim

import (
	"strconv"

	"github.com/gradreg/gradreg/internal/spec"
)

// Spec is an optimizer as its text form names it: the text with the optimizer that it means.
// [ParseSpec] makes it where a text enters a program. It is written, also in YAML and JSON, as its
// text, and compared by its text. The zero value names no optimizer.
type Spec struct {
	spec.Form[Optimizer, parser]
}

// parser is [Parse].
type parser struct{}

func (parser) Parse(text string) (Optimizer, error) { return Parse(text) }

// ParseSpec parses a text form. It takes any text; [Spec.Optimizer] returns the error of one that
// [Parse] refuses.
func ParseSpec(text string) Spec { return Spec{spec.FormOf[Optimizer, parser](text)} }

// SpecOf returns the form of an optimizer, which may be one's own.
func SpecOf(o Optimizer) Spec { return Spec{spec.Holding[Optimizer, parser](o.String(), o)} }

// Optimizer returns the optimizer that the text means, or the error of Parse.
func (s Spec) Optimizer() (Optimizer, error) { return s.Value() }

// ScheduleSpec is to a [Schedule] what [Spec] is to an optimizer.
type ScheduleSpec struct {
	spec.Form[Schedule, scheduleParser]
}

// scheduleParser is [ParseSchedule].
type scheduleParser struct{}

func (scheduleParser) Parse(text string) (Schedule, error) { return ParseSchedule(text) }

// ParseScheduleSpec parses a text form. It takes any text; [ScheduleSpec.Schedule] returns the error
// of one that [ParseSchedule] refuses.
func ParseScheduleSpec(text string) ScheduleSpec {
	return ScheduleSpec{spec.FormOf[Schedule, scheduleParser](text)}
}

// ScheduleSpecOf returns the form of a schedule.
func ScheduleSpecOf(s Schedule) ScheduleSpec {
	return ScheduleSpec{spec.Holding[Schedule, scheduleParser](s.String(), s)}
}

// Schedule returns the schedule that the text means, or the error of ParseSchedule.
func (s ScheduleSpec) Schedule() (Schedule, error) { return s.Value() }

// Warmup returns the warm-up in steps; ok is false if the text names none.
func (s ScheduleSpec) Warmup() (steps int, ok bool) {
	schedule, err := s.Schedule()
	return schedule.Warmup, err == nil && s.Parts().Has("warmup")
}

// WithWarmup returns a form with another warm-up in the place of the one that it names.
func (s ScheduleSpec) WithWarmup(steps int) ScheduleSpec {
	return ParseScheduleSpec(s.Parts().With("warmup", strconv.Itoa(steps)).String())
}
