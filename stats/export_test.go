package stats

// BCaQuantiles returns the BCa interval that sorted resampled means give.
func BCaQuantiles(means, x []float64, level float64) (low, high float64) {
	low, high = bcaLevels(means, x, level)
	return quantile(means, low), quantile(means, high)
}
