package gradreg

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gradreg/gradreg/sym"
)

// OptionError says that the options of a regularizer are wrong: by themselves, beside another
// regularizer's, or for the network at hand. It sticks to the penalty and the objective as other
// errors of building do, so that compiling returns it.
type OptionError struct {
	Regularizer string // text form
	Err         error  // what was found, what was expected
}

// Error returns one line.
func (e *OptionError) Error() string { return fmt.Sprintf("regularizer %q: %v", e.Regularizer, e.Err) }

// Unwrap returns what was found and expected.
func (e *OptionError) Unwrap() error { return e.Err }

// Refused returns the [OptionError] that e carries, without the line of the program that built e;
// nil if it carries no error or another.
func Refused(e *sym.Expr) error {
	if wrong := (*OptionError)(nil); errors.As(e.Err(), &wrong) {
		return wrong
	}
	return nil
}

// refuse returns an expression that carries an [OptionError] of r, or x's own error if it has one.
func refuse(x *sym.Expr, r Regularizer, format string, args ...any) *sym.Expr {
	return sym.Refuse(x, &OptionError{r.String(), fmt.Errorf(format, args...)})
}

// refuseShared refuses a penalty that keeps between steps what one before it keeps, by adding its
// updates to kept: of two values of a parameter only one can be stored.
func refuseShared(penalty *sym.Expr, r Regularizer, updates []sym.Update, kept map[*sym.Expr]bool) *sym.Expr {
	for _, u := range updates {
		if kept[u.Target] {
			return refuse(penalty, r, "another regularizer already keeps state named %s; expected one "+
				"regularizer of this name", strings.TrimPrefix(u.Target.Name(), "param/"))
		}
		kept[u.Target] = true
	}
	return penalty
}

// refuseCollision refuses the objective of regularizers of which two have one name and weights that
// vary: the weights would be one input ([WeightLeaf]), which can hold one λ only.
func refuseCollision(total *sym.Expr, regs []Regularizer) *sym.Expr {
	varies := map[string]bool{}
	for _, r := range regs {
		if r == nil {
			return sym.Refuse(total, errNilRegularizer)
		}
		if r.Lambda() == 0 || !ScheduleOf(r).Varies() {
			continue
		}
		if varies[Label(r)] {
			return refuse(
				total, r,
				"its weight varies, and so does that of another %s; expected one of them at most with warmup or ramp",
				Label(r),
			)
		}
		varies[Label(r)] = true
	}
	return total
}
