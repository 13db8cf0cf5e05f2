package cli

import (
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/folder"
)

// countClasses counts the images of classes.
func countClasses(names []string, training, official *dataset.Part) []folder.ClassCount {
	out := make([]folder.ClassCount, len(names))
	for k, name := range names {
		out[k].Name = name
	}
	for _, k := range training.Labels {
		out[k].Train++
	}
	for _, k := range official.Labels {
		out[k].Test++
	}
	return out
}

// ownFiles is the kind of problem of files that are named like a data set's and are not the
// published ones.
const ownFiles folder.Kind = "own_files"

// namedProblems says of a data set with a name what a folder's report says of a folder.
func namedProblems(name string, classes []folder.ClassCount, training, official *dataset.Part) []folder.Problem {
	problems := []folder.Problem{}
	if own := slices.Concat(training.Own, official.Own); len(own) > 0 {
		problems = append(
			problems,
			folder.Problem{
				Kind: ownFiles, Paths: own,
				Detail: fmt.Sprintf("not the published %s, but made like it", name),
			},
		)
	}
	for _, c := range classes {
		if c.Train == 0 {
			problems = append(
				problems,
				folder.Problem{Kind: "no_train", Paths: []string{c.Name}, Detail: "a class without training images"},
			)
		}
	}
	for _, c := range classes {
		if c.Test == 0 {
			problems = append(
				problems,
				folder.Problem{Kind: folder.NoTest, Paths: []string{c.Name}, Detail: "a class without test images"},
			)
		}
	}
	return problems
}
