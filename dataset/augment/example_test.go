package augment_test

import (
	"fmt"

	"github.com/gradreg/gradreg/dataset/augment"
)

// An image changes from step to step, and is the same whenever the step is taken again.
func ExamplePipeline_Apply() {
	p, err := augment.Parse("flip,shift:0.25")
	if err != nil {
		fmt.Println(err)
		return
	}
	image := []byte{
		1, 2, 3, 4,
		5, 6, 7, 8,
	} // one plane, 2 × 4
	changed := make([]byte, len(image))
	for _, step := range []uint64{1, 2, 4, 1} {
		p.Apply(changed, image, 1, 2, 4, augment.Key{Seed: 3, Step: step, Image: 0})
		fmt.Println(step, changed)
	}
	// Output:
	// 1 [4 4 3 2 8 8 7 6]
	// 2 [3 2 1 1 7 6 5 5]
	// 4 [1 1 2 3 5 5 6 7]
	// 1 [4 4 3 2 8 8 7 6]
}

// The text form is that of gradreg train --augment; what is wrong with one is said in a line.
func ExampleParse() {
	p, err := augment.Parse("mixup:0.2, flip, rotate:10")
	fmt.Println(p, err)
	_, err = augment.Parse("flip,rotato:10")
	fmt.Println(err)
	// Output:
	// flip,rotate:10,mixup:0.2 <nil>
	// unknown augmentation "rotato" (did you mean "rotate"?), expected one of color, crop, cutout, default, flip, mixup, none, resized-crop, rotate, scale, shift
}
