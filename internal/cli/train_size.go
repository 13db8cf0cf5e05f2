package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gradreg/gradreg/classify"
)

// trainSize is the flag for a number of training images, or of images of each class.
type trainSize struct{ config *classify.Config }

func (s *trainSize) Type() string { return "N[/class]" }

func (s *trainSize) String() string {
	switch {
	case s.config == nil:
		return ""
	case s.config.PerClass > 0:
		return strconv.Itoa(s.config.PerClass) + "/class"
	}
	return strconv.Itoa(s.config.TrainSize)
}

func (s *trainSize) Set(text string) error {
	number, each := strings.CutSuffix(text, "/class")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || (each && n == 0) {
		return fmt.Errorf("found %q, expected a number such as 500, or 20/class", text)
	}
	if s.config.TrainSize, s.config.PerClass = n, 0; each {
		s.config.TrainSize, s.config.PerClass = 0, n
	}
	return nil
}
