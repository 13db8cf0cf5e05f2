package evaluation

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// level is the p value below which a difference is called more than chance explains.
const level = 0.05

// meaning says in sentences what the comparison of a run with the first one means, with their
// names.
func meaning(first, second Result) string {
	c := second.Paired
	if c.OnlyFirst+c.OnlySecond == 0 {
		return fmt.Sprintf("%s and %s are right about the same %s.", first.Name, second.Name, images(c.Images))
	}
	points := strconv.FormatFloat(math.Abs(100*c.Difference()), 'f', 2, 64)
	return fmt.Sprintf("%s answers %s rightly that %s gets wrong, %s %d that %s gets wrong: the "+
		"difference of %s points %s.",
		second.Name, images(c.OnlySecond), first.Name, first.Name, c.OnlyFirst, second.Name, points,
		verdict(c.P, c.PHolm))
}

// verdict says what the p value of a difference means, before and after Holm's correction.
func verdict(p, corrected float64) string {
	text, value := "is not more than chance explains", equals(p)
	if corrected < level {
		text = "is more than chance explains"
	}
	if corrected != p {
		value = equals(corrected) + " after Holm's correction"
	}
	return text + ", " + value
}

// equals says what p is.
func equals(p float64) string {
	text := pValue(p)
	if below, ok := strings.CutPrefix(text, "<"); ok {
		return "p < " + below
	}
	return "p = " + text
}

// images counts images in words.
func images(n int) string {
	if n == 1 {
		return "1 image"
	}
	return fmt.Sprintf("%d images", n)
}

// caution says what a comparison of two models does not.
const caution = "This compares these models on these images. Models of other seeds differ, too: " +
	"what a method is worth several seeds of each tell."

// meaning returns what the comparison with the first run means.
func (r Result) meaning() string {
	if r.Apart != nil {
		return r.Apart.Meaning
	}
	return r.Paired.Meaning
}

// Meanings says of each run beside the first what its comparison means, and what none of them does.
func Meanings(results []Result) []string {
	var out []string
	for _, r := range results[1:] {
		out = append(out, r.meaning())
	}
	return append(out, caution)
}
