package gan

// memorizingLines is the number of lines of metrics over which memorizing is taken together: that of
// one batch varies by some tenths.
const memorizingLines = 20

// fewestLines is the least number of lines that memorizing is told from: fewer are a few batches, and
// in a run's first steps the critic tells little of anything.
const fewestLines = 10

// Alarm reports whether a run's metrics say that the critic knows its training samples by heart:
// [Memorizing] is half or more.
func Alarm(metrics []Metrics) bool {
	share, ok := Memorizing(metrics)
	return ok && share >= 0.5
}

// Memorizing returns what the lines of a run's metrics say together of how much better the critic
// knows training samples than held-out ones:
//
//	Σ (mean D(training) − mean D(held out)) / Σ (mean D(training) − mean D(generated))
//
// over the last 20 lines that say it, see [Metrics].Memorizing. It is false where fewer than ten do.
func Memorizing(metrics []Metrics) (share float64, ok bool) {
	excess, gap, lines := 0.0, 0.0, 0
	for i := len(metrics) - 1; i >= 0 && lines < memorizingLines; i-- {
		if m := metrics[i]; m.Memorizing != nil {
			excess += *m.Memorizing * m.Gap
			gap += m.Gap
			lines++
		}
	}
	if lines < fewestLines || !(gap > 0) {
		return 0, false
	}
	return excess / gap, true
}
