package backbone

import (
	_ "embed"
	"strings"
)

// classNames are the names of the 1000 classes of ILSVRC 2012 in the order of torchvision and timm, a
// line each; see imagenet/ATTRIBUTION.md.
//
//go:embed imagenet/classes.txt
var classNames string

// ImageNetClasses returns the names of the 1000 classes that networks trained on ImageNet (ILSVRC
// 2012) tell apart, in the order of torchvision and timm: 985 is daisy.
func ImageNetClasses() []string { return strings.Split(strings.TrimSuffix(classNames, "\n"), "\n") }

// ClassNames returns the names of so many classes that a file of weights tells apart: those of
// ImageNet where there are 1000, which is a guess for a file that is not known, and nil for other
// numbers.
func ClassNames(classes int) []string {
	if names := ImageNetClasses(); classes == len(names) {
		return names
	}
	return nil
}
