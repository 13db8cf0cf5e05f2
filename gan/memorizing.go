package gan

// memorizingLines is the number of lines of metrics over which memorizing is taken together: that of
// one batch varies by some tenths.
const memorizingLines = 20

// Memorizing returns what the lines of a run's metrics say together of how much better the critic
// knows training samples than held-out ones:
//
//	Σ (mean D(training) − mean D(held out)) / Σ (mean D(training) − mean D(generated))
//
// over the last 20 lines that say it, see [Metrics].Memorizing. It is false where none does.
func Memorizing(metrics []Metrics) (share float64, ok bool) {
	excess, gap, lines := 0.0, 0.0, 0
	for i := len(metrics) - 1; i >= 0 && lines < memorizingLines; i-- {
		if m := metrics[i]; m.Memorizing != nil {
			excess += *m.Memorizing * m.Gap
			gap += m.Gap
			lines++
		}
	}
	if !(gap > 0) {
		return 0, false
	}
	return excess / gap, true
}
