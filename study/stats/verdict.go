package stats

// Verdict says where an own result lies beside a published one.
type Verdict string

// Verdicts.
const (
	Inside Verdict = "inside" // the published value lies in the own interval
	Above  Verdict = "above"  // the own interval lies above it
	Below  Verdict = "below"  // the own interval lies below it
)

// Judge compares the interval of an own mean with a published value. A published mean of n runs has an error of its own:
// where its standard deviation is known, compare with [JudgeMeans].
func Judge(own Interval, published float64) Verdict {
	switch {
	case published < own.Low:
		return Above
	case published > own.High:
		return Below
	}
	return Inside
}

// JudgeMeans compares an own mean with a published interval: inside if it lies in it.
func JudgeMeans(own float64, published Interval) Verdict {
	switch {
	case own > published.High:
		return Above
	case own < published.Low:
		return Below
	}
	return Inside
}
