package backbone

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/photonet"
)

// entry is a tensor of an architecture: its canonical name and its shape. Extent -1 stands for the
// number of classes.
type entry struct {
	name  string
	shape []int
	// optional tensors are all there or none: those of the classifier.
	optional bool
}

// anyExtent stands for the number of classes.
const anyExtent = -1

// architecture is one of the known networks.
type architecture struct {
	name     string
	family   family
	features int // the dense layer's inputs
	size     int // of the images it was made for, in pixels
	entries  []entry
	blocks   []block // of the families of inverted residual blocks
}

// family are architectures that have the same names.
type family int

const (
	resnet family = iota
	inverted
)

// block is an inverted residual block: the first of each network does not expand.
type block struct {
	stage, index  int // S and B of blocks.S.B
	in, wide, out int // channels
	kernel        int
	expands       bool
}

// architectures are the known networks.
var architectures = []architecture{
	newResNet(18), newResNet(34), newResNet(50),
	newInverted("mobilenet_v2", 224, photonet.MobileNetV2),
	newLite(0), newLite(1), newLite(2),
}

// Architectures lists the names of the known architectures.
func Architectures() []string {
	var names []string
	for _, a := range architectures {
		names = append(names, a.name)
	}
	return names
}

// conv, norm and dense append the tensors of a layer.
func (a *architecture) conv(name string, out, in, kernel int) {
	a.entries = append(a.entries, entry{name: name + ".weight", shape: []int{out, in, kernel, kernel}})
}

func (a *architecture) norm(name string, channels int) {
	for _, part := range []string{"weight", "bias", "running_mean", "running_var"} {
		a.entries = append(a.entries, entry{name: name + "." + part, shape: []int{channels}})
	}
}

func (a *architecture) dense(name string) {
	a.entries = append(a.entries,
		entry{name: name + ".weight", shape: []int{anyExtent, a.features}, optional: true},
		entry{name: name + ".bias", shape: []int{anyExtent}, optional: true},
	)
}

// newResNet returns the residual network of a depth, whose blocks have three convolutions each from
// 50 on.
func newResNet(depth int) architecture {
	a := architecture{name: fmt.Sprintf("resnet%d", depth), family: resnet, size: 224}
	bottleneck := depth >= 50
	a.conv("conv1", 64, 3, 7)
	a.norm("bn1", 64)
	in := 64
	for s, n := range photonet.ResNet[depth] {
		width := 64 << s
		out := width
		if bottleneck {
			out = 4 * width
		}
		for b := range n {
			at := fmt.Sprintf("layer%d.%d.", s+1, b)
			if bottleneck {
				a.conv(at+"conv1", width, in, 1)
				a.norm(at+"bn1", width)
				a.conv(at+"conv2", width, width, 3)
				a.norm(at+"bn2", width)
				a.conv(at+"conv3", out, width, 1)
				a.norm(at+"bn3", out)
			} else {
				a.conv(at+"conv1", out, in, 3)
				a.norm(at+"bn1", out)
				a.conv(at+"conv2", out, out, 3)
				a.norm(at+"bn2", out)
			}
			if b == 0 && in != out {
				a.conv(at+"downsample.0", out, in, 1)
				a.norm(at+"downsample.1", out)
			}
			in = out
		}
	}
	a.features = in
	a.dense("fc")
	return a
}

// newLite returns a variant of EfficientNet-Lite.
func newLite(variant int) architecture {
	return newInverted(
		fmt.Sprintf("efficientnet_lite%d", variant), photonet.Lites[variant].Size,
		photonet.EfficientNetLite(variant),
	)
}

// newInverted returns a network of inverted residual blocks.
func newInverted(name string, size int, stages []photonet.Stage) architecture {
	a := architecture{name: name, family: inverted, features: 1280, size: size}
	a.conv("conv_stem", 32, 3, 3)
	a.norm("bn1", 32)
	in := 32
	for s, of := range stages {
		for i := range of.Blocks {
			b := block{
				stage: s, index: i, in: in, wide: of.Expand * in, out: of.Channels, kernel: of.Kernel,
				expands: of.Expand > 1,
			}
			a.blocks = append(a.blocks, b)
			a.block(b)
			in = of.Channels
		}
	}
	a.conv("conv_head", a.features, in, 1)
	a.norm("bn2", a.features)
	a.dense("classifier")
	return a
}

// block appends the tensors of a block.
func (a *architecture) block(b block) {
	at := fmt.Sprintf("blocks.%d.%d.", b.stage, b.index)
	if !b.expands {
		a.conv(at+"conv_dw", b.wide, 1, b.kernel)
		a.norm(at+"bn1", b.wide)
		a.conv(at+"conv_pw", b.out, b.wide, 1)
		a.norm(at+"bn2", b.out)
		return
	}
	a.conv(at+"conv_pw", b.wide, b.in, 1)
	a.norm(at+"bn1", b.wide)
	a.conv(at+"conv_dw", b.wide, 1, b.kernel)
	a.norm(at+"bn2", b.wide)
	a.conv(at+"conv_pwl", b.out, b.wide, 1)
	a.norm(at+"bn3", b.out)
}
