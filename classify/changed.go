package classify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

// openTest reads the images that a finished run is tested on, and says what of them has changed.
func (r *run) openTest(ctx context.Context) (notes []string, err error) {
	if err := r.openImages(ctx); err != nil {
		return nil, err
	}
	same := r.recorded.check(r.config.Data, r.digest)
	if same == nil && r.config.PaperProtocol {
		cfg, normalizer := r.config, r.normalizer
		err := r.divide(&cfg)
		r.normalizer = normalizer
		return nil, err
	}
	official, err := r.data.Test()
	if err != nil {
		return nil, err
	}
	if r.test = dataset.Whole(official); same == nil {
		return nil, nil
	}
	if !r.config.PaperProtocol && r.recorded.test != "" && r.recorded.test == testDigest(r.test) &&
		slices.Equal(r.classes, r.data.Classes) {
		return []string{
			fmt.Sprintf(
				"the pictures in %s have changed since %s was trained, but not those that it is tested on",
				r.config.Data, r.Dir,
			),
		}, nil
	}
	switch {
	case !r.recorded.pictures: // a data set with a name
		return nil, same
	case r.pictures != nil:
		return r.openListed()
	case r.config.PaperProtocol || r.recorded.division != "" || !r.hasClasses():
		// What it was trained on may be among the test images now.
		return nil, same
	}
	return r.openAsNow(official)
}

// openListed takes the test pictures that the run wrote down, wherever they are in the folder now.
func (r *run) openListed() (notes []string, err error) {
	listed := r.pictures[testPart]
	part, err := r.find(listed)
	if err != nil {
		return nil, err
	}
	r.test = dataset.Whole(part)
	return []string{
		fmt.Sprintf(
			"the pictures in %s have changed since %s was trained: it is tested on %s of its test pictures",
			r.config.Data, r.Dir, fewer(part.Len(), len(listed)),
		),
	}, nil
}

// fewer counts what is left of a number.
func fewer(left, of int) string {
	if left == of {
		return fmt.Sprintf("all %d", of)
	}
	return fmt.Sprintf("the %d that are left of %d", left, of)
}

// openAsNow takes the test part as the folder is now. Runs of earlier programs did not write down
// their pictures, but divided by content alone: a picture that is there as it was is in the part
// where it was.
func (r *run) openAsNow(official *dataset.Part) (notes []string, err error) {
	var keep []int
	labels := make([]int32, official.Len())
	for i, y := range official.Labels {
		if k := slices.Index(r.classes, r.data.Classes[y]); k >= 0 {
			labels[i] = int32(k)
			keep = append(keep, i)
		}
	}
	if len(keep) == 0 {
		return nil, fault.Inputf("no test picture in %s is of a class of %s", r.config.Data, r.Dir)
	}
	part := *official
	part.Labels, part.Classes = labels, r.classes
	r.test = dataset.Subset{Part: &part, Index: keep}
	return []string{fmt.Sprintf("the pictures in %s have changed since %s was trained, which does "+
		"not say what its test pictures were: "+
		"it is tested on the %d that are test pictures now, as its seed or their folder has it",
		r.config.Data, r.Dir, len(keep))}, nil
}

// find returns the listed pictures that are in the run's folder, wherever, as a part.
func (r *run) find(listed []listedPicture) (*dataset.Part, error) {
	training, test, err := r.data.Parts()
	if err != nil {
		return nil, err
	}
	type place struct {
		part *dataset.Part
		at   int
	}
	places := map[[32]byte]place{}
	for _, part := range []*dataset.Part{training, r.data.Val(), test} {
		if part == nil {
			continue
		}
		for i, sum := range part.Hashes {
			places[sum] = place{part, i}
		}
	}
	out := &dataset.Part{Shape: test.Shape, Classes: r.classes}
	h := sha256.New()
	for _, l := range listed {
		p, ok := places[l.sum()]
		if !ok {
			continue
		}
		class := int32(0)
		if r.hasClasses() {
			k := slices.Index(r.classes, l.Class)
			if k < 0 {
				continue
			}
			class = int32(k)
			fmt.Fprintf(h, "%x %q\n", p.part.Hashes[p.at], l.Class) // as package folder has it
		} else {
			row, err := r.targetsOf(l, p.part, p.at)
			if err != nil {
				return nil, err
			}
			out.Targets = append(out.Targets, row...)
			fmt.Fprintf(h, "%x %q %v\n", p.part.Hashes[p.at], r.classes, row) // likewise
		}
		out.Images, out.Labels = append(out.Images, p.part.Image(p.at)...), append(out.Labels, class)
		out.Files, out.Hashes = append(out.Files, p.part.Files[p.at]), append(out.Hashes, p.part.Hashes[p.at])
	}
	if out.Len() == 0 {
		return nil, fault.Inputf(
			"none of the %d pictures that %s used is in %s any more; put them back, or train anew",
			len(listed), r.Dir, r.config.Data,
		)
	}
	out.Digest = hex.EncodeToString(h.Sum(nil))
	return out, nil
}

// targetsOf returns the labels or numbers that a listed picture had, or where the run did not write
// them down those that it has in the folder now, which has to have the run's columns.
func (r *run) targetsOf(l listedPicture, part *dataset.Part, at int) ([]float32, error) {
	if l.Targets != nil && len(l.Targets) != len(r.classes) {
		return nil, fault.Inputf(
			"%s has %d labels or numbers in %s, expected %d", l.File, len(l.Targets),
			r.path(picturesFile), len(r.classes),
		)
	}
	if l.Targets != nil {
		return l.Targets, nil
	}
	if !slices.Equal(r.classes, r.data.Classes) || len(part.Targets) != len(r.classes)*part.Len() {
		return nil, fault.Inputf(
			"%s does not say what labels or numbers its pictures had, and %s has others now: %s, expected %s",
			r.Dir, r.config.Data, strings.Join(r.data.Classes, ", "), strings.Join(r.classes, ", "),
		)
	}
	return part.TargetRow(at), nil
}

// training returns the images that the run was trained on, or what is left of them.
func (r *run) training(ctx context.Context, cfg *Config) (s dataset.Subset, notes []string, err error) {
	if err := r.openImages(ctx); err != nil {
		return s, nil, err
	}
	same := r.recorded.check(r.config.Data, r.digest)
	switch {
	case same == nil:
		err := r.divide(cfg)
		return r.division.Train, nil, err
	case r.pictures != nil:
		listed := r.pictures[trainPart]
		part, err := r.find(listed)
		if err != nil {
			return s, nil, err
		}
		return dataset.Whole(part), []string{
			fmt.Sprintf("of the pictures that %s was trained on it looks at %s", r.Dir, fewer(part.Len(), len(listed))),
		}, nil
	case !r.recorded.pictures || r.recorded.division != "" || r.config.PaperProtocol || !r.hasClasses():
		return s, nil, same
	}
	all, err := r.data.Train()
	if err != nil {
		return s, nil, err
	}
	return dataset.Whole(all), []string{
		fmt.Sprintf(
			"%s does not say what it was trained on: its training images are those that the folder has now",
			r.Dir,
		),
	}, nil
}
