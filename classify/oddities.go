package classify

import (
	"fmt"
	"strings"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/plural"
)

// Oddity is something about the images that a run uses which their owner may not know. The run is
// one like others.
type Oddity struct {
	Text string
	// Balance tells that so many training images of each class, or a balanced subset, would mend
	// it.
	Balance bool
}

// fewImages are so few that one of them is two points of accuracy and more.
const fewImages = 50

// mostOf is the share of the training images from which on a model learns little but that class.
const mostOf = 0.9

// oddities lists what is odd about a run's images: files that are not those that their names
// promise; of training, dev and test images classes without any, one with almost all, fewer than a
// batch.
func (r *run) oddities() []Oddity {
	var list []Oddity
	add := func(balance bool, format string, args ...any) {
		list = append(list, Oddity{fmt.Sprintf(format, args...), balance})
	}
	if own := r.ownFiles(); len(own) > 0 {
		add(
			false,
			"the files of %s in %s are not the published ones, but made like them: %d differ",
			r.config.Data, r.data.Folder, len(own),
		)
	}
	reported := r.config.Data.Reported() // what is odd about all images
	train := r.division.Train
	if !r.hasClasses() {
		return list
	}
	for _, part := range []struct {
		name    string
		images  dataset.Subset
		balance bool
	}{{"training", train, true}, {"dev", r.division.Dev, false}, {"test", r.test, false}} {
		if part.images.Len() == 0 {
			continue
		}
		counts := r.counts(part.images)
		var without []string
		for k, n := range counts {
			if n == 0 {
				without = append(without, r.data.Classes[k])
			}
		}
		if whole := reported && part.images.Len() == part.images.Part.Len(); len(without) > 0 && !whole {
			add(part.balance, "no %s image of %d of %d classes: %s", part.name, len(without), len(counts), few(without))
		}
		switch n := part.images.Len(); {
		case r.config.Frozen(): // it has no batches
			if part.name == "training" || n >= fewImages {
				break
			}
			add(false, "%s: one is %.1f points of accuracy", plural.Of(n, part.name+" image"), 100/float64(n))
		case n < r.config.Batch:
			add(
				false, "%s, fewer than a batch of %d: one is %.1f points of accuracy",
				plural.Of(n, part.name+" image"), r.config.Batch, 100/float64(n),
			)
		}
	}
	for k, n := range r.counts(train) {
		all := reported && train.Len() == train.Part.Len()
		if share := float64(n) / float64(train.Len()); share >= mostOf && !all {
			add(true, "%.1f %% of the training images are of the class %s", 100*share, r.data.Classes[k])
		}
	}
	return list
}

// counts returns the number of images of each class.
func (r *run) counts(s dataset.Subset) []int {
	out := make([]int, len(r.data.Classes))
	for _, i := range s.Index {
		out[s.Labels[i]]++
	}
	return out
}

// few lists the first of some names.
func few(names []string) string {
	const shown = 8
	if len(names) > shown {
		return strings.Join(names[:shown], ", ") + fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return strings.Join(names, ", ")
}
