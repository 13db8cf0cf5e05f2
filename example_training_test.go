package gradreg_test

import (
	"fmt"
	"log"
	"math"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// A training loop of one's own: a network, a loss, penalties and an optimizer become steps, which
// an engine compiles to a program. Here points are in one of two classes, inside a circle or
// outside, and DataGrad is taken at every second step.
func ExampleTraining() {
	const batch, steps, seed = 64, 400, 1
	c := nn.NewContext(nn.NewParams(sym.NewGraph()), true, 0)
	x, y := c.Graph().Input("x", sym.Float, batch, 2), c.Graph().Input("y", sym.Int, batch)
	network := func(c *nn.Context, x *sym.Expr) *sym.Expr {
		return nn.Dense{Out: 2}.Apply(c, sym.Tanh(nn.Dense{Out: 32}.Apply(c, x)))
	}
	problem := gradreg.NewProblem(task.Classification{}, c, x, sym.OneHot(y, 2), network)
	training := gradreg.NewTraining(c, optim.NewAdam())
	regs, err := gradreg.ParseAll([]string{"datagrad:0.01,every=2"})
	if err != nil {
		log.Fatal(err)
	}
	training.Regularize(problem, regs)

	native, err := engine.Native(engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	program, err := native.Compile(training.Steps(steps)...)
	if err != nil {
		log.Fatal(err)
	}
	defer program.Close()
	if err := training.Params.Initialize(program, seed); err != nil {
		log.Fatal(err)
	}
	points, classes := make([]float32, batch*2), make([]int32, batch)
	var loss float32
	for s := 1; s <= steps; s++ {
		for i := range classes { // a sunflower of points, turned a little at each step
			radius, angle := 2*math.Sqrt((float64(i)+0.5)/batch), 2.4*float64(i)+float64(s)
			points[2*i], points[2*i+1] = float32(radius*math.Cos(angle)), float32(radius*math.Sin(angle))
			classes[i] = int32(math.Round(radius / 2.4))
		}
		if err := program.Write(x, points); err != nil {
			log.Fatal(err)
		}
		if err := program.WriteInts(y, classes); err != nil {
			log.Fatal(err)
		}
		if err := training.Run(program, seed, s, steps, 0.01); err != nil {
			log.Fatal(err)
		}
		if loss, err = engine.Scalar(program, 0); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(loss < 0.1)
	// Output: true
}
