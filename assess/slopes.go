package assess

import (
	"math"
	"slices"
)

// Slope is how steep a network is at an image x of class y, and how far from changing its answer.
type Slope struct {
	// Gradient is ‖∂L/∂x‖₂, L the cross-entropy: DataGrad penalizes the mean of its square.
	Gradient float64
	// Jacobian is ‖J‖_F, J = ∂f/∂x the K × pixels derivative of the logits: FrobReg and SpectReg
	// penalize the mean of its square.
	Jacobian float64
	// Margin is f_y − max_{k≠y} f_k, negative for a wrong answer.
	Margin float64
	// Distance is min_{k≠y} (f_y − f_k)/‖∂(f_y − f_k)/∂v‖₂ with pixels v in [0, 1]: how far the
	// image is from another answer, if the logits were linear in between, negative for a wrong one
	// (the first step of Moosavi-Dezfooli et al. 2016; Hein and Andriushchenko 2017). Infinite
	// where the network is constant.
	Distance float64
}

// Slopes returns the slope at each image. It takes K + 2 forward and backward passes.
func (n *Network) Slopes(s Images) ([]Slope, error) {
	if err := n.checkImages(s); err != nil {
		return nil, err
	}
	p, err := n.program(askVJP)
	if err != nil {
		return nil, err
	}
	m := &meter{network: p, count: n.Classes, size: n.Shape.Size(), pixelScales: perPixel(s)}
	m.own = make([]float32, n.Batch*m.size)
	tables := s.Normalizer.Tables()
	var all []Slope
	err = n.each(s.Len(), func(first, last int) error {
		slopes, err := m.measure(p.load(s, tables, first, last))
		all = append(all, slopes...)
		return err
	})
	return all, err
}

// perPixel returns ∂x/∂v of each pixel.
func perPixel(s Images) []float64 {
	scales, out := s.scales(), make([]float64, s.Shape.Size())
	for i := range out {
		out[i] = scales[i/(s.Shape.H*s.Shape.W)]
	}
	return out
}

// meter measures slopes of a batch that lies in the program's input.
type meter struct {
	*network
	count, size int // of classes and of pixels
	pixelScales []float64
	own         []float32 // the rows of J of the images' own classes
}

// row computes the rows cᵀ·J and returns them: [B, pixels]. cotangent gives c of an image.
func (m *meter) row(images int, cotangent func(i int, c []float32)) ([]float32, error) {
	for i := range images {
		c := m.cotangents[i*m.count : (i+1)*m.count]
		clear(c)
		cotangent(i, c)
	}
	return m.answer, m.run()
}

// measure returns the slopes of the first images of the batch.
func (m *meter) measure(labels []int32) ([]Slope, error) {
	out := make([]Slope, len(labels))
	rows, err := m.row(len(labels), func(i int, c []float32) { c[labels[i]] = 1 })
	if err != nil {
		return nil, err
	}
	copy(m.own, rows)
	logits := slices.Clone(m.logits)
	rows, err = m.row(len(labels), func(i int, c []float32) {
		for k, p := range Softmax(logits[i*m.count : (i+1)*m.count]) {
			c[k] = float32(p)
		}
		c[labels[i]] = 0
		sum := 0.0 // 1 − p of the label, without cancellation
		for _, p := range c {
			sum += float64(p)
		}
		c[labels[i]] = float32(-sum)
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i] = Slope{Gradient: norm(rows[i*m.size : (i+1)*m.size]), Margin: math.Inf(1), Distance: math.Inf(1)}
	}
	for k := range m.count {
		if rows, err = m.row(len(labels), func(_ int, c []float32) { c[k] = 1 }); err != nil {
			return nil, err
		}
		for i, y := range labels {
			row := rows[i*m.size : (i+1)*m.size]
			length := norm(row)
			out[i].Jacobian += length * length
			if k == int(y) {
				continue
			}
			gap := float64(logits[i*m.count+int(y)]) - float64(logits[i*m.count+k])
			out[i].Margin = min(out[i].Margin, gap)
			out[i].Distance = min(out[i].Distance, ratio(gap, m.between(i, row)))
		}
	}
	for i := range out {
		out[i].Jacobian = math.Sqrt(out[i].Jacobian)
	}
	return out, nil
}

// between returns ‖∂(f_y − f_k)/∂v‖₂ for the row of class k of image i.
func (m *meter) between(i int, row []float32) float64 {
	own, sum := m.own[i*m.size:(i+1)*m.size], 0.0
	for j, v := range row {
		d := (float64(own[j]) - float64(v)) * m.pixelScales[j]
		sum += d * d
	}
	return math.Sqrt(sum)
}

// ratio returns gap/slope, infinite with the gap's sign for a slope of 0; 0 where both are.
func ratio(gap, slope float64) float64 {
	switch {
	case gap == 0:
		return 0
	case slope == 0:
		return math.Inf(int(math.Copysign(1, gap)))
	}
	return gap / slope
}

// norm returns ‖x‖₂.
func norm(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// Spectrum sums up how a quantity is distributed over images.
type Spectrum struct {
	Images     int        `json:"image_count"`
	Mean       float64    `json:"mean"`
	MeanSquare float64    `json:"mean_square"`
	Quantiles  [5]float64 `json:"quantiles"` // 5 %, 25 %, 50 %, 75 %, 95 %
}

// NewSpectrum sums up finite values; others are left out.
func NewSpectrum(values []float64) Spectrum {
	sorted := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	slices.Sort(sorted)
	s := Spectrum{Images: len(sorted)}
	if s.Images == 0 {
		return s
	}
	for _, v := range sorted {
		s.Mean += v / float64(s.Images)
		s.MeanSquare += v * v / float64(s.Images)
	}
	for i, q := range [...]float64{0.05, 0.25, 0.5, 0.75, 0.95} {
		at := q * float64(s.Images-1) // between order statistics, as NumPy's default
		low := int(at)
		high := min(low+1, s.Images-1)
		s.Quantiles[i] = sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
	}
	return s
}
