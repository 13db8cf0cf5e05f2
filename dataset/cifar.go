package dataset

import (
	"slices"

	"github.com/gradreg/gradreg/internal/fault"
)

// cifarBatch is the number of records of a file.
const cifarBatch = 10000

// cifar10 is Krizhevsky's set of colour images, in its binary version: records of a label and three planes.
func cifar10() source {
	return source{
		Info: Info{
			Name: "cifar10", Description: "colour photos of ten kinds of objects (binary version)",
			Classes: []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"},
			Shape:   Shape{3, 32, 32}, Train: 5 * cifarBatch, Test: cifarBatch,
			Licence: "none stated; cite Krizhevsky 2009", From: "the binary version at www.cs.toronto.edu/~kriz/cifar.html",
		},
		files: []file{
			{"data_batch_1.bin", []string{"5dd7e06a14cb22eb9f671a540d1b7c25"}},
			{"data_batch_2.bin", []string{"5ea93a67294ea407fff1d09f752e9692"}},
			{"data_batch_3.bin", []string{"942cd6a4bcdd0dd3c604fbe906cb4421"}},
			{"data_batch_4.bin", []string{"ae636b3ba5c66a11e91e8cb52e771fcb"}},
			{"data_batch_5.bin", []string{"53f37980c15c3d472c316c40844f3f0d"}},
			{"test_batch.bin", []string{"803d5f7f4d78ea53de84dbe85f74fb6d"}},
		},
		open: openCIFAR,
	}
}

// openCIFAR reads the records of a part.
func openCIFAR(s *source, fetch fetcher, train bool) (*Part, error) {
	last := len(s.files) - 1
	names := s.files[last:]
	if train {
		names = s.files[:last]
	}
	p := &Part{Shape: s.Shape}
	for i, f := range names {
		path, data, err := fetch(f.name)
		if err != nil {
			return nil, err
		}
		if i == 0 { // the files have one size, so this is all the memory
			p.Images = slices.Grow(p.Images, len(names)*len(data))
		}
		if err := p.appendRecords(data, len(s.Classes)); err != nil {
			return nil, fault.Inputf("%s: %w", path, err)
		}
	}
	return p, nil
}

// appendRecords adds records of a label byte and an image.
func (p *Part) appendRecords(data []byte, classes int) error {
	record := 1 + p.Shape.Size()
	if len(data) == 0 || len(data)%record != 0 {
		return fault.Inputf("%d bytes, expected a multiple of %d", len(data), record)
	}
	if n := len(data) / record; n > cifarBatch {
		return fault.Inputf("%d records, expected 1 to %d", n, cifarBatch)
	}
	for i := 0; i < len(data); i += record {
		if int(data[i]) >= classes {
			return fault.Inputf("label of record %d is %d, expected 0 to %d", i/record, data[i], classes-1)
		}
		p.Labels = append(p.Labels, data[i])
		p.Images = append(p.Images, data[i+1:i+record]...)
	}
	return nil
}
