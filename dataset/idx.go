package dataset

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"sync"

	"github.com/gradreg/gradreg/internal/fault"
)

// The magic numbers of IDX files: bytes in three dimensions, bytes in one (LeCun, "The MNIST database").
const (
	magicImages = 0x00000803
	magicLabels = 0x00000801
)

// mnist is LeCun, Cortes and Burges' set of handwritten digits.
func mnist() source {
	s := mnistFiles()
	s.open = openMNIST
	return s
}

func mnistFiles() source {
	return source{
		Info: Info{
			Name: "mnist", Description: "handwritten digits, white on black",
			Classes: []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
			Shape:   Shape{1, 28, 28}, Train: 60000, Test: 10000,
			Licence: "CC BY-SA 3.0, LeCun and Cortes", Embedded: true,
		},
		files: []file{
			{"train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"},
			{"train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"},
			{"t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"},
			{"t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"},
		},
	}
}

// The parts of the embedded MNIST are decompressed once per process.
var (
	mnistTrain = sync.OnceValues(func() (*Part, error) { return embeddedMNIST(true) })
	mnistTest  = sync.OnceValues(func() (*Part, error) { return embeddedMNIST(false) })
)

func embeddedMNIST(train bool) (*Part, error) {
	s := mnistFiles()
	return openIDX(&s, s.embedded(), train)
}

// openMNIST reads a part from a folder, or takes the embedded one.
func openMNIST(s *source, fetch fetcher, train bool) (*Part, error) {
	switch {
	case fetch != nil:
		return openIDX(s, fetch, train)
	case train:
		return mnistTrain()
	}
	return mnistTest()
}

// fashionMNIST is Xiao, Rasul and Vollgraf's set of articles of clothing, in MNIST's format.
func fashionMNIST() source {
	s := source{open: openIDX}
	s.Info = Info{
		Name: "fashion-mnist", Description: "articles of clothing (Debian package dataset-fashion-mnist)",
		Classes: []string{"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"},
		Shape:   Shape{1, 28, 28}, Train: 60000, Test: 10000, Licence: "MIT, Zalando SE",
	}
	s.files = []file{
		{"train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"},
		{"train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"},
		{"t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"},
		{"t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"},
	}
	return s
}

// openIDX reads images and labels of a part.
func openIDX(s *source, fetch fetcher, train bool) (*Part, error) {
	names := s.files[2:]
	if train {
		names = s.files[:2]
	}
	imagesPath, images, err := fetch(names[0].name)
	if err != nil {
		return nil, err
	}
	labelsPath, labels, err := fetch(names[1].name)
	if err != nil {
		return nil, err
	}
	p := &Part{Shape: s.Shape}
	if p.Images, err = readImages(images, s.Shape); err != nil {
		return nil, fault.Inputf("%s: %w", imagesPath, err)
	}
	if p.Labels, err = readLabels(labels, len(s.Classes)); err != nil {
		return nil, fault.Inputf("%s: %w", labelsPath, err)
	}
	if found := len(p.Images) / s.Shape.Size(); found != len(p.Labels) {
		return nil, fault.Inputf("%s: %d images, but %d labels in %s", imagesPath, found, len(p.Labels), labelsPath)
	}
	return p, nil
}

// readImages reads a gzipped IDX file of grey images of the given shape.
func readImages(data []byte, shape Shape) ([]byte, error) {
	return readIDX(data, magicImages, []int{shape.H, shape.W})
}

// readLabels reads a gzipped IDX file of class numbers.
func readLabels(data []byte, classes int) ([]uint8, error) {
	labels, err := readIDX(data, magicLabels, nil)
	if err != nil {
		return nil, err
	}
	for i, y := range labels {
		if int(y) >= classes {
			return nil, fault.Inputf("label %d is %d, expected 0 to %d", i, y, classes-1)
		}
	}
	return labels, nil
}

// maxItems bounds the images of a file, and with them what a header can make us allocate.
const maxItems = 1 << 20

// readIDX reads a gzipped IDX file of bytes: magic number, number of items, the extents of an item, data.
func readIDX(data []byte, magic uint32, extents []int) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fault.Inputf("not a gzip file: %w", err)
	}
	header := make([]byte, 8+4*len(extents))
	if _, err := io.ReadFull(z, header); err != nil {
		return nil, fault.Inputf("header: %w", truncated(err))
	}
	word := func(i int) int { return int(binary.BigEndian.Uint32(header[4*i:])) }
	if word(0) != int(magic) {
		return nil, fault.Inputf("magic number is %#08x, expected %#08x", word(0), magic)
	}
	size := 1
	for i, want := range extents {
		if word(2+i) != want {
			return nil, fault.Inputf("extent %d of an image is %d, expected %d", i+1, word(2+i), want)
		}
		size *= want
	}
	items := word(1)
	if items < 1 || items > maxItems {
		return nil, fault.Inputf("header announces %d items, expected 1 to %d", items, maxItems)
	}
	return readBody(z, items*size)
}

// readBody reads exactly n bytes. Memory grows with what is really there, not with what was announced.
func readBody(z *gzip.Reader, n int) ([]byte, error) {
	var body bytes.Buffer
	if _, err := io.CopyN(&body, z, int64(n)); err != nil {
		return nil, fault.Inputf("data: %w after %d of %d bytes", truncated(err), body.Len(), n)
	}
	extra, err := io.CopyN(io.Discard, z, 1)
	if extra > 0 {
		return nil, fault.Inputf("data goes on after the announced %d bytes", n)
	}
	if err != io.EOF {
		return nil, fault.Inputf("data: %w", err)
	}
	return body.Bytes(), nil
}

// truncated says what an early end of data is.
func truncated(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fault.Inputf("the file is truncated")
	}
	return err
}
