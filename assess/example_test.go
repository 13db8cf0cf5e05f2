package assess_test

import (
	"fmt"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// brighter is a network without weights: the logits of an image of two pixels are the pixels.
type brighter struct{}

func (brighter) Logits(_ *nn.Context, x *sym.Expr, classes int) *sym.Expr {
	return sym.Reshape(x, x.Shape()[0], classes)
}
func (brighter) Validate() error { return nil }
func (brighter) String() string  { return "brighter" }

// An image of the pixels 153 and 102 of 255, in which the first is brighter by 0.2: the answer changes where both are
// equal, at a distance of 0.2/√2, or when each changes by 0.1.
func ExampleNetwork() {
	n, err := assess.NewNetwork(assess.NetworkOptions{Model: brighter{}, Shape: dataset.Shape{C: 1, H: 1, W: 2}, Classes: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer n.Close()
	part := &dataset.Part{Shape: n.Shape, Images: []byte{153, 102}, Labels: []int32{0}}
	images := assess.Images{Subset: dataset.Whole(part), Normalizer: dataset.Normalizer{Mean: []float64{0.5}, Std: []float64{0.25}}}
	slopes, err := n.Slopes(images)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("margin %.3f, Jacobian %.3f, distance %.3f\n", slopes[0].Margin, slopes[0].Jacobian, slopes[0].Distance)
	curve, err := n.RobustCurve(images, assess.Attack{Norm: assess.LInf, Steps: 10}, []float64{0.05, 0.09, 0.11}, nil)
	fmt.Println(curve, err)
	curve, err = n.RobustCurve(images, assess.Attack{Norm: assess.L2, Steps: 10}, []float64{0.1, 0.14, 0.15}, nil)
	fmt.Println(curve, err)
	// Output:
	// margin 0.800, Jacobian 1.414, distance 0.141
	// [[true] [true] [false]] <nil>
	// [[true] [true] [false]] <nil>
}

func ExampleLogits() {
	l := &assess.Logits{Classes: 2}
	l.Add([]float32{2, 0, 0, 1, 3, 0}, []int32{0, 1, 1})
	s := l.Score()
	low, high := s.Interval()
	fmt.Printf("accuracy %.2f (%.2f to %.2f), ECE %.2f, Brier %.2f\n", s.Accuracy(), low, high, l.Calibration(assess.CalibrationBins).ECE(), l.Brier())
	fmt.Println(l.Confusion().Matrix())
	fmt.Printf("%+v\n", l.Worst(1)[0].Index)
	// Output:
	// accuracy 0.67 (0.21 to 0.94), ECE 0.45, Brier 0.66
	// [1 0 1 1]
	// 2
}
