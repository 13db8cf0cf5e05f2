package assess

import (
	"fmt"
	"math"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/philox"
)

// Norm is how the size of a perturbation is measured.
type Norm int

const (
	// LInf is the largest change of a pixel, max_i |δ_i|.
	LInf Norm = iota
	// L2 is √(Σ_i δ_i²).
	L2
)

// String returns linf or l2.
func (n Norm) String() string {
	if n == L2 {
		return "l2"
	}
	return "linf"
}

// Attack is a search for a perturbation δ of an image with ‖δ‖ ≤ ε and v + δ within [0, 1] that
// changes the right answer to a wrong one, by ascending the cross-entropy L. ε is in units of the
// pixels' range [0, 1] and at most [Norm.Reach]: no image is farther away.
//
// With Steps = 0 it is the fast gradient method: one step to the edge of the ball, δ =
// ε·sign(∂L/∂v) (Goodfellow et al. 2015), or ε·∂L/∂v / ‖∂L/∂v‖₂ in L2. Otherwise it is projected
// gradient descent (Madry et al. 2018): from a random point of the ball, steps of StepSize·ε/Steps
// in the same direction, each followed by the projection into the ball and the range of pixels; and
// that from Restarts points. In distinction to one's last point, every point on the way counts: the
// attack ends where it finds a wrong answer.
type Attack struct {
	Norm     Norm
	Steps    int
	Restarts int     // 1 if 0
	StepSize float64 // 2.5 if 0, as Madry et al.: the path can cross the ball
	Seed     uint64  // of the starting points
	// Found, if set, is called with the perturbation [C, H, W] of every image that the attack
	// changes the answer to, and its position. The slice is valid during the call.
	Found func(image int, perturbation []float32)
}

// defaultStepSize is Madry et al.'s factor.
const defaultStepSize = 2.5

// String names the attack: fgsm-linf, pgd-l2.
func (a Attack) String() string {
	if a.Steps == 0 {
		return "fgsm-" + a.Norm.String()
	}
	return "pgd-" + a.Norm.String()
}

// validate returns what is wrong with the attack.
func (a Attack) validate() error {
	switch {
	case a.Norm != LInf && a.Norm != L2:
		return fault.Inputf("attack in norm %d, expected L∞ or L2", int(a.Norm))
	case a.Steps < 0 || a.Restarts < 0:
		return fault.Inputf("attack of %d steps from %d points, expected no negative number", a.Steps, a.Restarts)
	case !(a.StepSize >= 0) || math.IsInf(a.StepSize, 0):
		return fault.Inputf("attack with steps of %v·ε/steps, expected a positive number", a.StepSize)
	}
	return nil
}

// Attack returns for each image whether its answer is right and stays so under attack with size
// epsilon. Those of which skip says so are not attacked and not right; nil skips those whose answer
// is wrong as they are.
func (n *Network) Attack(s Images, a Attack, epsilon float64, skip []bool) (right []bool, err error) {
	if err := n.checkImages(s); err != nil {
		return nil, err
	}
	if err := a.validate(); err != nil {
		return nil, err
	}
	if err := within(a.Norm.label(), epsilon, a.Norm.Reach(n.Shape)); err != nil {
		return nil, err
	}
	if skip != nil && len(skip) != s.Len() {
		return nil, fault.Inputf("%d images to skip or not, expected the %d that there are", len(skip), s.Len())
	}
	right = make([]bool, s.Len())
	if skip == nil {
		if skip, err = n.wrong(s); err != nil {
			return nil, err
		}
	}
	var open []int
	for i := range right {
		if !skip[i] {
			right[i], open = true, append(open, i)
		}
	}
	p, err := n.newPerturber(s, a, epsilon)
	if err != nil {
		return nil, err
	}
	restarts := max(1, a.Restarts)
	if a.Steps == 0 {
		restarts = 1 // the second would be the first again
	}
	for restart := range restarts {
		var left []int // restarts are for the images that withstood
		err := n.each(len(open), func(first, last int) error {
			broken, err := p.perturb(open[first:last], restart)
			for i, image := range open[first:last] {
				right[image] = !broken[i]
				if !broken[i] {
					left = append(left, image)
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		open = left
	}
	return right, nil
}

// RobustCurve returns for each of ascending sizes which images stay right. A perturbation that was
// found within a smaller ball is one of the larger ball, too, so an image whose answer was changed
// is not attacked again: the curve never rises. That is not so for the fast gradient method, which
// stands for the one point that it tries. begun, if not nil, is called before each size; its error
// ends the work.
func (n *Network) RobustCurve(
	s Images, a Attack, epsilons []float64, begun func(epsilon float64) error,
) ([][]bool, error) {
	var all [][]bool
	broken, err := n.wrong(s)
	if err != nil {
		return nil, err
	}
	for i, e := range epsilons {
		if i > 0 && !(e > epsilons[i-1]) {
			return nil, fault.Inputf("sizes %v and %v of an attack, expected ascending ones", epsilons[i-1], e)
		}
		if begun != nil {
			if err := begun(e); err != nil {
				return nil, err
			}
		}
		right, err := n.Attack(s, a, e, broken)
		if err != nil {
			return nil, fmt.Errorf("%s, ε %v: %w", a, e, err)
		}
		all = append(all, right)
		if a.Steps == 0 {
			continue
		}
		broken = make([]bool, len(right))
		for j := range right {
			broken[j] = !right[j]
		}
	}
	return all, nil
}

// wrong tells which images get a wrong answer without any perturbation.
func (n *Network) wrong(s Images) ([]bool, error) {
	l, err := n.Noise(s, 0, 0)
	if err != nil {
		return nil, err
	}
	wrong := l.Right()
	for i := range wrong {
		wrong[i] = !wrong[i]
	}
	return wrong, nil
}

// perturber searches perturbations of a batch.
type perturber struct {
	Attack
	*network
	images  Images
	epsilon float64
	size    int
	scales  []float64 // ∂x/∂v of each pixel
	clean   []float32 // normalized images [B, size]
	delta   []float32 // perturbations in pixels' units [B, size]
}

func (n *Network) newPerturber(s Images, a Attack, epsilon float64) (*perturber, error) {
	program, err := n.program(askLabels)
	if err != nil {
		return nil, err
	}
	if a.StepSize == 0 {
		a.StepSize = defaultStepSize
	}
	size := n.Shape.Size()
	return &perturber{
		Attack: a, network: program, images: s, epsilon: epsilon, size: size, scales: perPixel(s),
		clean: make([]float32, n.Batch*size), delta: make([]float32, n.Batch*size),
	}, nil
}

// perturb attacks the images at the given positions and tells which of them get a wrong answer.
func (p *perturber) perturb(at []int, restart int) (broken []bool, err error) {
	p.start(at, restart)
	broken = make([]bool, len(at))
	left, steps := len(at), max(1, p.Steps)
	for step := range steps + 1 {
		p.place(len(at))
		if err := p.run(); err != nil {
			return broken, err
		}
		logits := p.logits
		for i, image := range at {
			y := int(p.images.Labels[p.images.Index[image]])
			classes := len(logits) / (len(p.clean) / p.size)
			if !broken[i] && top(logits[i*classes:(i+1)*classes]) != y {
				broken[i] = true
				left--
				if p.Found != nil {
					p.Found(image, p.delta[i*p.size:(i+1)*p.size])
				}
			}
		}
		if left == 0 || step == steps {
			break
		}
		for i, image := range at {
			if !broken[i] {
				p.ascend(i, image)
			}
		}
	}
	return broken, nil
}

// start loads the images and chooses the points that the search begins at.
func (p *perturber) start(at []int, restart int) {
	tables := p.images.Normalizer.Tables()
	for i, image := range at {
		k := p.images.Index[image]
		tables.Apply(p.clean[i*p.size:(i+1)*p.size], p.images.Image(k))
		p.classes[i] = p.images.Labels[k]
		delta := p.delta[i*p.size : (i+1)*p.size]
		clear(delta)
		if p.Steps > 0 {
			p.random(delta, philox.Stream{Key: p.Seed, Step: restartStep + uint64(restart), ID: uint32(k)})
			p.project(delta, p.images.Image(k))
		}
	}
}

// random draws a point of the ball: uniform in the cube, or in the L2 ball a uniform direction
// times ε·u^(1/d) in d dimensions.
func (p *perturber) random(delta []float32, s philox.Stream) {
	s.Uniform(delta, 0)
	if p.Norm == LInf {
		for j := range delta {
			delta[j] = float32(p.epsilon) * (2*delta[j] - 1)
		}
		return
	}
	radius := p.epsilon * math.Pow(float64(delta[0]), 1/float64(len(delta)))
	s.Normal(delta, 4) // behind the block that the radius is from
	stretch(delta, radius)
}

// stretch scales x to a Euclidean length. What is 0 has no direction and stays: there the search
// begins at the image itself.
func stretch(x []float32, length float64) {
	own := norm(x)
	if own == 0 {
		return
	}
	for j, v := range x {
		x[j] = float32(length / own * float64(v))
	}
}

// place makes the perturbed images the network's input.
func (p *perturber) place(images int) {
	x := p.pixels
	for i := range images * p.size {
		x[i] = p.clean[i] + float32(float64(p.delta[i])*p.scales[i%p.size])
	}
}

// ascend takes a step of image i of the batch.
func (p *perturber) ascend(i, image int) {
	delta, g := p.delta[i*p.size:(i+1)*p.size], p.answer[i*p.size:(i+1)*p.size]
	step := p.epsilon
	if p.Steps > 0 {
		step *= p.StepSize / float64(p.Steps)
	}
	switch p.Norm {
	case LInf:
		for j := range g { // the scales are positive: the sign is that of ∂L/∂v
			switch {
			case g[j] > 0:
				delta[j] += float32(step)
			case g[j] < 0:
				delta[j] -= float32(step)
			}
		}
	case L2:
		sum := 0.0
		for j, v := range g {
			d := float64(v) * p.scales[j]
			sum += d * d
		}
		if sum > 0 {
			scale := step / math.Sqrt(sum)
			for j, v := range g {
				delta[j] += float32(scale * float64(v) * p.scales[j])
			}
		}
	}
	p.project(delta, p.images.Image(p.images.Index[image]))
}

// project moves δ to the nearest point of the ball and then, pixel by pixel, to where v + δ is
// within [0, 1]; as v is, that makes no pixel's change larger.
func (p *perturber) project(delta []float32, pixels []byte) {
	limit := float32(p.epsilon)
	if p.Norm == LInf {
		for j, d := range delta {
			delta[j] = min(max(d, -limit), limit)
		}
	} else if length := norm(delta); length > p.epsilon {
		scale := p.epsilon / length
		for j, d := range delta {
			delta[j] = float32(scale * float64(d))
		}
	}
	for j, d := range delta {
		v := float32(pixels[j]) / 255
		delta[j] = min(max(d, -v), 1-v)
	}
}
