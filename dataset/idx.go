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
	return source{
		Info: Info{
			Name: "mnist", Description: "handwritten digits, white on black",
			Classes: []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
			Shape:   Shape{1, 28, 28}, Train: 60000, Test: 10000,
			Licence: "CC BY-SA 3.0, LeCun and Cortes", From: "the program itself", Embedded: true,
		},
		files: []file{
			{"train-images-idx3-ubyte.gz", []string{"f68b3c2dcbeaaa9fbdd348bbdeb94873"}},
			{"train-labels-idx1-ubyte.gz", []string{"d53e105ee54ea40749a09fcbcd1e9432"}},
			{"t10k-images-idx3-ubyte.gz", []string{"9fb629c4189551a2d022fa330f9573f3"}},
			{"t10k-labels-idx1-ubyte.gz", []string{"ec29112dd5afa0611ce80d1b7f02629c"}},
		},
		open: openIDX,
	}
}

// The parts of the embedded MNIST are decompressed once per process.
var (
	mnistTrain = sync.OnceValues(func() (*Part, error) { return embeddedMNIST(true) })
	mnistTest  = sync.OnceValues(func() (*Part, error) { return embeddedMNIST(false) })
)

func embeddedMNIST(train bool) (*Part, error) {
	s := mnist()
	return openIDX(&s, s.embedded(), train)
}

// fashionMNIST is Xiao, Rasul and Vollgraf's set of articles of clothing, in MNIST's format. The first
// checksum is that of the authors' file, the second that of Debian's, which is the same compressed stream
// under a gzip header without name and time.
func fashionMNIST() source {
	return source{
		Info: Info{
			Name: "fashion-mnist", Description: "articles of clothing (Debian package dataset-fashion-mnist)",
			Classes: []string{"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"},
			Shape:   Shape{1, 28, 28}, Train: 60000, Test: 10000, Licence: "MIT, Zalando SE",
			From: "the Debian package dataset-fashion-mnist or github.com/zalandoresearch/fashion-mnist",
		},
		files: []file{
			{"train-images-idx3-ubyte.gz", []string{"8d4fb7e6c68d591d4c3dfef9ec88bf0d", "cf8536b0aa1a6ac5fa3f23001093305c"}},
			{"train-labels-idx1-ubyte.gz", []string{"25c81989df183df01b3e8a0aad5dffbe", "10bea18fdb374794d4bb42e356e600c9"}},
			{"t10k-images-idx3-ubyte.gz", []string{"bef4ecab320f06d8554ea6380940ec79", "f78720b4224f21cce2f2ccf2d7a94c9a"}},
			{"t10k-labels-idx1-ubyte.gz", []string{"bb300cfdad3c16e7a12a480ee83cd310", "0d30e22e447f3c33dab9ed536400ac01"}},
		},
		open: openIDX,
	}
}

// openIDX reads images and labels of a part.
func openIDX(s *source, fetch fetcher, train bool) (*Part, error) {
	names, limit := s.files[2:], s.Test
	if train {
		names, limit = s.files[:2], s.Train
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
	if p.Images, err = readImages(images, limit, s.Shape); err != nil {
		return nil, fault.Inputf("%s: %w", imagesPath, err)
	}
	if p.Labels, err = readLabels(labels, limit, len(s.Classes)); err != nil {
		return nil, fault.Inputf("%s: %w", labelsPath, err)
	}
	if found := len(p.Images) / s.Shape.Size(); found != len(p.Labels) {
		return nil, fault.Inputf("%s: %d images, but %d labels in %s", imagesPath, found, len(p.Labels), labelsPath)
	}
	return p, nil
}

// readImages reads a gzipped IDX file of at most limit grey images of the given shape.
func readImages(data []byte, limit int, shape Shape) ([]byte, error) {
	return readIDX(data, magicImages, limit, []int{shape.H, shape.W})
}

// readLabels reads a gzipped IDX file of at most limit class numbers.
func readLabels(data []byte, limit, classes int) ([]uint8, error) {
	labels, err := readIDX(data, magicLabels, limit, nil)
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

// readIDX reads a gzipped IDX file of bytes: magic number, number of items, the extents of an item, data. The
// limit on the items bounds what a small file that unpacks to a huge one can make us allocate.
func readIDX(data []byte, magic uint32, limit int, extents []int) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fault.Inputf("not a gzip file: %w", err)
	}
	header := make([]byte, 8+4*len(extents))
	if _, err := io.ReadFull(z, header); err != nil {
		return nil, fault.Inputf("header: %w", truncated(err))
	}
	word := func(i int) uint32 { return binary.BigEndian.Uint32(header[4*i:]) }
	if word(0) != magic {
		return nil, fault.Inputf("magic number is %#08x, expected %#08x", word(0), magic)
	}
	size := 1
	for i, want := range extents {
		if word(2+i) != uint32(want) {
			return nil, fault.Inputf("extent %d of an image is %d, expected %d", i+1, word(2+i), want)
		}
		size *= want
	}
	if items := word(1); items < 1 || items > uint32(limit) {
		return nil, fault.Inputf("header announces %d items, expected 1 to %d", items, limit)
	}
	return readBody(z, int(word(1))*size)
}

// firstChunk is what readBody allocates on an announcement alone.
const firstChunk = 1 << 20

// readBody reads exactly n bytes. It allocates eight times what has really come so far, so that a short file
// cannot make us allocate what it announces, and a true one is copied little.
func readBody(z *gzip.Reader, n int) ([]byte, error) {
	var body []byte
	for have := 0; have < n; {
		body = append(make([]byte, 0, min(n, max(firstChunk, 8*have))), body...)
		body = body[:cap(body)]
		got, err := io.ReadFull(z, body[have:])
		have += got
		if err != nil {
			return nil, fault.Inputf("data: %w after %d of %d bytes", truncated(err), have, n)
		}
	}
	// This read also makes gzip compare the checksum.
	extra, err := io.CopyN(io.Discard, z, 1)
	if extra > 0 {
		return nil, fault.Inputf("data goes on after the announced %d bytes", n)
	}
	if err != io.EOF {
		return nil, fault.Inputf("data: %w", err)
	}
	return body, nil
}

// truncated says what an early end of data is.
func truncated(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fault.Inputf("the file is truncated")
	}
	return err
}
