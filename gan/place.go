package gan

import (
	"fmt"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// places are the problems of a critic on one batch: real samples and generated ones of the same
// index, and the points that penalties ask for.
type places struct {
	objective  Objective
	real, fake *gradreg.Problem
	forward    func(x *sym.Expr) *sym.Expr // the critic once more, with random numbers of its own
	more       map[string]*gradreg.Problem
}

// newPlaces builds the scores of a critic of real and generated samples.
func newPlaces(o Objective, c *nn.Context, real, fake *sym.Expr, forward gradreg.Forward) *places {
	first := true
	again := func(x *sym.Expr) *sym.Expr {
		if first { // the context notes the layers once, and keeps their updates
			first = false
			return oneScore(forward(c, x))
		}
		return oneScore(forward(c.Again(), x))
	}
	p := &places{objective: o, forward: again, more: map[string]*gradreg.Problem{}}
	ofReal, ofFake := again(real), again(fake)
	p.real = p.problem(c, side{gradreg.PlaceReal, o.real}, real, ofReal, ofFake)
	p.fake = p.problem(c, side{gradreg.PlaceFake, o.fake}, fake, ofFake, ofReal)
	return p
}

// oneScore refuses what is not one score a sample.
func oneScore(scores *sym.Expr) *sym.Expr {
	if s := scores.Shape(); scores.Err() == nil && (len(s) != 2 || s[1] != 1) {
		return sym.Refuse(scores, fmt.Errorf("the critic's result is %v, expected [samples, 1]", s))
	}
	return scores
}

// problem makes the problem of a side.
func (p *places) problem(c *nn.Context, s side, x, own, other *sym.Expr) *gradreg.Problem {
	q := &gradreg.Problem{
		Graph: c.Graph(), Input: x, Targets: other, Outputs: own, Task: criticTask{side: s}, Params: c.Params,
		Forward: p.forward, NextStream: c.NextStream, Place: p.at,
	}
	if own.Err() == nil {
		q.Batch = own.Shape()[0]
	}
	q.Losses = own
	if s.losses != nil {
		q.Losses = s.Losses(own, other)
	}
	return q
}

// at returns the problem at a place.
func (p *places) at(name string) (*gradreg.Problem, error) {
	switch name {
	case gradreg.PlaceReal:
		return p.real, nil
	case gradreg.PlaceFake:
		return p.fake, nil
	}
	if q := p.more[name]; q != nil {
		return q, nil
	}
	var x *sym.Expr
	switch name {
	case gradreg.PlaceBetween:
		x = p.between()
	case gradreg.PlaceAround:
		x = p.around()
	default:
		return nil, fmt.Errorf("unknown place %q of a critic", name)
	}
	scores := x
	if x.Err() == nil {
		scores = p.forward(x)
	}
	q := *p.real
	q.Input, q.Outputs, q.Targets, q.Losses = x, scores, scores, scores
	q.Task, q.Updates = criticTask{side: side{place: name}}, nil
	p.more[name] = &q
	return &q, nil
}

// between returns r + α·(f − r), α uniform on [0, 1) for each pair (Gulrajani et al. 2017, algorithm
// 1).
func (p *places) between() *sym.Expr {
	real, fake := p.real.Input, p.fake.Input
	return sym.Add(real, sym.Mul(p.share(), sym.Sub(fake, real)))
}

// around returns r + α·½σ·u, α uniform on [0, 1) for each sample, u for each number, and σ the
// standard deviation of all numbers of the batch (Kodali et al. 2017 in their code: the noise is not
// negative).
func (p *places) around() *sym.Expr {
	real := p.real.Input
	if real.Err() != nil {
		return real
	}
	centred := sym.Sub(real, sym.BroadcastTo(sym.Mean(real), real.Shape()...))
	deviation := sym.Sqrt(sym.AddScalar(sym.Mean(sym.Square(centred)), 1e-12))
	noise := real.Graph().Uniform(p.real.NextStream(), real.Shape()...)
	size := sym.BroadcastTo(sym.Scale(deviation, 0.5), real.Shape()...)
	return sym.Add(real, sym.Mul(p.share(), sym.Mul(size, noise)))
}

// share returns a uniform number for each sample, in the shape of the samples.
func (p *places) share() *sym.Expr {
	real := p.real.Input
	if real.Err() != nil {
		return real
	}
	alpha := real.Graph().Uniform(p.real.NextStream(), real.Shape()[0])
	return sym.Broadcast(alpha, []int{0}, real.Shape()...)
}

// criticTask is what a critic learns on one side. It has no targets of its own and no
// probabilities.
type criticTask struct {
	side
	task.Regression
}

func (t criticTask) String() string { return "critic of " + t.place + " samples" }

// Losses are those of the side.
func (t criticTask) Losses(own, other *sym.Expr) *sym.Expr { return t.side.Losses(own, other) }

// Distribution reports that scores are no probabilities.
func (t criticTask) Distribution(outputs *sym.Expr) (*sym.Expr, bool) { return outputs, false }
