package classify

import (
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/internal/fault"
)

// Extension says that a run was planned for fewer steps than it has, and got more when it had taken
// some. Learning rate and λ follow the plan of their time: up to step At they are those of a run of
// Planned steps. So the weights are not those of a run that was planned for all steps from the
// start, but those of any run that was extended there.
type Extension struct {
	Planned int `json:"planned_steps" yaml:"planned_steps"`
	At      int `json:"at_step" yaml:"at_step"` // steps taken then
}

// String says in a line what the extension was.
func (e Extension) String() string {
	return fmt.Sprintf("extended after step %d of %d", e.At, e.Planned)
}

// end returns how many steps the run takes.
func (c Config) end() int {
	if c.StopAfter > 0 {
		return c.StopAfter
	}
	return c.Steps
}

// planned returns for how many steps the run was planned when it took a step, counted from 1.
func (c Config) planned(step int) int {
	for _, e := range c.Extended {
		if step <= e.At {
			return e.Planned
		}
	}
	return c.Steps
}

// ends reports whether a plan ends with a step: such a step is evaluated and logged, however often
// others are.
func (c Config) ends(step int) bool {
	return step == c.Steps || slices.Contains(c.Extended, Extension{step, step})
}

// checkSteps returns what is wrong with the steps and their history.
func (c Config) checkSteps() error {
	if c.Steps == 0 && c.Epochs > 0 && c.StopAfter == 0 && len(c.Extended) == 0 {
		return nil // they follow from the images
	}
	before := Extension{}
	for _, e := range append(slices.Clone(c.Extended), Extension{c.Steps, c.end()}) {
		switch {
		case e.At < before.At:
			return fault.Inputf(
				"extended: at_step is %d, expected at least the %d of the extension before, at most stop_after",
				e.At, before.At,
			)
		case e.Planned <= before.Planned:
			return fault.Inputf(
				"extended: planned_steps is %d before %d, expected a rising number that ends below steps",
				before.Planned, e.Planned,
			)
		case e.At > e.Planned:
			return fault.Inputf(
				"found step %d of %d at which a run was extended or ended, expected at most as many as were planned",
				e.At, e.Planned,
			)
		}
		before = e
	}
	return nil
}

// plans returns the configurations that a run has had: as it is, and before each of its extensions,
// without the step at which it ends early. Its state at a step is that of any of them that reaches
// so far.
func (c Config) plans() []Config {
	c.StopAfter = 0
	list := []Config{c}
	for n := len(c.Extended) - 1; n >= 0; n-- {
		c.Steps = c.Extended[n].Planned
		if c.Extended = c.Extended[:n]; n == 0 {
			c.Extended = nil
		}
		list = append(list, c)
	}
	return list
}

// amended returns the configuration of a run that is resumed after a step as the options want it to
// go on: to end there, or to have more steps. finished tells whether it has a result.
func (r *run) amended(step int, finished bool) (Config, error) {
	c := r.config
	early := c.StopAfter > 0
	switch {
	case r.Finish && r.ExtendTo != 0:
		return c, fault.Inputf("found a run to be ended where it stands and to be extended, expected one of them")
	case r.Finish && finished:
		return c, fault.Inputf("run %s is finished already, after %d of %d steps", r.Dir, c.end(), c.Steps)
	case r.Finish && step == 0:
		return c, fault.Inputf("run %s has taken no step yet: there is nothing to finish", r.Dir)
	case r.Finish:
		if c.StopAfter = step; step == c.Steps {
			c.StopAfter = 0
		}
	case r.ExtendTo == 0 && finished && early:
		return c, fault.Inputf(
			"run %s was finished early, after %d of %d steps; it goes on when it is resumed with %d steps or more",
			r.Dir, c.end(), c.Steps, c.Steps,
		)
	case r.ExtendTo <= c.Steps && finished && step < c.end() && r.exhausted(step):
		return c, fault.Inputf(
			"run %s is complete: it ended after %d of %d steps, for %s; with more than its %d steps it is extended",
			r.Dir, step, c.Steps, r.whyExhausted(), c.Steps,
		)
	case r.ExtendTo == 0 && finished || r.ExtendTo == c.Steps && finished && !early:
		return c, fault.Inputf(
			"run %s is complete; there is nothing to resume; with more than its %d steps it is extended",
			r.Dir, c.Steps,
		)
	case finished && step != c.end() && !r.exhausted(step):
		return c, fault.Inputf(
			"run %s is finished after %d steps, but its checkpoint is gone or of step %d: it cannot go on",
			r.Dir, c.end(), step,
		)
	case r.ExtendTo == 0:
	case r.ExtendTo < c.Steps:
		return c, fault.Inputf(
			"steps is %d, expected more than the %d that run %s is planned for", r.ExtendTo,
			c.Steps, r.Dir,
		)
	case r.ExtendTo == c.Steps:
		c.StopAfter = 0
	default:
		c.Extended = append(slices.Clone(c.Extended), Extension{c.Steps, step})
		c.Steps, c.StopAfter = r.ExtendTo, 0
	}
	return c, nil
}

// amend makes a configuration that of the run and its folder. A result that the run has is removed
// before: what was killed in between is the run as it was, which has its checkpoint and makes the
// result again.
func (r *run) amend(c Config) error {
	if c.StopAfter == r.config.StopAfter && c.Steps == r.config.Steps {
		return nil
	}
	data, err := c.YAML()
	if err != nil {
		return err
	}
	if err := r.folder.RemoveResults(); err != nil {
		return err
	}
	if err := r.folder.WriteConfig(data); err != nil {
		return err
	}
	r.config, r.engine.config = c, c
	return nil
}

// stopEarly keeps the state from which the run can go on as planned, and evaluates and logs the
// step at which it ends as the last one of a plan. That line is no part of the state: a run that
// goes on does not have it.
func (r *run) stopEarly() error {
	if err := r.save(); err != nil || r.logged == r.progress.step {
		return err
	}
	m := Metrics{Step: r.progress.step}
	if r.judges() {
		if _, err := r.judge(&m); err != nil {
			return err
		}
	}
	return r.log(m)
}
