package gan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/train"
)

// notFinite names the parameters that are not finite, those of the network first that has fewer: there
// it began. It is empty if all are finite.
func (r *run) notFinite() (string, error) {
	var networks [][]string
	for _, name := range []string{GeneratorScope, CriticScope, AverageScope} {
		var names []string
		err := r.training.Params.Scope(name).Each(r.program, func(p *nn.Param, values []float32) error {
			if !(tensorfile.Tensor{F32: values}).Finite() {
				names = append(names, p.Name)
			}
			return nil
		})
		if err != nil {
			return "", err
		}
		networks = append(networks, names)
	}
	slices.SortStableFunc(networks, func(a, b []string) int { return cmp.Compare(len(a), len(b)) })
	names := slices.Concat(networks...)
	if most := 4; len(names) > most {
		names = append(names[:most:most], fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(names, ", "), nil
}

// diverged says of a divergence in the step after the last one which parameters it is in.
func (r *run) diverged(err error) error {
	if !errors.As(err, new(train.Divergence)) {
		return err
	}
	names, failed := r.notFinite()
	if failed != nil || names == "" {
		return err
	}
	return train.NewDivergence(fmt.Errorf("step %d: not finite are %s: %w", r.progress.step+1, names, err))
}

// good returns an error if a parameter is not finite: the state and the generator that were saved
// last are to stay.
func (r *run) good() error {
	names, err := r.notFinite()
	if err != nil || names == "" {
		return err
	}
	return train.NewDivergence(fmt.Errorf("step %d: not finite are %s; try a lower learning rate or λ",
		r.progress.step, names))
}
