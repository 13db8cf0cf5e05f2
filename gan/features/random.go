package features

import (
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// randomSeed is that of the weights of [Random], the same ones for all who compare.
const randomSeed = 1

// randomWidths are the channels of the layers of [Random].
var randomWidths = []int{16, 32, 64}

// Random returns a network of 3×3 convolutions with stride 2, leaky ReLU and a mean over positions,
// whose weights are drawn after He et al. 2015. What it sees of images no training has chosen, so a
// ranking that holds under it and under a classifier is none of the classifier's making.
func Random(shape dataset.Shape, threads int) (*Network, error) {
	g := sym.NewGraph()
	params := nn.NewParams(g)
	c := nn.NewContext(params, false, 0)
	x := g.Input("x", sym.Float, batch, shape.C, shape.H, shape.W)
	h := x
	for _, width := range randomWidths {
		conv := nn.Conv{Out: width, Kernel: 3, Stride: 2, Padding: nn.Same, Init: nn.He(randomSlope)}
		h = sym.LeakyReLU(conv.Apply(c, h), randomSlope)
	}
	h = nn.GlobalAvgPool(c, h)
	if err := h.Err(); err != nil {
		return nil, fault.Inputf("images of %v are too small: %w", shape, err)
	}
	on, err := engine.Native(engine.Options{Threads: threads})
	if err != nil {
		return nil, err
	}
	program, err := on.Compile(engine.Step{Outputs: []*sym.Expr{h}})
	if err != nil {
		return nil, err
	}
	if err := params.Initialize(program, randomSeed); err != nil {
		program.Close()
		return nil, err
	}
	width := h.Shape()[1]
	return &Network{
		Name: fmt.Sprintf("random-%d", width), Shape: shape, count: width, close: program.Close,
		of: func(images [][]byte) (features, logits []float32, err error) {
			return run(program, x, shape, width, images)
		},
	}, nil
}

// randomSlope is that of the leaky ReLU.
const randomSlope = 0.2

// run computes features of images, values from −1 to 1.
func run(
	p engine.Program, x *sym.Expr, shape dataset.Shape, width int, images [][]byte,
) (features, none []float32, err error) {
	size, out := shape.Size(), make([]float32, batch*width)
	for some := range slices.Chunk(images, batch) {
		err := p.Fill(x, func(dst []float32) {
			for i, image := range some {
				for j, v := range image {
					dst[i*size+j] = gan.Value(v)
				}
			}
		})
		if err != nil {
			return nil, nil, err
		}
		if err := p.Run(0, 0, 0); err != nil {
			return nil, nil, err
		}
		if err := p.Output(0, out); err != nil {
			return nil, nil, err
		}
		features = append(features, out[:len(some)*width]...)
	}
	return features, nil, nil
}
