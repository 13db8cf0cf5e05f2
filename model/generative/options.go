package generative

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// slope is that of the leaky ReLU below 0, the usual one of critics (Radford et al. 2015).
const slope = 0.2

// spread is the standard deviation of the first images' pixels, about: nearly all are within
// [−1, 1], where the data are, though nothing clips them.
const spread = 1. / 3

// maxPoints bounds the numbers of a sample that is no image.
const maxPoints = 1 << 20

// hidden is what follows the linear part of a hidden layer, and whether that is spectrally
// normalized.
type hidden struct {
	norm     nn.Norm
	spectral bool
}

// defaultGroups is the number of groups of critic-norm=group, as elsewhere in the library.
const defaultGroups = 8

// newHidden resolves a normalization by its text and the number of groups, which counts with group
// only.
func newHidden(norm string, groups int) hidden {
	switch norm {
	case "", "none":
		return hidden{norm: nn.Norm{Kind: "none", Groups: groups}}
	case "spectral":
		return hidden{norm: nn.Norm{Kind: "none", Groups: groups}, spectral: true}
	case "group":
		if groups == 0 {
			groups = defaultGroups
		}
	}
	return hidden{norm: nn.Norm{Kind: norm, Groups: groups}}
}

// apply applies the normalization and the leaky ReLU.
func (h hidden) apply(c *nn.Context, x *sym.Expr) *sym.Expr {
	return sym.LeakyReLU(h.norm.Apply(c, x), slope)
}

// dense applies a hidden dense layer.
func (h hidden) dense(c *nn.Context, x *sym.Expr, units int) *sym.Expr {
	layer := nn.Dense{
		Out: units, NoBias: !h.norm.None(), Init: nn.He(slope), Spectral: h.spectral,
	}
	return h.apply(c, layer.Apply(c, x))
}

// score applies the critic's last layer to what the hidden ones have found.
func (h hidden) score(c *nn.Context, x *sym.Expr) *sym.Expr {
	return nn.Dense{Out: 1, Init: nn.He(1), Spectral: h.spectral}.Apply(c, nn.Flatten(x))
}

// couples reports whether samples of a batch depend on each other.
func (h hidden) couples() bool { return h.norm.Kind == "batch" }

// option returns the text form under a key, with a comma before it, unless there is no
// normalization.
func (h hidden) option(key string) string {
	switch {
	case h.spectral:
		return "," + key + "=spectral"
	case h.norm.None():
		return ""
	case h.norm.Kind == "group":
		return fmt.Sprintf(",%s=group,groups=%d", key, h.norm.Groups)
	}
	return "," + key + "=" + h.norm.Kind
}

// check returns what is wrong with the normalization under a key, which takes those kinds, for
// layers of a multiple of width units.
func (h hidden) check(key string, kinds []string, width int) error {
	kind := h.norm.Kind
	if h.spectral {
		kind = "spectral"
	}
	if !slices.Contains(kinds, kind) {
		return spec.Unknown(key, kind, kinds)
	}
	groups := h.norm.Groups
	if kind != "group" {
		if groups != 0 {
			return fmt.Errorf("groups is %d, expected %s=group with it", groups, key)
		}
		return nil
	}
	if groups < 1 || width%groups != 0 {
		return fmt.Errorf("groups is %d, expected at least 1, and a divisor of width, %d",
			groups, width)
	}
	return nil
}

// criticNorms are the kinds of normalization that a critic takes.
func criticNorms() []string { return []string{"none", "group", "spectral", "batch"} }

// checkRange returns an error for an option out of its range.
func checkRange(name string, value, least, most int) error {
	if value < least || value > most {
		return fmt.Errorf("%s is %d, expected %d to %d", name, value, least, most)
	}
	return nil
}

// checkImages returns an error unless the shape is [C, H, W] with C ≥ 1.
func checkImages(shape []int) error {
	if len(shape) != 3 || shape[0] < 1 || shape[0] > maxChannels {
		return fmt.Errorf("samples of shape %s, expected images [C, H, W] of 1 to %d channels",
			format(shape), maxChannels)
	}
	return nil
}

// maxChannels bounds the channels of an image: several pictures may be packed into one.
const maxChannels = 64

// format writes a shape as [3, 64, 64].
func format(shape []int) string { return strings.ReplaceAll(fmt.Sprint(shape), " ", ", ") }

// checked returns x, with an error unless it is [B, shape…].
func checked(x *sym.Expr, shape []int) *sym.Expr {
	if s := x.Shape(); len(s) == 0 || !slices.Equal(s[1:], shape) {
		return sym.Refuse(x, fmt.Errorf("the critic's input is %v, expected [B, %s",
			s, strings.TrimPrefix(format(shape), "[")))
	}
	return x
}
