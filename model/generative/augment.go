package generative

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Augment is the differentiable augmentation of Zhao et al. 2020 (arXiv 2006.10738): real and
// generated images are changed at random before the critic scores them, so that it cannot learn a
// few real images by heart, and the generator's gradient passes through the change.
//
//	kind        what it does to an image x: [C, H, W] in [−1, 1]
//	brightness  x + b, b uniform in [−½, ½)
//	contrast    f·(x − x̄) + x̄ with the image's mean x̄, f uniform in [½, 3⁄2)
//	shift       moves x by whole pixels, up to ⅛ of an extent, rounded, on each axis, zeros fill
//	cutout      zeros in a square of half the extents, whose centre is anywhere in the image
//
// They are applied in this order, each to an image with a probability, independently. The zero
// value changes nothing. Every draw is affine in the image and does not depend on any other image,
// so that a penalty on the gradient with respect to x passes through it exactly; its derivatives
// are closed.
type Augment struct {
	// Probability is that of each kind, for each image, ½ if 0. Up to ½ the distribution of the
	// changed images determines that of the images, so that a generator whose changed images cannot
	// be told from changed real ones makes real ones. At 1, as in the paper, it does not: changes
	// may leak into what is generated.
	Probability float64

	Brightness, Contrast, Shift, Cutout bool
}

// augmentKind is a row of the table of kinds.
type augmentKind struct {
	name string
	on   *bool
}

// kinds is the table of kinds.
func (a *Augment) kinds() []augmentKind {
	return []augmentKind{
		{"brightness", &a.Brightness}, {"contrast", &a.Contrast},
		{"shift", &a.Shift}, {"cutout", &a.Cutout},
	}
}

// AugmentKinds lists the names of the kinds.
func AugmentKinds() []string {
	var names []string
	for _, k := range (&Augment{}).kinds() {
		names = append(names, k.name)
	}
	return names
}

// defaultProbability is the largest at which every kind is invertible; RATIONALE.md has the proof.
const defaultProbability = 0.5

// ParseAugment reads a text form: names of kinds with commas between them, and p=0.7 for another
// probability: brightness,contrast,shift,cutout,p=0.7. An empty text is no augmentation.
func ParseAugment(text string) (Augment, error) {
	var a Augment
	if strings.TrimSpace(text) == "" {
		return a, nil
	}
	for _, part := range strings.Split(text, ",") {
		if err := a.set(strings.TrimSpace(part)); err != nil {
			return Augment{}, fmt.Errorf("augmentation %q: %w", text, err)
		}
	}
	if err := a.Validate(); err != nil {
		return Augment{}, fmt.Errorf("augmentation %q: %w", text, err)
	}
	a.Probability = a.probability()
	return a, nil
}

// set reads a part of a text form.
func (a *Augment) set(part string) error {
	if key, value, ok := strings.Cut(part, "="); ok {
		if strings.TrimSpace(key) != "p" {
			return spec.Unknown("key", key, []string{"p"})
		}
		if a.Probability != 0 {
			return fmt.Errorf("p stands twice")
		}
		p, err := spec.Number(strings.TrimSpace(value))
		if err == nil && p == 0 {
			err = fmt.Errorf("found %q, expected more than 0 and at most 1", value)
		}
		if err != nil {
			return fmt.Errorf("p: %w", err)
		}
		a.Probability = p
		return nil
	}
	for _, k := range a.kinds() {
		if k.name != part {
			continue
		}
		if *k.on {
			return fmt.Errorf("%s stands twice", part)
		}
		*k.on = true
		return nil
	}
	return spec.Unknown("kind", part, AugmentKinds())
}

// None reports whether nothing is changed.
func (a Augment) None() bool {
	return !slices.ContainsFunc(a.kinds(), func(k augmentKind) bool { return *k.on })
}

// probability returns that of each kind.
func (a Augment) probability() float64 {
	if a.Probability == 0 {
		return defaultProbability
	}
	return a.Probability
}

// Validate returns what is wrong with the options.
func (a Augment) Validate() error {
	if p := a.Probability; !(p >= 0 && p <= 1) { // also of NaN
		return fmt.Errorf("p is %v, expected more than 0 and at most 1", p)
	}
	if a.None() && a.Probability != 0 {
		return fmt.Errorf("p is %v, expected a kind with it: %s",
			a.Probability, strings.Join(AugmentKinds(), ", "))
	}
	return nil
}

// String returns the text form.
func (a Augment) String() string {
	var parts []string
	for _, k := range a.kinds() {
		if *k.on {
			parts = append(parts, k.name)
		}
	}
	if p := a.probability(); p != defaultProbability {
		parts = append(parts, "p="+spec.Format(p))
	}
	return strings.Join(parts, ",")
}

// Apply builds T(x) for images x: [B, C, H, W]. Each call draws anew, from the next streams of c,
// whether c is of training or not: reals and fakes have draws of their own from one distribution if
// their contexts share streams ([nn.Context.Again]) or start at different ones. What image i draws
// is a function of the run's key and step, the streams and i.
//
// Shifting costs C·H·W·(H+W) multiply-adds an image, the rest a few passes over it.
func (a Augment) Apply(c *nn.Context, x *sym.Expr) *sym.Expr {
	if err := a.Validate(); err != nil {
		return sym.Refuse(x, err)
	}
	if a.None() || x.Err() != nil {
		return x
	}
	if len(x.Shape()) != 4 {
		return sym.Refuse(x,
			fmt.Errorf("augmentation of %v, expected images [B, C, H, W]", x.Shape()))
	}
	if a.Brightness || a.Contrast {
		x = a.tone(c, x)
	}
	if a.Shift {
		x = a.shift(c, x)
	}
	if a.Cutout {
		x = a.cutout(c, x)
	}
	return x
}

// draw returns count lists of a number for each of n images: uniform in [low, high) where the kind
// is applied, idle elsewhere. They are shaped [n, 1, 1, 1].
func (a Augment) draw(c *nn.Context, n int, idle float64, ranges ...[2]float64) []*sym.Expr {
	g := c.Graph()
	applied := g.Bernoulli(a.probability(), c.NextStream(), n, 1, 1, 1)
	var out []*sym.Expr
	for _, r := range ranges {
		u := g.Uniform(c.NextStream(), n, 1, 1, 1)
		value := sym.AddScalar(sym.Scale(u, r[1]-r[0]), r[0])
		out = append(out, sym.Select(applied, value, g.Const(idle)))
	}
	return out
}

// tone changes brightness, then contrast: f·(x + b − (x̄ + b)) + x̄ + b = f·x + (1−f)·x̄ + b.
func (a Augment) tone(c *nn.Context, x *sym.Expr) *sym.Expr {
	n := x.Shape()[0]
	offset := c.Graph().Const(0, n, 1, 1, 1)
	if a.Brightness {
		offset = a.draw(c, n, 0, [2]float64{-0.5, 0.5})[0]
	}
	if a.Contrast {
		f := a.draw(c, n, 1, [2]float64{0.5, 1.5})[0]
		mean := sym.Reshape(sym.Mean(x, 1, 2, 3), n, 1, 1, 1)
		offset = sym.Add(sym.Mul(sym.Sub(c.Graph().Const(1), f), mean), offset)
		x = sym.Mul(x, f)
	}
	return sym.Add(x, offset)
}

// shift moves images by whole pixels: along each axis a product with a matrix for each image that
// has a 1 where output and input meet.
func (a Augment) shift(c *nn.Context, x *sym.Expr) *sym.Expr {
	s := x.Shape()
	n, channels, h, w := s[0], s[1], s[2], s[3]
	far := [2]int{eighth(h), eighth(w)}
	applied := a.draw(c, n, 0, span(-far[0], far[0]), span(-far[1], far[1]))
	rows := shiftMatrix(applied[0], h)
	columns := shiftMatrix(applied[1], w)
	rows = sym.Broadcast(sym.Reshape(rows, n, h, h), []int{0, 2, 3}, n, channels, h, h)
	x = sym.MatMulT(rows, x, true, false)
	flat := sym.Reshape(x, n, channels*h, w)
	return sym.Reshape(sym.MatMul(flat, sym.Reshape(columns, n, w, w)), s...)
}

// eighth returns an eighth of an extent, rounded.
func eighth(n int) int { return (n + 4) / 8 }

// span returns the interval of the numbers whose floor is in first..last, all equally likely.
func span(first, last int) [2]float64 { return [2]float64{float64(first), float64(last + 1)} }

// shiftMatrix returns the matrices S: [B, 1, n, n] of shifts ⌊by⌋ by: [B, 1, 1, 1]: S[i, j] = 1
// where j − i is the shift, so that Σᵢ x[i]·S[i, j] is x moved by it.
func shiftMatrix(by *sym.Expr, n int) *sym.Expr {
	i := sym.Broadcast(places(by.Graph(), n), []int{2}, 1, 1, n, n)
	j := sym.Broadcast(places(by.Graph(), n), []int{3}, 1, 1, n, n)
	return sym.ToFloat(within(sym.Sub(j, i), by, 1))
}

// places returns the numbers 0, 1, …, n−1.
func places(g *sym.Graph, n int) *sym.Expr {
	numbers := make([]*sym.Expr, n)
	for i := range numbers {
		numbers[i] = g.Const(float64(i), 1)
	}
	return sym.Concat(0, numbers...)
}

// within returns the mask ⌊start⌋ ≤ k < ⌊start⌋ + length for whole numbers k, with broadcasting. No
// floor is needed: a whole number is at least ⌊s⌋ if the next one is above s.
func within(k, start *sym.Expr, length int) *sym.Expr {
	next := sym.AddScalar(k, 1)
	after := sym.GreaterEqual(start, sym.AddScalar(next, -float64(length)))
	return sym.And(sym.Greater(next, start), after)
}

// cutout sets a square of each image to zero. Its centre is uniform over the image's pixels, and
// over the corners between them where the square is even, so that it may stand over the border.
func (a Augment) cutout(c *nn.Context, x *sym.Expr) *sym.Expr {
	s := x.Shape()
	g, h, w := c.Graph(), s[2], s[3]
	tall, wide := (h+1)/2, (w+1)/2
	// An idle square lies beyond the image.
	starts := a.draw(c, s[0], float64(2*(h+w)),
		span(-(tall/2), h-tall/2-tall%2), span(-(wide/2), w-wide/2-wide%2))
	rows := within(sym.Reshape(places(g, h), 1, 1, h, 1), starts[0], tall)
	columns := within(sym.Reshape(places(g, w), 1, 1, 1, w), starts[1], wide)
	return sym.Select(sym.And(rows, columns), g.Const(0), x)
}
