package study

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/gradreg/gradreg/internal/philox"
	"github.com/gradreg/gradreg/internal/spec"
)

// Parameter is a value that a configuration refers to by $name: a number, or a space that tuning
// draws from, or one of these for each train size, setting or data set.
//
//	50                                  a number
//	[1, 2, 5, 10]                       one of several, equally likely
//	{log: [1e-4, 1]}                    log-uniform in a range
//	{linear: [0, 0.7]}                  uniform in a range
//	{by: train_size, 500: 50, 2000: 20} by train_size, setting or data
type Parameter struct {
	Choices     []float64            // more than one: a space of choices
	Log, Linear *[2]float64          // bounds of a range
	By          string               // what Cases are distinguished by
	Cases       map[string]Parameter // by the text of what By names
}

// The values of Parameter.By.
const (
	byTrainSize = "train_size"
	bySetting   = "setting"
	byData      = "data"
)

// UnmarshalYAML reads the forms above.
func (p *Parameter) UnmarshalYAML(decode func(any) error) error {
	var v any
	if err := decode(&v); err != nil {
		return err
	}
	return p.set(v)
}

// MarshalYAML writes the form that UnmarshalYAML reads.
func (p Parameter) MarshalYAML() (any, error) {
	switch {
	case p.By != "":
		m := map[string]any{"by": p.By}
		for key, c := range p.Cases {
			m[key] = c
		}
		return m, nil
	case p.Log != nil:
		return map[string]any{"log": p.Log[:]}, nil
	case p.Linear != nil:
		return map[string]any{"linear": p.Linear[:]}, nil
	case len(p.Choices) == 1:
		return p.Choices[0], nil
	}
	return p.Choices, nil
}

// mapped returns the parameter with f of its numbers.
func (p Parameter) mapped(f func(float64) float64) Parameter {
	list := func(values []float64) []float64 {
		values = slices.Clone(values)
		for i, v := range values {
			values[i] = f(v)
		}
		return values
	}
	p.Choices = list(p.Choices)
	for _, ends := range []**[2]float64{&p.Log, &p.Linear} {
		if *ends != nil {
			*ends = &[2]float64{f((*ends)[0]), f((*ends)[1])}
		}
	}
	p.Cases = maps.Clone(p.Cases)
	for key, c := range p.Cases {
		p.Cases[key] = c.mapped(f)
	}
	return p
}

// set makes the parameter of what a YAML or JSON text holds.
func (p *Parameter) set(v any) error {
	*p = Parameter{}
	if n, ok := number(v); ok {
		p.Choices = []float64{n}
		return nil
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			n, ok := number(e)
			if !ok {
				return fmt.Errorf("choice %v, expected a number", e)
			}
			p.Choices = append(p.Choices, n)
		}
		if len(p.Choices) == 0 {
			return fmt.Errorf("no choices, expected at least one number")
		}
		return nil
	case map[string]any:
		return p.setMap(v)
	}
	return fmt.Errorf("found %v, expected a number, a list of numbers, {log: [a, b]}, {linear: [a, b]} or {by: …}", v)
}

func (p *Parameter) setMap(m map[string]any) error {
	if by, ok := m["by"]; ok {
		p.By, _ = by.(string)
		if !slices.Contains([]string{byTrainSize, bySetting, byData}, p.By) {
			return fmt.Errorf("by is %v, expected %s, %s or %s", by, byTrainSize, bySetting, byData)
		}
		p.Cases = map[string]Parameter{}
		for key, v := range m {
			if key == "by" {
				continue
			}
			var c Parameter
			if err := c.set(v); err != nil {
				return fmt.Errorf("%s %s: %w", p.By, key, err)
			}
			p.Cases[key] = c
		}
		return nil
	}
	if len(m) != 1 {
		return fmt.Errorf("a range with %d keys, expected log or linear", len(m))
	}
	for kind, v := range m {
		list, _ := v.([]any)
		if len(list) != 2 {
			return fmt.Errorf("%s is %v, expected [lowest, highest]", kind, v)
		}
		low, ok1 := number(list[0])
		high, ok2 := number(list[1])
		if !ok1 || !ok2 || !(low < high) || math.IsInf(high-low, 0) {
			return fmt.Errorf("%s is %v, expected two finite numbers, the lowest first", kind, v)
		}
		switch kind {
		case "log":
			if low <= 0 {
				return fmt.Errorf("log is %v, expected numbers above 0", v)
			}
			p.Log = &[2]float64{low, high}
		case "linear":
			p.Linear = &[2]float64{low, high}
		default:
			return fmt.Errorf("unknown range %q, expected log or linear", kind)
		}
	}
	return nil
}

// number returns the number that a YAML scalar is. The decoder reads 5e-4 as text.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case string:
		n, err := strconv.ParseFloat(v, 64)
		return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
	}
	return 0, false
}

// validate returns what is wrong with a parameter, such as one without a value, for which set is
// not called.
func (p Parameter) validate() error {
	finite := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	for _, bounds := range []*[2]float64{p.Log, p.Linear} {
		if bounds != nil && !(bounds[0] < bounds[1] && finite(bounds[1]-bounds[0])) {
			return fmt.Errorf("found the range %v, expected two finite numbers, the lowest first", *bounds)
		}
	}
	switch {
	case p.Log != nil && p.Log[0] <= 0:
		return fmt.Errorf("log is %v, expected numbers above 0", *p.Log)
	case p.By != "" && len(p.Cases) == 0:
		return fmt.Errorf("by %s has no cases, expected at least one", p.By)
	case p.By == "" && p.Log == nil && p.Linear == nil && len(p.Choices) == 0:
		return errors.New(
			"found no value, expected a number, a list of numbers, {log: [a, b]}, {linear: [a, b]} or {by: …}",
		)
	}
	for _, v := range p.Choices {
		if !finite(v) {
			return fmt.Errorf("choice %v, expected a finite number", v)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.Cases)) {
		if err := p.Cases[key].validate(); err != nil {
			return fmt.Errorf("%s %s: %w", p.By, key, err)
		}
	}
	return nil
}

// at returns the parameter of a cell, without cases.
func (p Parameter) at(c Cell) (Parameter, error) {
	for p.By != "" {
		key := map[string]string{byTrainSize: strconv.Itoa(c.TrainSize), bySetting: c.Setting, byData: c.Data}[p.By]
		next, ok := p.Cases[key]
		if !ok {
			return p, fmt.Errorf("no value for %s %q", p.By, key)
		}
		p = next
	}
	return p, nil
}

// free reports whether the parameter is to be found by tuning.
func (p Parameter) free() bool { return len(p.Choices) != 1 }

// fixed returns the value of a parameter that is not free, else 0.
func (p Parameter) fixed() float64 {
	if p.free() {
		return 0
	}
	return p.Choices[0]
}

// draws returns the values of the trials, a function of its arguments. The trials of a space are
// stratified: each lies at a random place of another one of as many equal parts, in random order,
// so that none is close to two others (Latin hypercube sampling: McKay, Beckman and Conover 1979),
// and no choice comes twice before all came once. Numbers of ranges have three digits, so that
// configurations are readable and the same everywhere.
func (p Parameter) draws(key uint64, trials int) []float64 {
	values := make([]float64, trials)
	parts := trials
	if p.Choices != nil {
		parts = len(p.Choices)
	}
	order := permutation(key, parts)
	for trial := range values {
		part := order[trial%parts]
		u := (float64(part) + uniform(key, uint64(trial))) / float64(trials)
		switch {
		case p.Choices != nil:
			values[trial] = p.Choices[part]
		case p.Log != nil:
			values[trial] = spec.Round(math.Exp(math.Log(p.Log[0])+u*(math.Log(p.Log[1])-math.Log(p.Log[0]))), digits)
		default:
			values[trial] = spec.Round(p.Linear[0]+u*(p.Linear[1]-p.Linear[0]), digits)
		}
	}
	return values
}

// digits are the significant ones of a draw.
const digits = 3

// permutation returns the numbers below n in random order.
func permutation(key uint64, n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	for i := n - 1; i > 0; i-- { // Fisher and Yates
		j := int(uniform(^key, uint64(i)) * float64(i+1))
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// uniform returns a number of [0, 1) with 53 random bits.
func uniform(key, index uint64) float64 {
	b := philox.Block([4]uint32{uint32(index), uint32(index >> 32)}, [2]uint32{uint32(key), uint32(key >> 32)})
	return float64((uint64(b[0])<<32|uint64(b[1]))>>11) / (1 << 53)
}
