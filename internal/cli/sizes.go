package cli

import (
	"fmt"
	"strings"

	"github.com/gradreg/gradreg/internal/spec"
)

// sizes is a flag of numbers, separated by commas, of which each may be a fraction: 1/255,2/255.
type sizes struct {
	list *[]float64
	set  bool
}

// Type is what help calls the value.
func (s *sizes) Type() string { return "numbers" }

// String writes the numbers so that Set reads the same ones.
func (s *sizes) String() string {
	if s.list == nil {
		return ""
	}
	var texts []string
	for _, v := range *s.list {
		texts = append(texts, spec.Format(v))
	}
	return strings.Join(texts, ",")
}

// Set reads numbers. A flag that is given again adds to them.
func (s *sizes) Set(text string) error {
	if !s.set {
		*s.list, s.set = nil, true
	}
	for part := range strings.SplitSeq(text, ",") {
		v, err := spec.Number(strings.TrimSpace(part))
		if err != nil {
			return fmt.Errorf("%w or a fraction such as 8/255", err)
		}
		*s.list = append(*s.list, v)
	}
	return nil
}
