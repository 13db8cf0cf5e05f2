package backbone

import (
	"fmt"
	"strings"
)

// Layout is the way in which the tensors of an architecture are named in a file.
type Layout string

// The layouts that are recognized.
const (
	// Torchvision is that of torchvision, which for residual networks is timm's, too.
	Torchvision Layout = "torchvision"
	// TorchvisionFlat is the one that torchvision's MobileNetV2 had before: features.2.conv.3.weight
	// instead of features.2.conv.1.0.weight.
	TorchvisionFlat Layout = "torchvision, old"
	Timm            Layout = "timm"
	// Lukemelas is that of lukemelas/EfficientNet-PyTorch and what was made with it.
	Lukemelas Layout = "lukemelas"
)

// layout says which architectures a layout names, and how.
type layout struct {
	name   Layout
	family family
	// only are the architectures that it has, all of the family if nil.
	only []string
	// mark are tensors that files of the layout have and files of others do not.
	mark []string
	// rename returns the names in the layout of the layers of an architecture, by their canonical
	// names. A layer is what stands before the last dot. Names that stay are left out.
	rename func(a *architecture) map[string]string
}

var layouts = []layout{
	{
		name: Torchvision, family: resnet, mark: []string{"conv1.weight", "layer1.0.conv1.weight"},
		rename: func(*architecture) map[string]string { return nil },
	},
	{
		name: Timm, family: inverted, mark: []string{"conv_stem.weight", "blocks.0.0.conv_dw.weight"},
		rename: func(*architecture) map[string]string { return nil },
	},
	{
		name: Lukemelas, family: inverted, mark: []string{"_conv_stem.weight"},
		only:   []string{"efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"},
		rename: lukemelasNames,
	},
	{
		name: Torchvision, family: inverted, only: []string{"mobilenet_v2"},
		mark: []string{"features.0.0.weight", "features.1.conv.0.0.weight"}, rename: torchvisionNames,
	},
	{
		name: TorchvisionFlat, family: inverted, only: []string{"mobilenet_v2"},
		mark: []string{"features.0.0.weight", "features.1.conv.0.weight"}, rename: flatNames,
	},
}

// parts are the layers of a block in their order, by their canonical names: convolutions and norms
// in turns.
func (b block) parts() []string {
	if !b.expands {
		return []string{"conv_dw", "bn1", "conv_pw", "bn2"}
	}
	return []string{"conv_pw", "bn1", "conv_dw", "bn2", "conv_pwl", "bn3"}
}

// named returns the names of the layers of all blocks, where of the i-th block those of parts are
// names(i, b).
func (a *architecture) named(names func(i int, b block) []string) map[string]string {
	out := map[string]string{}
	for i, b := range a.blocks {
		in := names(i, b)
		for j, part := range b.parts() {
			out[fmt.Sprintf("blocks.%d.%d.%s", b.stage, b.index, part)] = in[j]
		}
	}
	return out
}

func lukemelasNames(a *architecture) map[string]string {
	out := a.named(func(i int, b block) []string {
		parts := []string{"_expand_conv", "_bn0", "_depthwise_conv", "_bn1", "_project_conv", "_bn2"}
		if !b.expands {
			parts = parts[2:]
		}
		return prefixed(fmt.Sprintf("_blocks.%d.", i), parts)
	})
	out["conv_stem"], out["bn1"] = "_conv_stem", "_bn0"
	out["conv_head"], out["bn2"], out["classifier"] = "_conv_head", "_bn1", "_fc"
	return out
}

func torchvisionNames(a *architecture) map[string]string {
	out := a.named(func(i int, b block) []string {
		parts := []string{"0.0", "0.1", "1.0", "1.1", "2", "3"}
		if !b.expands {
			parts = []string{"0.0", "0.1", "1", "2"}
		}
		return prefixed(fmt.Sprintf("features.%d.conv.", i+1), parts)
	})
	return a.torchvisionEnds(out)
}

func flatNames(a *architecture) map[string]string {
	out := a.named(func(i int, b block) []string {
		parts := []string{"0", "1", "3", "4", "6", "7"}
		if !b.expands {
			parts = parts[:4]
		}
		return prefixed(fmt.Sprintf("features.%d.conv.", i+1), parts)
	})
	return a.torchvisionEnds(out)
}

// torchvisionEnds adds the names of what is before and behind the blocks.
func (a *architecture) torchvisionEnds(out map[string]string) map[string]string {
	head := fmt.Sprintf("features.%d.", len(a.blocks)+1)
	out["conv_stem"], out["bn1"] = "features.0.0", "features.0.1"
	out["conv_head"], out["bn2"], out["classifier"] = head+"0", head+"1", "classifier.1"
	return out
}

func prefixed(prefix string, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = prefix + name
	}
	return out
}

// nameIn returns the name in the layout of the tensor with a canonical name.
func nameIn(renamed map[string]string, canonical string) string {
	dot := strings.LastIndexByte(canonical, '.')
	if to, ok := renamed[canonical[:dot]]; ok {
		return to + canonical[dot:]
	}
	return canonical
}
