package toy_test

import (
	"context"
	"fmt"

	"github.com/gradreg/gradreg/toy"
)

// The penalty acts at the training points only, but the slope between them falls, too.
func ExampleRun() {
	o := toy.Quick()
	o.Problems, o.Lambdas, o.Steps = []string{"sine"}, []float64{0, 0.1}, 200
	r, err := toy.Run(context.Background(), o)
	if err != nil {
		fmt.Println(err)
		return
	}
	without, with := r.Trained[0], r.Trained[1]
	fmt.Println("less than half the slope at the points:", with.SlopeAt < without.SlopeAt/2)
	fmt.Println("less than half the slope between them:", with.SlopeBetween < without.SlopeBetween/2)
	// Output:
	// less than half the slope at the points: true
	// less than half the slope between them: true
}
