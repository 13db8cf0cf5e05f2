package assess

import (
	"github.com/gradreg/gradreg/internal/philox"
)

// The steps of the random streams, so that no two uses share numbers.
const (
	noiseStep   = 1 << 40
	restartStep = 1 << 41
)

// Noise returns the answers to images v + σ·n, clipped to the range [0, 1] of pixels, with n
// standard normal and σ in units of it, at most 1 (as the Gaussian noise of Hendrycks and
// Dietterich 2019). What is added to an image is a function of the seed and the image's number, and
// in proportion to σ before it is clipped. Call it with σ = 0 for the answers to the images
// themselves.
func (n *Network) Noise(s Images, sigma float64, seed uint64) (*Logits, error) {
	if err := n.checkImages(s); err != nil {
		return nil, err
	}
	if err := within("σ", sigma, 1); err != nil {
		return nil, err
	}
	p, err := n.program(askLogits)
	if err != nil {
		return nil, err
	}
	l := &Logits{Classes: n.Classes}
	tables, scales := s.Normalizer.Tables(), s.scales()
	size, area := n.Shape.Size(), n.Shape.H*n.Shape.W
	noise := make([]float32, size)
	err = n.each(s.Len(), func(first, last int) error {
		labels := p.load(s, tables, first, last)
		for i := first; sigma > 0 && i < last; i++ {
			x, pixels := p.pixels[(i-first)*size:(i-first+1)*size], s.Image(s.Index[i])
			philox.Stream{Key: seed, Step: noiseStep, ID: uint32(s.Index[i])}.Normal(noise, 0)
			for j, z := range noise {
				v := float64(pixels[j]) / 255
				x[j] += float32((min(max(v+sigma*float64(z), 0), 1) - v) * scales[j/area])
			}
		}
		if err := p.run(); err != nil {
			return err
		}
		return l.Add(p.logits, labels)
	})
	return l, err
}
