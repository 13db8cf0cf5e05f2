package task

import (
	"fmt"
	"math"
)

// Quality is what people judge a task by, and how its values are read.
type Quality struct {
	Name     string // accuracy
	Higher   bool   // more is better
	Fraction bool   // values lie from 0 to 1 and are shown in percent; else in the unit of the targets
}

// Format writes a value for people: a fraction in percent to two places, as 10,000 samples tell
// it, another number to four digits.
func (q Quality) Format(v float64) string {
	if q.Fraction {
		return fmt.Sprintf("%.2f %%", 100*v)
	}
	return fmt.Sprintf("%.4g", v)
}

// Label returns the name with the unit of percent where values have it, as the head of a column
// whose cells [Quality.Bare] writes.
func (q Quality) Label() string {
	if q.Fraction {
		return q.Name + ", %"
	}
	return q.Name
}

// Bare is Format without the sign of percent.
func (q Quality) Bare(v float64) string {
	if q.Fraction {
		return fmt.Sprintf("%.2f", 100*v)
	}
	return q.Format(v)
}

// Compare returns a negative number if a is better than b, a positive one if it is worse, and 0 if
// they are equal: sorted by it, values stand from the best to the worst. What is not a number is
// worse than any number.
func (q Quality) Compare(a, b float64) int {
	switch {
	case a != a || b != b:
		return boolInt(a != a) - boolInt(b != b)
	case a == b:
		return 0
	case (a > b) == q.Higher:
		return -1
	}
	return 1
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// metrics returns what judges some samples by the quality.
func (q Quality) metrics(samples int, loss, value float64) Metrics {
	return Metrics{Samples: samples, Loss: loss, Quality: value, Name: q.Name, HigherQuality: q.Higher}
}

// Worst returns an infinite value that is worse than any that can be measured.
func (q Quality) Worst() float64 {
	if q.Higher {
		return math.Inf(-1)
	}
	return math.Inf(1)
}

// Quality returns the accuracy: the share of samples whose class is answered.
func (Classification) Quality() Quality {
	return Quality{Name: "accuracy", Higher: true, Fraction: true}
}

// Quality returns the label accuracy: the share of labels, over all samples, that are right.
func (MultiLabel) Quality() Quality {
	return Quality{Name: "label accuracy", Higher: true, Fraction: true}
}

// Quality returns the root mean squared error, in the unit of the numbers.
func (Regression) Quality() Quality { return Quality{Name: "root mean squared error"} }

// QualityNamed returns the quality of that name among those of the tasks.
func QualityNamed(name string) (q Quality, ok bool) {
	for _, t := range tasks {
		if t.Quality().Name == name {
			return t.Quality(), true
		}
	}
	return q, false
}
