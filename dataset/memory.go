package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/task"
)

// New makes a data set of images in memory. The name of info is what runs record, as memory:NAME.
// Classes, in the order of the labels, are as many as a label may number, at least 2; of info.Shape
// are the images of both parts, of which each has one or more. Licence and others may be empty, and
// the numbers of images are those of the parts. The parts are not copied: nobody may change them
// while the set is used. Of several labels and of regression, which info.Task says, parts have
// Targets, and labels of 0. What does not fit is the input's fault.
func New(info Info, train, test *Part) (*Dataset, error) {
	info.Name = strings.TrimPrefix(info.Name, memoryPrefix)
	if info.Name == "" || strings.ContainsAny(info.Name, "/\\\n") {
		return nil, fault.Inputf("name of a data set is %q, expected a word without a slash", info.Name)
	}
	info.Name = memoryPrefix + info.Name
	info.Task = task.OrClassification(info.Task)
	if _, err := task.Parse(info.Task.String()); err != nil { // runs record its name
		return nil, fault.Inputf("data set %s: %w", info.Name, err)
	}
	least := 1
	if info.Task == (task.Classification{}) {
		least = 2
	}
	if len(info.Classes) < least {
		return nil, fault.Inputf(
			"data set %s: found %d classes, expected at least %d", info.Name, len(info.Classes),
			least,
		)
	}
	for i, name := range info.Classes {
		if name == "" || slices.Contains(info.Classes[:i], name) {
			return nil, fault.Inputf("data set %s: class %d is %q, expected a name of its own", info.Name, i, name)
		}
	}
	if min(info.Shape.C, info.Shape.H, info.Shape.W) < 1 {
		return nil, fault.Inputf("data set %s: images of %v, expected extents of at least 1", info.Name, info.Shape)
	}
	training, err := info.own("training", train)
	if err != nil {
		return nil, err
	}
	official, err := info.own("test", test)
	if err != nil {
		return nil, err
	}
	info.Train, info.Test, info.Embedded = training.Len(), official.Len(), false
	return &Dataset{
		Info:  info,
		train: func() (*Part, error) { return training, nil },
		test:  func() (*Part, error) { return official, nil },
	}, nil
}

// own returns a part as the set has it, with a digest, if it fits the set.
func (info Info) own(name string, p *Part) (*Part, error) {
	wrong := func(format string, args ...any) error {
		return fault.Inputf("data set %s: %s part: %w", info.Name, name, fmt.Errorf(format, args...))
	}
	switch {
	case p == nil || p.Len() == 0:
		return nil, wrong("found no image, expected at least one")
	case p.Shape != info.Shape:
		return nil, wrong("images of %v, expected %v", p.Shape, info.Shape)
	case len(p.Images) != p.Len()*p.Shape.Size():
		return nil, wrong(
			"%d bytes for %d images of %v, expected %d", len(p.Images), p.Len(), p.Shape,
			p.Len()*p.Shape.Size(),
		)
	case p.Files != nil && len(p.Files) != p.Len() || p.Hashes != nil && len(p.Hashes) != p.Len():
		return nil, wrong(
			"%d files and %d hashes of %d images, expected one of each or none", len(p.Files),
			len(p.Hashes), p.Len(),
		)
	}
	for i, y := range p.Labels {
		if y < 0 || int(y) >= len(info.Classes) {
			return nil, wrong("label %d is %d, expected 0 to %d", i, y, len(info.Classes)-1)
		}
	}
	if err := info.ownTargets(p); err != nil {
		return nil, wrong("%w", err)
	}
	out := *p
	out.Classes = info.Classes
	if out.Digest == "" {
		h := sha256.New()
		fmt.Fprintf(h, "%q %v\n", info.Classes, info.Shape)
		h.Write(p.Images)
		h.Write(LabelBytes(p.Labels, len(info.Classes)))
		binary.Write(h, binary.LittleEndian, p.Targets)
		out.Digest = hex.EncodeToString(h.Sum(nil))
	}
	return &out, nil
}

// ownTargets says what is wrong with the targets of a part.
func (info Info) ownTargets(p *Part) error {
	if info.Task == (task.Classification{}) {
		if p.Targets != nil {
			return fmt.Errorf("targets of the task %s, expected none", info.Task)
		}
		return nil
	}
	if len(p.Targets) != p.Len()*len(info.Classes) {
		return fmt.Errorf("%d targets, expected %d for each of %d images", len(p.Targets), len(info.Classes), p.Len())
	}
	for i, v := range p.Targets {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("target %d is %v, expected a finite number", i, v)
		}
		if info.Task == (task.MultiLabel{}) && v != 0 && v != 1 {
			return fmt.Errorf("target %d is %v, expected 0 or 1", i, v)
		}
	}
	return nil
}
