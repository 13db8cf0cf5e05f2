package backbone

import "fmt"

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
	newResNet("resnet18", []int{2, 2, 2, 2}, false),
	newResNet("resnet34", []int{3, 4, 6, 3}, false),
	newResNet("resnet50", []int{3, 4, 6, 3}, true),
	newInverted("mobilenet_v2", 224, []stage{
		{3, 1, 16, 1}, {3, 6, 24, 2}, {3, 6, 32, 3}, {3, 6, 64, 4}, {3, 6, 96, 3}, {3, 6, 160, 3},
		{3, 6, 320, 1},
	}),
	newInverted("efficientnet_lite0", 224, []stage{
		{3, 1, 16, 1}, {3, 6, 24, 2}, {5, 6, 40, 2}, {3, 6, 80, 3}, {5, 6, 112, 3}, {5, 6, 192, 4},
		{3, 6, 320, 1},
	}),
	newInverted("efficientnet_lite1", 240, []stage{
		{3, 1, 16, 1}, {3, 6, 24, 3}, {5, 6, 40, 3}, {3, 6, 80, 4}, {5, 6, 112, 4}, {5, 6, 192, 5},
		{3, 6, 320, 1},
	}),
	newInverted("efficientnet_lite2", 260, []stage{
		{3, 1, 16, 1}, {3, 6, 24, 3}, {5, 6, 48, 3}, {3, 6, 88, 4}, {5, 6, 120, 4}, {5, 6, 208, 5},
		{3, 6, 352, 1},
	}),
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

// newResNet returns a residual network with that many blocks in its four stages, of three
// convolutions each if it has bottlenecks.
func newResNet(name string, blocks []int, bottleneck bool) architecture {
	a := architecture{name: name, family: resnet, features: 512, size: 224}
	a.conv("conv1", 64, 3, 7)
	a.norm("bn1", 64)
	in := 64
	for s, n := range blocks {
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

// stage are blocks of the same kind.
type stage struct{ kernel, expand, channels, blocks int }

// newInverted returns a network of inverted residual blocks.
func newInverted(name string, size int, stages []stage) architecture {
	a := architecture{name: name, family: inverted, features: 1280, size: size}
	a.conv("conv_stem", 32, 3, 3)
	a.norm("bn1", 32)
	in := 32
	for s, of := range stages {
		for i := range of.blocks {
			b := block{
				stage: s, index: i, in: in, wide: of.expand * in, out: of.channels, kernel: of.kernel,
				expands: of.expand > 1,
			}
			a.blocks = append(a.blocks, b)
			a.block(b)
			in = of.channels
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
