package generative_test

import (
	"fmt"

	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// line is a pair of a user's own: a generator that stretches and moves its noise, and a linear
// critic.
type line struct{}

func (line) Generate(c *nn.Context, z *sym.Expr) *sym.Expr { return nn.Dense{Out: 2}.Apply(c, z) }

func (line) Score(c *nn.Context, x *sym.Expr) *sym.Expr {
	return nn.Dense{Out: 1, Init: nn.He(1)}.Apply(c, x)
}

func (line) Couples() bool { return false }

func (line) String() string { return "line" }

// A pair of one's own is four methods.
func ExamplePair() {
	s, err := generative.Summarize(line{}, []int{2}, 3)
	fmt.Println(s.Generator.Parameters, s.Critic.Parameters, err)
	// Output: 8 3 <nil>
}

// The layers of both networks, their parameters and multiply-adds for one image.
func ExampleSummarize() {
	shape := []int{1, 28, 28}
	pair, err := generative.Parse("dcgan:width=32,critic-norm=spectral", shape)
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := generative.Summarize(pair, shape, 64)
	fmt.Println(err)
	for _, l := range append(s.Generator.Layers, s.Critic.Layers...) {
		fmt.Println(l.Name, l.Kind, l.Shape, l.Parameters, l.MACs)
	}
	fmt.Println(s.Generator.Parameters, s.Generator.MACs, s.Critic.Parameters, s.Critic.MACs)
	// Output:
	// <nil>
	// generator/dense1 dense [1, 3136] 203840 200704
	// generator/deconv1 deconv 4x4, stride 2 [1, 32, 14, 14] 32800 1605632
	// generator/deconv2 deconv 4x4, stride 2 [1, 16, 28, 28] 8208 1605632
	// generator/conv1 conv 3x3 [1, 1, 28, 28] 145 112896
	// critic/conv1 conv 4x4, stride 2, spectral [1, 32, 14, 14] 544 100352
	// critic/conv2 conv 4x4, stride 2, spectral [1, 64, 7, 7] 32832 1605632
	// critic/conv3 conv 4x4, stride 2, spectral [1, 128, 3, 3] 131200 1179648
	// critic/dense1 dense, spectral [1, 1] 1153 1152
	// 244993 3524864 165729 2886784
}

// The gradient with respect to the image before the augmentation is what a penalty takes.
func ExampleAugment() {
	augment, err := generative.ParseAugment("contrast,shift,p=0.4")
	if err != nil {
		fmt.Println(err)
		return
	}
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g).Scope("critic"), true, 0)
	x := g.Input("x", sym.Float, 16, 3, 32, 32)
	pair := generative.DCGAN{Shape: []int{3, 32, 32}, Width: 8}
	scores := pair.Score(c, augment.Apply(c, x))
	slope := sym.Gradient(sym.Sum(scores), x)[0]
	fmt.Println(augment, scores.Shape(), slope.Shape())
	// Output: contrast,shift,p=0.4 [16, 1] [16, 3, 32, 32]
}
