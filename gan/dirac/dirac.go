// Package dirac trains the smallest generative adversarial network there is, the Dirac-GAN of
// Mescheder, Geiger and Nowozin 2018 (section 2): the data are the point 0, the generator makes the
// point θ, and the critic is D(x) = ψ·x. What a training does to (θ, ψ) is known in theory, so that
// the trainer itself can be held against it: package gan builds the steps, and the engine takes
// them in float32.
//
// With step size h simultaneous gradient steps are Euler's steps of
//
//	θ̇ = −∂L_G/∂θ,  ψ̇ = −∂L_D/∂ψ
//
// whose linearization at (0, 0) has, for ℓ′ the slope of the objective at 0 and γ = 2λ the weight
// of R1, R2 or both together, the eigenvalues −γ/2 ± √(γ²/4 − ℓ′²) (their section 4.1): without a
// penalty the radius √(θ² + ψ²) stays to first order, and each step of h adds h²ℓ′² of it to its
// square.
//
// # A further objective or penalty
//
// It needs nothing here: both come from package gan and its root.
package dirac

import (
	"fmt"
	"math"
	"math/cmplx"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/train"
)

// Pair is the generator and the critic. Both parameters start at 1.
type Pair struct{}

// Generate returns θ for every sample: [B, 1], whatever the noise is.
func (Pair) Generate(c *nn.Context, z *sym.Expr) *sym.Expr {
	theta := c.Weight("theta", nn.Constant(1), 1)
	return sym.Broadcast(theta, []int{1}, z.Shape()[0], 1)
}

// Score returns ψ·x: [B, 1].
func (Pair) Score(c *nn.Context, x *sym.Expr) *sym.Expr {
	return sym.MatMul(x, c.Weight("psi", nn.Constant(1), 1, 1))
}

// Point is where a training is.
type Point struct {
	Theta float64 `json:"theta"`
	Psi   float64 `json:"psi"`
}

// Radius returns √(θ² + ψ²).
func (p Point) Radius() float64 { return math.Hypot(p.Theta, p.Psi) }

// Options are what a trajectory is made of.
type Options struct {
	Objective    gan.Objective
	Regularizers []gradreg.Regularizer
	StepSize     float64 // h
	Steps        int
	// Alternating lets the generator see the critic as its step leaves it; else both steps start
	// from one point. CriticSteps is how many of the critic come first then, 1 if 0.
	Alternating bool
	CriticSteps int
}

// batch is the number of samples of a step: all are equal.
const batch = 4

// Trajectory returns where the training is before the first step and after each.
func Trajectory(o Options) ([]Point, error) {
	descent, err := optim.Parse("sgd:momentum=0")
	if err != nil {
		return nil, err
	}
	t, err := gan.NewTraining(gan.Options{
		Pair: Pair{}, Shape: []int{1}, Noise: 1, Batch: batch, Objective: o.Objective,
		Regularizers: o.Regularizers, Critic: descent, Generator: descent, Steps: o.Steps,
		CriticSteps: max(o.CriticSteps, 1),
	})
	if err != nil {
		return nil, err
	}
	native, err := engine.Native(engine.Options{Threads: 1})
	if err != nil {
		return nil, err
	}
	program, err := native.Compile(t.Steps()...)
	if err != nil {
		return nil, err
	}
	defer program.Close()
	r := runner{Options: o, training: t, program: program}
	return r.run()
}

// runner takes the steps.
type runner struct {
	Options
	training *gan.Training
	program  engine.Program
}

func (r *runner) run() ([]Point, error) {
	if err := r.training.Initialize(r.program, 1); err != nil {
		return nil, err
	}
	at, err := r.at()
	if err != nil {
		return nil, err
	}
	points := []Point{at}
	for s := 1; s <= r.Steps; s++ {
		if at, err = r.step(s, at); err != nil {
			return nil, err
		}
		if points = append(points, at); math.IsNaN(at.Radius()) || math.IsInf(at.Radius(), 0) {
			return points, train.NewDivergence(fmt.Errorf("dirac: (%v, %v) at step %d", at.Theta, at.Psi, s))
		}
	}
	return points, nil
}

// step takes a step from a point.
func (r *runner) step(s int, from Point) (Point, error) {
	times := 1
	if r.Alternating {
		times = max(r.CriticSteps, 1)
	}
	for k := range times {
		turn := (s-1)*times + k + 1
		if err := r.training.Imagine(r.program, 1, turn); err != nil {
			return from, err
		}
		if err := r.training.CriticStep(r.program, 1, turn, r.StepSize); err != nil {
			return from, err
		}
	}
	moved, err := r.at()
	if err != nil {
		return from, err
	}
	if !r.Alternating { // the generator sees the critic as it was
		if err := r.set(r.training.Critic, from.Psi); err != nil {
			return from, err
		}
	}
	if err := r.training.GeneratorStep(r.program, 1, s, r.StepSize, 1); err != nil {
		return from, err
	}
	to, err := r.at()
	if err == nil && !r.Alternating {
		to.Psi = moved.Psi
		err = r.set(r.training.Critic, to.Psi)
	}
	return to, err
}

// at reads where the training is.
func (r *runner) at() (p Point, err error) {
	if p.Theta, err = r.value(r.training.Generator); err != nil {
		return p, err
	}
	p.Psi, err = r.value(r.training.Critic)
	return p, err
}

// value returns the one parameter of a network.
func (r *runner) value(t *gradreg.Training) (float64, error) {
	var v [1]float32
	err := r.program.Read(t.Params.Trainable()[0].Expr, v[:])
	return float64(v[0]), err
}

// set gives the one parameter of a network its value.
func (r *runner) set(t *gradreg.Training, v float64) error {
	return r.program.Write(t.Params.Trainable()[0].Expr, []float32{float32(v)})
}

// Eigenvalues returns those of the linearized field at (0, 0): −γ/2 ± √(γ²/4 − slope²).
func Eigenvalues(gamma, slope float64) [2]complex128 {
	root := cmplx.Sqrt(complex(gamma*gamma/4-slope*slope, 0))
	return [2]complex128{complex(-gamma/2, 0) + root, complex(-gamma/2, 0) - root}
}

// Rate returns the rate at which Euler's steps of size h change the radius near (0, 0), per unit of
// time: ln|1 + h·μ|/h for the eigenvalue μ that decays most slowly.
func Rate(eigenvalues [2]complex128, h float64) float64 {
	slowest := math.Inf(-1)
	for _, mu := range eigenvalues {
		slowest = math.Max(slowest, math.Log(cmplx.Abs(1+complex(h, 0)*mu))/h)
	}
	return slowest
}

// MeasuredRate fits the logarithm of the radius over the last half of a trajectory of step size h: its
// change per unit of time. Points too near 0 for float32 are left out.
func MeasuredRate(points []Point, h float64) (float64, error) {
	var n, sumT, sumL, sumTT, sumTL float64
	for i := len(points) / 2; i < len(points); i++ {
		r := points[i].Radius()
		if !(r > 1e-30) {
			break
		}
		t, l := float64(i)*h, math.Log(r)
		n, sumT, sumL, sumTT, sumTL = n+1, sumT+t, sumL+l, sumTT+t*t, sumTL+t*l
	}
	if n < 3 {
		return 0, fmt.Errorf("dirac: %v points away from 0, expected at least 3", n)
	}
	return (n*sumTL - sumT*sumL) / (n*sumTT - sumT*sumT), nil
}

// Method is an objective with penalties, by their names and text forms.
type Method struct {
	Objective    string
	Regularizers []string
	Alternating  bool
	CriticSteps  int
}

// Options returns the method's trajectory of a step size.
func (m Method) Options(h float64, steps int) (Options, error) {
	o := Options{StepSize: h, Steps: steps, Alternating: m.Alternating, CriticSteps: m.CriticSteps}
	var err error
	if o.Objective, err = gan.ParseObjective(m.Objective); err != nil {
		return o, err
	}
	o.Regularizers, err = gan.ParseRegularizers(m.Regularizers)
	return o, err
}
