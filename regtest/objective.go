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
	for _, n := range networks() {
		if err := checkObjective(n, reg); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
	}
	return nil
}

func checkObjective(n network, reg gradreg.Regularizer) error {
	p := newProblem(n, 1)
	total, penalties := gradreg.Objective(p.Problem, []gradreg.Regularizer{reg})
	r := penalties[0]
	if r.Err() != nil {
		return r.Err()
	}
	if len(r.Shape()) > 0 || r.DType() != sym.Float {
		return fmt.Errorf("the penalty is %v%v, expected a float scalar", r.DType(), r.Shape())
	}
	got, err := p.eval(p.Loss(), r, total)
	if err != nil {
		return err
	}
	loss, penalty, sum := got[0].Data[0], got[1].Data[0], got[2].Data[0]
	if math.IsNaN(penalty) || math.IsInf(penalty, 0) {
		return fmt.Errorf("the penalty is %v", penalty)
	}
	if want := loss + reg.Lambda()*penalty; !(math.Abs(sum-want) <= 1e-12*(math.Abs(loss)+math.Abs(reg.Lambda()*penalty))) {
		return fmt.Errorf("the objective is %v, expected %v + λ·%v", sum, loss, penalty)
	}
	form := formatted(n, reg)
	if formatted(n, reg) != form {
		return errors.New("building the penalty again gives another expression")
	}
	return checkLambda(n, reg, form)
}

// formatted returns the text of the penalty on a new problem.
func formatted(n network, reg gradreg.Regularizer) string {
	return sym.Format(reg.Penalty(newProblem(n, 1).Problem))
}

// checkLambda checks that λ stands before the penalty, not in it, and that 0 leaves the penalty out.
func checkLambda(n network, reg gradreg.Regularizer, penalty string) error {
	double, err := withLambda(reg, fmt.Sprint(2*reg.Lambda()))
	if err != nil || double == nil {
		return err
	}
	if formatted(n, double) != penalty {
		return errors.New("the penalty depends on λ")
	}
	zero, err := withLambda(reg, "0")
	if err != nil {
		return err
	}
	p := newProblem(n, 1)
	if total, _ := gradreg.Objective(p.Problem, []gradreg.Regularizer{zero}); total != p.Loss() {
		return errors.New("with λ = 0 the objective is not the plain loss")
	}
	return nil
}
