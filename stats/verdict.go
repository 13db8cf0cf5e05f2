package stats

// Verdict says where an own result lies beside a published one.
type Verdict string

// Verdicts.
const (
	Inside Verdict = "inside" // the published value lies in the own interval
	Above  Verdict = "above"  // the own interval lies above it
	Below  Verdict = "below"  // the own interval lies below it
)

// Judge compares the interval of an own mean with a published value, whose own error is not known.
func Judge(own Interval, published float64) Verdict {
	switch {
	case published < own.Low:
		return Above
	case published > own.High:
		return Below
	}
	return Inside
}
