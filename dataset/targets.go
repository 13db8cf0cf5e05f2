package dataset

import "math"

// TargetRow returns the labels or numbers of image i: [K].
func (p *Part) TargetRow(i int) []float32 {
	k := len(p.Targets) / p.Len()
	return p.Targets[i*k : (i+1)*k]
}

// Scaling maps numbers to the ones that a network learns, (t − Mean)/Std per number, and back.
type Scaling struct {
	Mean []float64 `json:"mean"`
	Std  []float64 `json:"std"`
}

// TargetScaling returns mean and standard deviation of each number of a subset [K]; a deviation of
// 0 counts as 1, so that a constant becomes 0.
func TargetScaling(s Subset) Scaling {
	k := len(s.TargetRow(0))
	out := Scaling{make([]float64, k), make([]float64, k)}
	n := float64(s.Len())
	for _, i := range s.Index {
		for j, v := range s.TargetRow(i) {
			out.Mean[j] += float64(v) / n
		}
	}
	for _, i := range s.Index {
		for j, v := range s.TargetRow(i) {
			d := float64(v) - out.Mean[j]
			out.Std[j] += d * d / n
		}
	}
	for j, v := range out.Std {
		if out.Std[j] = math.Sqrt(v); out.Std[j] == 0 {
			out.Std[j] = 1
		}
	}
	return out
}

// Apply writes the standardized numbers of a row.
func (c Scaling) Apply(to, row []float32) {
	for j, v := range row {
		to[j] = float32((float64(v) - c.Mean[j]) / c.Std[j])
	}
}

// Back returns the numbers that a network's outputs stand for.
func (c Scaling) Back(outputs []float32) []float64 {
	row := make([]float64, len(outputs))
	for j, v := range outputs {
		row[j] = float64(v)*c.Std[j] + c.Mean[j]
	}
	return row
}

// FillTargets writes the targets of the batch of a step as [Batches.Fill] chooses its images: [B,
// K], through scale if it is not nil. Mixed images have mixed targets: share is what Fill returned.
func (b *Batches) FillTargets(step int, targets []float32, scale *Scaling, share float64) {
	k := len(targets) / b.size
	for i := range b.size {
		row := b.subset.TargetRow(b.at(step, i))
		if to := targets[i*k : (i+1)*k]; scale == nil {
			copy(to, row)
		} else {
			scale.Apply(to, row)
		}
	}
	if share < 1 {
		mixPairs(targets, b.size, k, float32(share))
	}
}
