package gradreg

import (
	"strings"

	"github.com/gradreg/gradreg/sym"
)

// The places at which a penalty on the critic of a generative adversarial network may be taken, the
// values of [Options].At beside those that every network has.
const (
	PlaceReal    = "real"    // the samples of the data
	PlaceFake    = "fake"    // the generator's samples
	PlaceBetween = "between" // on the straight lines from real samples to the generated ones of their index
	PlaceAround  = "around"  // near the real samples
)

// realAndFake is R at real samples plus R at generated ones.
const realAndFake = PlaceReal + "+" + PlaceFake

// Place is a place of a critic's training at which a penalty may be taken.
type Place struct {
	Name        string // the value of the option at
	Description string
}

// CriticPlaces is the table of places of a critic's training. r are real samples and f generated
// ones, [B, …], of the same index b.
func CriticPlaces() []Place {
	return []Place{
		{PlaceReal, "r_b, the samples of the data"},
		{PlaceFake, "f_b, the generator's samples, held constant"},
		{realAndFake, "both: R is the sum of R at r and R at f"},
		{PlaceBetween, "r_b + α_b·(f_b − r_b), α_b uniform on 0..1, one for each pair"},
		{
			PlaceAround, "r_b + α_b·½σ·u_b, uniform on 0..1 α_b for each sample, u_b for each number; σ of the " +
				"whole batch",
		},
	}
}

// Places returns the places of a critic's training at which the penalty is taken, nil for one that
// is taken where the problem says.
func (o Options) Places() []string {
	switch o.At {
	case PlaceReal, PlaceFake, PlaceBetween, PlaceAround:
		return []string{o.At}
	case realAndFake:
		return []string{PlaceReal, PlaceFake}
	}
	return nil
}

// PlacesOf returns the places of a critic's training at which a regularizer is taken, nil if it names
// none.
func PlacesOf(r Regularizer) []string {
	if at, ok := r.(interface{ Places() []string }); ok {
		return at.Places()
	}
	return nil
}

// Label returns how metrics, figures and messages name a regularizer beside others: its name, at a
// place of a critic's training with the place, as in frobreg@real.
func Label(r Regularizer) string {
	if places := PlacesOf(r); len(places) > 0 {
		return r.Name() + "@" + strings.Join(places, "+")
	}
	return r.Name()
}

// everywhere returns the sum of a penalty over the places of its options.
func (o Options) everywhere(p *Problem, r Regularizer, penalty func(p *Problem) *sym.Expr) *sym.Expr {
	places := o.Places()
	if places == nil {
		return penalty(p)
	}
	if p.Place == nil {
		return refuse(
			p.Losses, r, "at=%s is a place of the training of a critic, expected at=data, noise or random", o.At,
		)
	}
	var sum *sym.Expr
	for _, place := range places {
		q, err := p.Place(place)
		if err != nil {
			return refuse(p.Losses, r, "at=%s: %w", o.At, err)
		}
		before := len(q.Updates)
		value := penalty(q)
		if q != p {
			p.Updates = append(p.Updates, q.Updates[before:]...)
		}
		if value.Err() != nil {
			return value
		}
		sum = plus(sum, value)
	}
	return sum
}
