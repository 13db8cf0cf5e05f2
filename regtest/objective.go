package regtest

import (
	"errors"
	"fmt"
	"math"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/sym"
)

// objective checks the penalty's kind and its place in the objective.
func objective(reg gradreg.Regularizer) error {
	for _, n := range networksFor(reg) {
		if err := checkObjective(n, reg); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
	}
	return nil
}

func checkObjective(n network, reg gradreg.Regularizer) error {
	p := newProblem(n, 1, reg)
	total, penalties := gradreg.Objective(p.Problem, []gradreg.Regularizer{reg})
	r := penalties[0]
	if r.Err() != nil {
		return r.Err()
	}
	if len(r.Shape()) > 0 || r.DType() != sym.Float {
		return fmt.Errorf("the penalty is %v%v, expected a float scalar", r.DType(), r.Shape())
	}
	weight := reg.Lambda() * float64(max(gradreg.ScheduleOf(reg).Every, 1))
	if leaf := gradreg.WeightLeaf(p.Params, reg); leaf != nil {
		weight = 0.3
		p.values[leaf] = &sym.Tensor{Shape: sym.Shape{}, Data: []float64{weight}}
	}
	if d, ok := reg.(gradreg.Decoupler); ok && d.Decouples() {
		weight = 0
	}
	got, err := p.eval(p.Loss(), r, total)
	if err != nil {
		return err
	}
	loss, penalty, sum := got[0].Data[0], got[1].Data[0], got[2].Data[0]
	if math.IsNaN(penalty) || math.IsInf(penalty, 0) {
		return fmt.Errorf("the penalty is %v", penalty)
	}
	if want := loss + weight*penalty; !(math.Abs(sum-want) <= 1e-12*(math.Abs(loss)+math.Abs(weight*penalty))) {
		return fmt.Errorf("the objective is %v, expected %v + %v·%v", sum, loss, weight, penalty)
	}
	form := formatted(n, reg)
	if formatted(n, reg) != form {
		return errors.New("building the penalty again gives another expression")
	}
	return checkLambda(n, reg, form)
}

// formatted returns the text of the penalty on a new problem.
func formatted(n network, reg gradreg.Regularizer) string {
	return sym.Format(reg.Penalty(newProblem(n, 1, reg).Problem))
}

// checkLambda checks that λ stands before the penalty, not in it, and that 0 leaves the plain loss
// of the network itself.
func checkLambda(n network, reg gradreg.Regularizer, penalty string) error {
	half, ok := gradreg.WithLambda(reg, reg.Lambda()/2)
	if !ok {
		return nil
	}
	if formatted(n, half) != penalty {
		return errors.New("the penalty depends on λ")
	}
	zero, _ := gradreg.WithLambda(reg, 0)
	p, plain := newProblem(n, 1, zero), newProblem(n, 1, gradreg.WeightDecay{})
	total, _ := gradreg.Objective(p.Problem, []gradreg.Regularizer{zero})
	if total != p.Loss() || sym.Format(total) != sym.Format(plain.Loss()) {
		return errors.New("with λ = 0 the objective is not the plain loss")
	}
	return nil
}
