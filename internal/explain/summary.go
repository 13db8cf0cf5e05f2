package explain

import (
	"fmt"
	"strings"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/internal/spec"
)

// Summary is what a person starts with: R, what the options make of it, the convention of λ and the
// cost.
func Summary(r gradreg.Regularizer) string {
	for _, info := range gradreg.Regularizers() {
		if info.Name != r.Name() {
			continue
		}
		lines := []string{fmt.Sprintf("%s: R = %s, λ = %s", info.Name, info.Formula, spec.Format(r.Lambda()))}
		changes := changes(r)
		for _, change := range changes {
			lines = append(lines, "with "+change)
		}
		cost := "multiply-adds of a step: " + info.Cost + " (plain: 3F − F₁)"
		if len(changes) > 0 {
			cost += "; options may change it"
		}
		lines = append(lines, info.Convention, cost)
		switch _, transforms := r.(gradreg.Transformer); {
		case r.Lambda() == 0:
			lines = append(lines, "λ is 0: the step is the plain one")
		case transforms:
			lines = append(
				lines,
				"it changes the network in training and adds no penalty: explain the step to see what it does",
			)
		}
		return strings.Join(lines, "\n  ")
	}
	return r.String()
}

// meanings say what an option changes; %s stands for its value. What the formula of R calls ‖…‖² is
// the square of a sample's norm s.
var meanings = map[string]string{
	"at=noise":        "the slope at x + σ·n instead of x, n ~ N(0, I), in forward and backward passes of its own",
	"at=random":       "the slope at σ·n instead of x, n ~ N(0, I), in forward and backward passes of its own",
	"at=real":         "the slope at real samples of a critic's training",
	"at=fake":         "the slope at generated samples of a critic's training",
	"at=real+fake":    "the sum of the penalties at real and generated samples of a critic's training",
	"at=between":      "the slope between real and generated samples of a critic's training",
	"at=around":       "the slope around real samples of a critic's training",
	"at=input":        "masks on the input",
	"at=layers":       "masks where the model has them",
	"sigma":           "σ = %s",
	"pass=own":        "a forward pass of its own, with random numbers such as dropout masks of its own",
	"fraction":        "the mean over the first ⌈%s·B⌉ samples",
	"norm=l1":         "s the sum of absolute values; as it is, not squared, unless slope says so",
	"norm=linf":       "s the largest absolute value; as it is, not squared, unless slope says so",
	"slope=squared":   "s², the squared norm of each sample",
	"slope=linear":    "s, the norm of each sample, in the place of s²",
	"slope=excess":    "max(0, s − t)² in the place of s²",
	"slope=two-sided": "(s − t)² in the place of s²",
	"target":          "t = %s",
	"every":           "the penalty at one step of %[1]s, %[1]s times as heavy",
	"warmup":          "λ rising linearly over the first %s steps",
	"ramp=up":         "λ rising from 0 over the whole run",
	"ramp=down":       "λ falling to 0 over the whole run",
	"ramp=cosine":     "λ falling to 0 over the whole run, as half a cosine",
	"lambda-as":       "λ in the convention %s, whose R takes the place of ours",
	"projections":     "the mean over %s random vectors",
	"n":               "the mean over %s directions",
	"n=-1":            "all directions, exactly",
	"shared=true":     "one random vector for the batch instead of one a sample",
}

// changes returns what the options of a regularizer change, in the order of its text form. An
// option that has no meaning of its own here stands as it is.
func changes(r gradreg.Regularizer) []string {
	s, err := spec.Parse(r.String())
	if err != nil {
		return nil
	}
	var list []string
	for _, p := range s.Pairs {
		text, ok := meanings[p.Key+"="+p.Value]
		if !ok {
			text, ok = meanings[p.Key]
		}
		switch {
		case !ok:
			text = p.Key + " = " + p.Value
		case strings.Contains(text, "%"):
			text = fmt.Sprintf(text, p.Value)
		}
		list = append(list, text)
	}
	return list
}
