package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// layer is one layer of a random network, as the other side reads it.
type layer struct {
	Op     string `json:"op"`                // conv, dense, norm, act, maxpool, avgpool, globalpool, flatten
	Out    int    `json:"out,omitempty"`     // channels or units
	Kernel int    `json:"kernel,omitempty"`  // of a convolution
	Stride int    `json:"stride,omitempty"`  // of a convolution
	Border int    `json:"border,omitempty"`  // zeros around its input
	NoBias bool   `json:"no_bias,omitempty"` // of conv and dense
	Groups int    `json:"groups,omitempty"`  // of group norm; 0 is batch norm
	Name   string `json:"name,omitempty"`    // of the nonlinearity
}

// network is a random network and what it is applied to.
type network struct {
	Family  string  `json:"family"` // mlp, conv or pooled
	Norm    string  `json:"norm"`   // none, batch or group
	Shape   []int   `json:"shape"`  // of one image
	Batch   int     `json:"batch"`
	Classes int     `json:"classes"`
	Layers  []layer `json:"layers"`
}

// pick returns one of the choices.
func pick[T any](r *rand.Rand, choices ...T) T { return choices[r.IntN(len(choices))] }

// randomNetwork draws a network.
func randomNetwork(r *rand.Rand) network {
	n := network{
		Family: pick(r, "mlp", "conv", "pooled"), Norm: pick(r, "none", "none", "batch", "group"),
		Batch: pick(r, 2, 3, 5, 8, 17), Classes: pick(r, 2, 3, 5, 10, 23),
	}
	if n.Norm == "batch" {
		n.Batch = pick(r, 5, 8, 17) // two numbers are normalized to ±1, whatever they are
	}
	n.Shape = []int{pick(r, 1, 3), 6 + r.IntN(7), 6 + r.IntN(7)}
	act := pick(r, nn.Activations()...)
	unit := func(l layer) {
		l.NoBias = n.Norm != "none"
		n.Layers = append(n.Layers, l)
		switch n.Norm {
		case "batch":
			n.Layers = append(n.Layers, layer{Op: "norm"})
		case "group":
			groups := pick(r, 1, 2)
			if l.Op == "conv" {
				groups = pick(r, 1, 2, l.Out/2)
			}
			n.Layers = append(n.Layers, layer{Op: "norm", Groups: groups})
		}
		n.Layers = append(n.Layers, layer{Op: "act", Name: act})
	}
	if n.Family != "mlp" {
		for i := range 1 + r.IntN(2) {
			unit(layer{Op: "conv", Out: 2 * (2 + r.IntN(5)), Kernel: 3, Stride: 1 + r.IntN(2), Border: r.IntN(2)})
			if n.Family == "pooled" && i == 0 {
				n.Layers = append(n.Layers, layer{Op: pick(r, "maxpool", "maxpool", "avgpool")})
				break // 6 × 6 pixels are 1 × 1 then
			}
		}
		if r.IntN(3) == 0 {
			n.Layers = append(n.Layers, layer{Op: "globalpool"})
		}
	}
	if n.Layers == nil || n.Layers[len(n.Layers)-1].Op != "globalpool" {
		n.Layers = append(n.Layers, layer{Op: "flatten"})
	}
	if n.Family == "mlp" || r.IntN(2) == 0 {
		for range 1 + r.IntN(2) {
			unit(layer{Op: "dense", Out: 4 * (2 + r.IntN(9))})
		}
	}
	n.Layers = append(n.Layers, layer{Op: "dense", Out: n.Classes})
	return n
}

// forward builds the logits.
func (n network) forward(c *nn.Context, x *sym.Expr) *sym.Expr {
	for _, l := range n.Layers {
		switch l.Op {
		case "conv":
			x = nn.Conv{Out: l.Out, Kernel: l.Kernel, Stride: l.Stride, Border: l.Border, NoBias: l.NoBias}.Apply(c, x)
		case "dense":
			x = nn.Dense{Out: l.Out, NoBias: l.NoBias}.Apply(c, x)
		case "norm":
			if l.Groups > 0 {
				x = nn.GroupNorm{Groups: l.Groups}.Apply(c, x)
			} else {
				x = nn.BatchNorm{}.Apply(c, x)
			}
		case "act":
			x = nn.Activation(l.Name).Apply(x)
		case "maxpool":
			x = nn.MaxPool(c, x, 2)
		case "avgpool":
			x = nn.AvgPool(c, x, 2)
		case "globalpool":
			x = nn.GlobalAvgPool(c, x)
		case "flatten":
			x = nn.Flatten(x)
		default:
			panic("no layer " + l.Op)
		}
	}
	return x
}

// penalties are the text forms, without λ, that are drawn from.
var penalties = []string{
	"datagrad:%s", "datagrad:%s", "datagrad:%s,norm=l1", "datagrad:%s,norm=linf",
	"datagrad:%s,at=noise", "datagrad:%s,fraction=0.5",
	"datagrad:%s,slope=linear", "datagrad:%s,slope=two-sided,target=1", "datagrad:%s,slope=excess,target=0.3",
	"spectreg:%s", "spectreg:%s,projections=2,shared=true", "frobreg:%s", "frobreg:%s,slope=linear",
	"jacreg:%s", "jacreg:%s",
	"jacreg:%s,fraction=0.5", "onehot:%s", "random-onehot:%s", "softmaxgrad:%s", "softmaxgrad:%s,held=true", "topk:%s",
	"hoffman:%s", "hoffman:%s,n=-1", "ross:%s", "ross:%s,norm=l1", "finite-difference:%s", "output-noise:%s",
	"adversarial:%s", "adversarial:%s,direction=sign", "virtual-adversarial:%s",
	"virtual-adversarial:%s,epsilon=0.5,xi=0.1,iterations=2",
	"confidence:%s", "label-smoothing:%s",
}

// logits is how large the logits are made.
type logits struct {
	Kind string  `json:"kind"` // plain; scaled: differences as large as Size; shifted: all about Size, or −Size
	Size float64 `json:"size"`
}

func randomLogits(r *rand.Rand) logits {
	l := logits{Kind: pick(r, "plain", "scaled", "shifted"), Size: 1}
	if l.Kind != "plain" {
		l.Size = math.Exp(math.Log(10) + r.Float64()*math.Log(500)) // 10 to 5,000
	}
	return l
}

// randomLambda returns a λ from 0.001 to 1,000; a share for label smoothing.
func randomLambda(r *rand.Rand, form string) string {
	exponent := r.IntN(7) - 3
	if form == "label-smoothing:%s" {
		exponent = -1 - r.IntN(2)
	}
	return fmt.Sprint(math.Pow(10, float64(exponent)))
}
