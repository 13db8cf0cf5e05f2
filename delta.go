package gradreg

import (
	"errors"

	"github.com/gradreg/gradreg/sym"
)

// ErrNoMaps is the error of a regularizer that needs a network whose parts have feature maps.
var ErrNoMaps = errors.New("it needs feature maps between the parts of a network, and this one has none")

// Delta keeps what a finetuned network sees in an image near what the pretrained one sees in it:
//
//	R = ½ Σ_l mean_b Σ_c ‖F_lc(W, x_b) − F_lc(W⁰, x_b)‖²/(H_l·W_l) + ½·h·Σ_new ‖W‖²
//
// F_lc is channel c of the feature map [H_l, W_l] that part l of the network ends with (stem, stage1,
// …), W⁰ are the pretrained weights, and new ones are those of the head. All channels count alike:
// that is DELTA without attention. With it channels are weighted by how much the loss rises without
// them, which is not computed here. (Li et al. 2019, arXiv 1901.09229, equations 2, 4 and 5.)
//
// The pretrained network sees each image in a forward pass of its own: 4F − F₁ multiply-adds.
type Delta struct {
	Weight float64 // λ
	// Head is h: 1 if 0.
	Head float64
	Schedule
}

// Penalty builds R. Of a network that is not pretrained it is [ErrNotPretrained], of one without
// parts [ErrNoMaps].
func (d Delta) Penalty(p *Problem) *sym.Expr {
	if p.Pretrained == nil {
		return refuse(p.Losses, d, "%w", ErrNotPretrained)
	}
	var maps []*sym.Expr
	for _, part := range p.Parts {
		if len(part.Output.Shape()) == 4 {
			maps = append(maps, part.Output)
		}
	}
	if len(maps) == 0 {
		return refuse(p.Losses, d, "%w", ErrNoMaps)
	}
	sum := newWeights(p, d.Head)
	for i, before := range p.atStart(maps) {
		shape := before.Shape() // [B, C, H, W]
		distance := sym.Sum(sym.Square(sym.Sub(maps[i], before)))
		sum = sym.Add(sum, sym.Scale(distance, 1/float64(shape[0]*shape[2]*shape[3])))
	}
	return sym.Scale(sum, 0.5)
}

// Lambda returns λ.
func (d Delta) Lambda() float64 { return d.Weight }

// WithLambda returns the same penalty with another λ.
func (d Delta) WithLambda(lambda float64) Regularizer { d.Weight = lambda; return d }

// Name returns "delta".
func (d Delta) Name() string { return "delta" }

// Validate returns what is wrong with the options.
func (d Delta) Validate() error { return check(d.Weight, checkHead(d.Head, d.Schedule.validate())) }

// String returns the text form.
func (d Delta) String() string { return format(d.Name(), d.Weight, d.fields()) }

func (d *Delta) fields() []field {
	return append([]field{{"head", &d.Head}}, d.Schedule.fields()...)
}
