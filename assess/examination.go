package assess

import (
	"fmt"
	"math"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

// Examination is what to ask of a network beside its answers to the images.
type Examination struct {
	Slopes bool // at test and training images
	// Sigmas are the amounts of noise, LInf and L2 the sizes of attacks, all in units of the
	// pixels' range [0, 1], ascending, and within it, see Validate. What has none is not asked.
	Sigmas, LInf, L2 []float64
	Steps, Restarts  int    // of projected gradient descent
	Seed             uint64 // of noise and starting points
	// Begun, if set, is called before each part. Its error ends the examination.
	Begun func(part string) error
}

// Sizes returns usual amounts of noise and sizes of attacks: larger ones for grey images, which
// stand for drawings, than for colour. L∞ up to 0.3 is what Madry et al. 2018 ask of MNIST, 8/255
// of CIFAR-10.
func Sizes(channels int) (sigmas, lInf, l2 []float64) {
	if channels == 1 {
		return []float64{0.1, 0.2, 0.3, 0.4, 0.5}, []float64{
			0.02, 0.05, 0.1, 0.15, 0.2, 0.3,
		}, []float64{0.25, 0.5, 1, 1.5, 2, 3}
	}
	return []float64{0.02, 0.05, 0.1, 0.15, 0.2},
		[]float64{1.0 / 255, 2.0 / 255, 4.0 / 255, 8.0 / 255, 16.0 / 255}, []float64{0.0625, 0.125, 0.25, 0.5, 1}
}

// Findings are the answers to an examination.
type Findings struct {
	TestSlopes, TrainSlopes []Slope // nil if not asked
	Curves                  []Curve
}

// Curve is the accuracy as images are changed more and more. The first point is that of no change.
type Curve struct {
	Name   string // noise, fgsm-linf, pgd-linf, fgsm-l2 or pgd-l2
	Points []Point
}

// Point is a place of a curve.
type Point struct {
	Size  float64 // σ or ε
	Score Score   // without NLL
}

// Examine asks the network. Without training images, those of no part, it tells no slopes at them.
func (n *Network) Examine(test, train Images, e Examination) (f Findings, err error) {
	if err := e.Validate(n.Shape); err != nil {
		return f, err
	}
	if e.Slopes {
		if err := e.begin("slopes at test images"); err != nil {
			return f, err
		}
		if f.TestSlopes, err = n.Slopes(test); err != nil {
			return f, err
		}
	}
	if e.Slopes && train.Part != nil {
		if err := e.begin("slopes at training images"); err != nil {
			return f, err
		}
		if f.TrainSlopes, err = n.Slopes(train); err != nil {
			return f, err
		}
	}
	wrong, err := n.wrong(test)
	if err != nil {
		return f, err
	}
	start := Point{0, scoreOf(wrong, true)}
	if len(e.Sigmas) > 0 {
		c, err := n.noiseCurve(test, e, start)
		if err != nil {
			return f, err
		}
		f.Curves = append(f.Curves, c)
	}
	for _, norm := range []Norm{LInf, L2} {
		sizes := e.LInf
		if norm == L2 {
			sizes = e.L2
		}
		if len(sizes) == 0 {
			continue
		}
		for _, steps := range []int{0, max(1, e.Steps)} {
			a := Attack{Norm: norm, Steps: steps, Restarts: e.Restarts, Seed: e.Seed}
			c, err := n.attackCurve(test, e, a, sizes, start)
			if err != nil {
				return f, err
			}
			f.Curves = append(f.Curves, c)
		}
	}
	return f, nil
}

// noiseCurve asks for the accuracy under noise.
func (n *Network) noiseCurve(s Images, e Examination, start Point) (Curve, error) {
	c := Curve{Name: "noise", Points: []Point{start}}
	for _, sigma := range e.Sigmas {
		if err := e.begin(fmt.Sprintf("noise, σ %.3g", sigma)); err != nil {
			return c, err
		}
		l, err := n.Noise(s, sigma, e.Seed)
		if err != nil {
			return c, err
		}
		c.Points = append(c.Points, Point{sigma, scoreOf(l.Right(), false)})
	}
	return c, nil
}

// attackCurve asks for the accuracy under an attack.
func (n *Network) attackCurve(s Images, e Examination, a Attack, sizes []float64, start Point) (Curve, error) {
	c := Curve{Name: a.String(), Points: []Point{start}}
	list, err := n.RobustCurve(s, a, sizes, func(epsilon float64) error {
		return e.begin(fmt.Sprintf("attack %s, ε %.3g", a, epsilon))
	})
	if err != nil {
		return c, err
	}
	for i, right := range list {
		c.Points = append(c.Points, Point{sizes[i], scoreOf(right, false)})
	}
	return c, nil
}

// begin tells that a part begins.
func (e Examination) begin(part string) error {
	if e.Begun == nil {
		return nil
	}
	return e.Begun(part)
}

// Validate returns what is wrong with the examination of a network for images of a shape: sizes
// that do not ascend, or beyond what pixels in [0, 1] can be changed by, 1 for σ and L∞,
// [Norm.Reach] for L2.
func (e Examination) Validate(shape dataset.Shape) error {
	for _, g := range []struct {
		label string
		list  []float64
		most  float64
	}{{"σ", e.Sigmas, 1}, {LInf.label(), e.LInf, LInf.Reach(shape)}, {L2.label(), e.L2, L2.Reach(shape)}} {
		last := 0.0
		for _, v := range g.list {
			if !(v > last) || math.IsInf(v, 0) {
				return fault.Inputf("%s is %v after %v, expected ascending finite numbers above 0", g.label, v, last)
			}
			if err := within(g.label, v, g.most); err != nil {
				return err
			}
			last = v
		}
	}
	if e.Steps < 0 || e.Restarts < 0 {
		return fault.Inputf("%d steps from %d points, expected no negative number", e.Steps, e.Restarts)
	}
	return nil
}

// scoreOf counts the images that equal wrong as errors.
func scoreOf(list []bool, wrong bool) Score {
	s := Score{Images: len(list)}
	for _, v := range list {
		if v == wrong {
			s.Errors++
		}
	}
	return s
}

// Gradients returns ∂L/∂x [C, H, W] of each image, L the cross-entropy.
func (n *Network) Gradients(s Images) ([][]float32, error) {
	if err := n.checkImages(s); err != nil {
		return nil, err
	}
	p, err := n.program(askLabels)
	if err != nil {
		return nil, err
	}
	tables, size := s.Normalizer.Tables(), n.Shape.Size()
	var all [][]float32
	err = n.each(s.Len(), func(first, last int) error {
		labels := p.load(s, tables, first, last)
		for i, y := range labels {
			p.classes[i] = int32(y)
		}
		if err := p.run(); err != nil {
			return err
		}
		for i, y := range labels {
			// ∂L/∂u = σ(u) = 1 − p_y, summed without cancellation.
			sigma := 0.0
			for k, v := range Softmax(p.logits[i*n.Classes : (i+1)*n.Classes]) {
				if k != int(y) {
					sigma += v
				}
			}
			g := make([]float32, size)
			for j, v := range p.answer[i*size : (i+1)*size] {
				g[j] = float32(sigma * float64(v))
			}
			all = append(all, g)
		}
		return nil
	})
	return all, err
}
