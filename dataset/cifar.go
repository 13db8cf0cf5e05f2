package dataset

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/fault"
)

// cifar10 is Krizhevsky's set of colour images, in its binary version: records of a label and three planes.
func cifar10() source {
	s := source{
		Info: Info{
			Name: "cifar10", Description: "colour photos of ten kinds of objects (binary version)",
			Classes: []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"},
			Shape:   Shape{3, 32, 32}, Train: 50000, Test: 10000, Licence: "none stated; cite Krizhevsky 2009",
		},
		open: openCIFAR,
	}
	for i := 1; i <= 5; i++ {
		s.files = append(s.files, file{name: fmt.Sprintf("data_batch_%d.bin", i)})
	}
	s.files = append(s.files, file{name: "test_batch.bin"})
	return s
}

// openCIFAR reads the records of a part.
func openCIFAR(s *source, fetch fetcher, train bool) (*Part, error) {
	last := len(s.files) - 1
	names := s.files[last:]
	if train {
		names = s.files[:last]
	}
	p := &Part{Shape: s.Shape}
	for _, f := range names {
		path, data, err := fetch(f.name)
		if err != nil {
			return nil, err
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
	for i := 0; i < len(data); i += record {
		if int(data[i]) >= classes {
			return fault.Inputf("label of record %d is %d, expected 0 to %d", i/record, data[i], classes-1)
		}
		p.Labels = append(p.Labels, data[i])
		p.Images = append(p.Images, data[i+1:i+record]...)
	}
	return nil
}
