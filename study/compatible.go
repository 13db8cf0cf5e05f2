package study

import (
	"fmt"
	"reflect"
)

// Agrees returns nil if the cells that two versions of a study have in common have the same runs.
// Seeds, titles and further cells may differ.
func (s *Spec) Agrees(old *Spec) error {
	mine := map[Cell]bool{}
	for _, c := range s.Cells() {
		mine[c] = true
	}
	for _, c := range old.Cells() {
		if !mine[c] {
			continue
		}
		was, err := old.recipe(c)
		if err != nil {
			return err
		}
		is, err := s.recipe(c)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(was, is) {
			return fmt.Errorf("the runs of %s are others", c)
		}
	}
	return nil
}

// recipe determines the runs of a cell.
type recipe struct {
	space  space
	tuning *Tuning
	config string
}

func (s *Spec) recipe(c Cell) (recipe, error) {
	space, cfg, err := s.first(c)
	if err != nil {
		return recipe{}, err
	}
	cfg.Backbone = "" // weights are known by their digest
	text, err := cfg.YAML()
	if err != nil {
		return recipe{}, err
	}
	r := recipe{space: space, config: string(text)}
	if len(space.free) > 0 {
		r.tuning = s.Tuning
	} else {
		r.space.key, r.space.trials = 0, 0
	}
	return r, nil
}
