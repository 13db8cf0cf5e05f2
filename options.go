package gradreg

import (
	"cmp"
	"fmt"
	"math"

	"github.com/gradreg/gradreg/sym"
)

// Options are what penalties on the slope of a network with respect to its input have in common.
// The zero value takes the penalty at the training points, of the loss's own forward pass, over the
// whole batch, of the squared slope.
type Options struct {
	// At is where the penalty is taken: at the training points ("data", also if empty), at x + σ·n
	// ("noise") or at σ·n ("random"), n ~ N(0, I) afresh at every step. Other points than data have
	// passes of their own and share none with the loss: a step with DataGrad then takes 9F − 2F₁
	// multiply-adds. Batch norm normalizes them by their own mean and variance.
	//
	// On a critic it is one of its places ([PlaceReal], [PlaceFake], [PlaceBetween], [PlaceAround]), or
	// "real+fake", where R is the sum of R at both.
	At string
	// Sigma is σ: 0.2 if 0 for "noise", 1 if 0 for "random".
	Sigma float64
	// Pass is "shared", also if empty: the loss's forward pass, or at other points one with its
	// random numbers, such as the dropout mask; or "own": a forward pass with random numbers of its
	// own.
	Pass string
	// Fraction takes the penalty on the first ⌈Fraction·B⌉ samples only; all if 0. The backward
	// passes of the penalty cost that part, unless a layer couples samples.
	Fraction float64
	// Slope says what R is the mean over samples of, s_b being the norm ‖·‖ of a sample: s²
	// ("squared", also if empty), s ("linear"), max(0, s − t)² ("excess") or (s − t)² ("two-sided",
	// the penalty of WGAN-GP for t = 1, Gulrajani et al. 2017). s is √(s² + 1e-12) where the root
	// is differentiated: slopes far below 1e-6 count as flat, and their derivative goes to 0
	// instead of jumping about.
	Slope string
	// Target is t.
	Target float64
	// LambdaAs states λ in another convention, whose R then replaces ours: [AsHoffman], [AsRoss],
	// [AsGamma] or [AsSum]. The first three are of squared slopes, and [AsRoss] of DataGrad's l1 norm.
	// B is the number of samples that count.
	LambdaAs string
	Schedule
}

func (o *Options) fields() []field {
	return append([]field{
		{"at", &o.At}, {"sigma", &o.Sigma}, {"pass", &o.Pass}, {"fraction", &o.Fraction}, {"slope", &o.Slope},
		{"target", &o.Target}, {"lambda-as", &o.LambdaAs},
	}, o.Schedule.fields()...)
}

// validate returns what is wrong; conventions are the values that LambdaAs may have.
func (o Options) validate(conventions ...string) error {
	if o.LambdaAs != "" && len(conventions) == 0 {
		return fmt.Errorf("lambda-as is %q, but λ has a convention of its own here", o.LambdaAs)
	}
	for _, err := range []error{
		oneOf("at", o.At, "data", "noise", "random", PlaceReal, PlaceFake, realAndFake, PlaceBetween, PlaceAround),
		oneOf("pass", o.Pass, "shared", "own"),
		oneOf("slope", o.Slope, "squared", "linear", "excess", "two-sided"),
		oneOf("lambda-as", o.LambdaAs, conventions...), o.Schedule.validate(),
	} {
		if err != nil {
			return err
		}
	}
	if !(o.Sigma >= 0) || math.IsInf(o.Sigma, 0) {
		return fmt.Errorf("sigma is %v, expected a finite number above 0", o.Sigma)
	}
	if !(o.Fraction >= 0 && o.Fraction <= 1) {
		return fmt.Errorf("fraction is %v, expected a number in 0..1, above 0", o.Fraction)
	}
	if !(o.Target >= 0) || math.IsInf(o.Target, 0) {
		return fmt.Errorf("target is %v, expected a finite number above 0", o.Target)
	}
	if o.Sigma > 0 && o.atData() {
		return fmt.Errorf(
			"sigma is %v, but at=%s has no noise; expected at=noise or at=random", o.Sigma, cmp.Or(o.At, "data"),
		)
	}
	if targeted := o.Slope == "excess" || o.Slope == "two-sided"; targeted != (o.Target > 0) {
		return fmt.Errorf(
			"slope is %q with target %v, expected a target with slope=excess and slope=two-sided, and only there",
			o.Slope, o.Target,
		)
	}
	switch o.LambdaAs {
	case AsHoffman:
		return halved(o.Slope, "λ as of Hoffman")
	case AsGamma:
		return halved(o.Slope, "λ as γ")
	}
	return nil
}

// halved returns an error if a slope is no square, before which alone the ½ of a convention stands.
func halved(slope, convention string) error {
	if slope == "" || slope == "squared" {
		return nil
	}
	return fmt.Errorf("slope is %q with %s, expected squared", slope, convention)
}

// atData reports whether the penalty is taken at the samples of the problem, or of a place.
func (o Options) atData() bool { return o.At == "" || o.At == "data" || o.Places() != nil }

// site is where a penalty is taken.
type site struct {
	graph   *sym.Graph
	input   *sym.Expr // what the slope is taken with respect to: [B, …]
	outputs *sym.Expr // [B, K]
	targets *sym.Expr // [B, K]
	losses  func(outputs, targets *sym.Expr) *sym.Expr
	batch   int // B
	count   int // samples that count: the first ones
}

// site builds the forward pass at the site of the options.
func (o Options) site(p *Problem) site {
	at := site{
		graph: p.Graph, input: p.Input, outputs: p.Outputs, targets: p.Targets,
		losses: p.Task.Losses, batch: p.Batch, count: p.Batch,
	}
	if o.Fraction > 0 {
		at.count = int(math.Ceil(o.Fraction * float64(p.Batch)))
	}
	own := o.Pass == "own"
	if p.Outputs.Err() != nil || o.atData() && !own {
		return at
	}
	if !o.atData() {
		at.input = o.moved(p)
	}
	if own {
		at.outputs = p.Forward(at.input)
	} else {
		at.outputs = p.OutputsAt(at.input)
	}
	return at
}

// moved returns the noisy or random points.
func (o Options) moved(p *Problem) *sym.Expr {
	noise := p.Graph.Normal(p.NextStream(), p.Input.Shape()...)
	if o.At == "random" {
		return sym.Scale(noise, defaulted(o.Sigma, 1))
	}
	return sym.Add(p.Input, sym.Scale(noise, defaulted(o.Sigma, 0.2)))
}

// defaulted returns v, or the default where it is 0.
func defaulted(v, otherwise float64) float64 {
	if v == 0 {
		return otherwise
	}
	return v
}

// summedLoss returns Σ_b L_b of the samples that count.
func (at site) summedLoss() *sym.Expr {
	return sym.Sum(at.losses(at.part(at.outputs), at.part(at.targets)))
}

// part returns the samples of e that count: e: [B, …].
func (at site) part(e *sym.Expr) *sym.Expr {
	if at.count == at.batch || e.Err() != nil {
		return e
	}
	return sym.SliceAxis(e, 0, 0, at.count)
}

// slope returns ∂(c·logits)/∂input for a cotangent c of the logits that count, [count, K]: [count,
// …].
func (at site) slope(c *sym.Expr) *sym.Expr {
	if at.count == at.batch || at.outputs.Err() != nil {
		return sym.VJP(at.outputs, c, at.input)[0]
	}
	if g, ok := sym.FirstRows(at.count).VJP(at.outputs, at.input, c); ok {
		return g
	}
	rest := at.batch - at.count
	padded := sym.Pad(c, []int{0, 0}, []int{rest, 0}, []int{0, 0})
	return at.part(sym.VJP(at.outputs, padded, at.input)[0])
}

// lossSlope returns ∂L_b/∂x_b of the samples that count.
func (at site) lossSlope() *sym.Expr {
	if at.count == at.batch {
		return sym.Gradient(at.summedLoss(), at.input)[0]
	}
	logits := at.part(at.outputs)
	return at.slope(sym.Gradient(sym.Sum(at.losses(logits, at.part(at.targets))), logits)[0])
}

// mean returns R of slopes, each of them [count·n, …] with n rows a sample: the squared norm of a
// sample is the sum over its rows and pixels.
func (o Options) mean(at site, slopes ...*sym.Expr) *sym.Expr {
	var squares []*sym.Expr
	for _, g := range slopes {
		squares = append(squares, sym.Square(g))
	}
	return o.meanOf(at, squares...)
}

// meanOf returns R of squares, each of them [count·n, …]: the squared norm of a sample is the sum
// of all of its.
func (o Options) meanOf(at site, squares ...*sym.Expr) *sym.Expr {
	var sum *sym.Expr // over all samples: scalar; or of each: [count]
	for _, q := range squares {
		if q.Err() != nil {
			return q
		}
		if o.squared() {
			sum = plus(sum, sym.Sum(q))
		} else {
			sum = plus(sum, sym.Sum(sym.Reshape(q, at.count, q.Shape().Size()/at.count), 1))
		}
	}
	if o.squared() {
		return o.stated(at, sym.Scale(sum, 1/float64(at.count)))
	}
	return o.shaped(at, sym.Sqrt(sym.AddScalar(sum, 1e-12)))
}

func (o Options) squared() bool { return o.Slope == "" || o.Slope == "squared" }

// plus returns a + b, where nil is 0.
func plus(a, b *sym.Expr) *sym.Expr {
	if a == nil {
		return b
	}
	return sym.Add(a, b)
}

// shaped returns R of norms s: [count].
func (o Options) shaped(at site, s *sym.Expr) *sym.Expr {
	switch o.Slope {
	case "squared":
		s = sym.Square(s)
	case "excess":
		s = sym.Square(sym.ReLU(sym.AddScalar(s, -o.Target)))
	case "two-sided":
		s = sym.Square(sym.AddScalar(s, -o.Target))
	}
	return o.stated(at, sym.Scale(sym.Sum(s), 1/float64(at.count)))
}

// stated returns R in the convention that λ is stated in.
func (o Options) stated(at site, r *sym.Expr) *sym.Expr { return converted(o.LambdaAs, r, at.count) }
