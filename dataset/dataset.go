package dataset

import (
	"fmt"
	"sync"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
)

// Shape is the extent of an image: channels, height, width.
type Shape struct{ C, H, W int }

// Size returns C·H·W.
func (s Shape) Size() int { return s.C * s.H * s.W }

// String returns the shape as 1x28x28.
func (s Shape) String() string { return fmt.Sprintf("%dx%dx%d", s.C, s.H, s.W) }

// Part is a set of labelled images.
type Part struct {
	Shape  Shape
	Images []byte  // [N, C, H, W], 0 … 255
	Labels []uint8 // class numbers [N]
}

// Len returns the number of images.
func (p *Part) Len() int { return len(p.Labels) }

// Image returns the bytes of image i.
func (p *Part) Image(i int) []byte {
	n := p.Shape.Size()
	return p.Images[i*n : (i+1)*n]
}

// Info describes a source without reading it.
type Info struct {
	Name        string
	Description string
	Classes     []string
	Shape       Shape
	Train, Test int // images
	Licence     string
	From        string // where to get the files
	Embedded    bool   // comes with the program
}

// Dataset is a source of images in two parts, each read on first use and then kept. Its methods may be called
// from several goroutines, so that both parts can be read at once.
type Dataset struct {
	Info
	// Folder is where the files are read from, empty for the embedded ones.
	Folder string

	train, test func() (*Part, error)
}

// Train returns the images of the training file.
func (d *Dataset) Train() (*Part, error) { return d.train() }

// Test returns the images of the official test file.
func (d *Dataset) Test() (*Part, error) { return d.test() }

// source is a row of the table of data sets.
type source struct {
	Info
	// files lists what the source consists of, with checksums.
	files []file
	// open reads a part from the files.
	open func(s *source, fetch fetcher, train bool) (*Part, error)
}

// file is a file of a source, with the MD5 of every form it is published in, hexadecimal.
type file struct {
	name string
	md5  []string
}

// sources is the table of data sets.
func sources() []source {
	return []source{mnist(), fashionMNIST(), cifar10()}
}

// List describes all data sets.
func List() []Info {
	var out []Info
	for _, s := range sources() {
		out = append(out, s.Info)
	}
	return out
}

// Names lists the names of all data sets.
func Names() []string {
	var out []string
	for _, s := range sources() {
		out = append(out, s.Name)
	}
	return out
}

// find returns the source of that name.
func find(name string) (*source, error) {
	for _, s := range sources() {
		if s.Name == name {
			return &s, nil
		}
	}
	return nil, fault.Input(spec.Unknown("data set", name, Names()))
}

// Open returns the data set of that name. Its files are taken from the first of the folders dir/NAME and dir that
// has any of them, for every dir given in turn; else from the program itself if they are embedded, or from
// where a Debian package puts them. Files are read when a part is asked for. An unknown name, a dir that is no
// folder and files that are nowhere are the input's fault, as is every damage found when reading.
func Open(name string, dirs ...string) (*Dataset, error) {
	s, err := find(name)
	if err != nil {
		return nil, err
	}
	dir, err := s.locate(dirs)
	if err != nil {
		return nil, err
	}
	d := &Dataset{Info: s.Info, Folder: dir}
	d.train = sync.OnceValues(func() (*Part, error) { return s.part(dir, true) })
	d.test = sync.OnceValues(func() (*Part, error) { return s.part(dir, false) })
	return d, nil
}

// part reads a part from a folder, or takes the embedded one if there is no folder.
func (s *source) part(dir string, train bool) (*Part, error) {
	switch {
	case dir != "":
		return s.open(s, folder(dir), train)
	case train:
		return mnistTrain()
	}
	return mnistTest()
}
