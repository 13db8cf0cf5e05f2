package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/gradreg/gradreg/internal/bug"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/task"
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
	Labels []int32 // class numbers [N], from 0; 0 where there are labels or numbers
	// Targets are labels, 0 or 1, or numbers [N, K], of the tasks that have such; nil of classes.
	Targets []float32
	// Files are the pictures' names in a folder, with slashes [N]; nil of data sets with a name.
	Files []string
	// Hashes are the SHA-256 of those files [N]; nil of data sets with a name.
	Hashes [][32]byte
	// Classes are the names of the classes, for messages; nil if nobody knows them.
	Classes []string
	// Digest identifies what the part is made of, whatever size its images have: the SHA-256 of the
	// SHA-256 of its files, of a folder of those of its pictures and their classes. Empty of a part
	// that was not opened.
	Digest string
	// Own are the files of a data set with a name whose content is not the published one.
	Own []string
}

// Len returns the number of images.
func (p *Part) Len() int { return len(p.Labels) }

// Image returns the bytes of image i.
func (p *Part) Image(i int) []byte {
	n := p.Shape.Size()
	return p.Images[i*n : (i+1)*n]
}

// Info describes a data set without reading it.
type Info struct {
	Name        string
	Description string
	Task        task.Task // what is to be learned, one that [task.Parse] knows; nil is classification
	Classes     []string  // names of the classes, the labels or the numbers
	Shape       Shape
	Train, Test int // images
	Val         int // images of [Dataset.Val]
	Licence     string
	From        string // where to get the files
	Embedded    bool   // comes with the program
	Defaults    Defaults
}

// Dataset is a set of images in two parts, each read on first use and then kept. Its methods may
// be called from several goroutines, so that both parts can be read at once.
type Dataset struct {
	Info
	// Folder is where the files are read from, empty for the embedded ones.
	Folder string
	// Given tells that Open was given that folder, or the one it is in.
	Given bool

	train, test func() (*Part, error)
	val         *Part
	known       string // digest that needs no reading
}

// Train returns the images of the training file.
func (d *Dataset) Train() (*Part, error) { return d.train() }

// Test returns the images of the official test file.
func (d *Dataset) Test() (*Part, error) { return d.test() }

// Val returns the images that the set provides for choosing between models, besides those of Train:
// of a folder with train/, val/ and test/ those of val/. It is nil for all others.
func (d *Dataset) Val() *Part { return d.val }

// row is a row of the table of data sets.
type row struct {
	Info
	// home is the address of the folder that the downloads are published in, with a slash at its
	// end.
	home      string
	downloads []remoteFile
	// unpacked is what the folder is called that the published archive unpacks to, if there is one.
	unpacked string
	// otherVersions are the names of what the set is also published as, which is not read.
	otherVersions []string
	// files is what the set consists of, whatever it is packed in: first those of the training
	// part, whose number is trainFiles, then those of the test part.
	files      []file
	trainFiles int
	// inside are the files that come with the program, and digest that of the images in them, of an
	// embedded set.
	inside fs.FS
	digest string
	// parse makes a part of the contents of its files, of at most that many images.
	parse func(s *row, contents []content, images int) (*Part, error)
}

// file is a file of a set, with what is published of it, or follows from what is.
type file struct {
	name   string
	size   int    // bytes
	sha256 string // hexadecimal
}

// remoteFile is a file at a set's public home: an archive, or one of the set's files with .gz
// behind its name.
type remoteFile struct {
	name   string
	size   int64
	sha256 string // hexadecimal
}

// rows is the table of data sets.
func rows() []row {
	return []row{mnist(), fashionMNIST(), cifar10(), cifar100()}
}

// List describes all data sets.
func List() []Info {
	var out []Info
	for _, s := range rows() {
		out = append(out, s.Info)
	}
	return out
}

// Names lists the names of all data sets.
func Names() []string {
	var out []string
	for _, s := range rows() {
		out = append(out, s.Name)
	}
	return out
}

// find returns the row of the data set of that name.
func find(name string) (*row, error) {
	for _, s := range rows() {
		if s.Name == name {
			return &s, nil
		}
	}
	return nil, fault.Input(spec.Unknown("data set", name, Names()))
}

// Open returns the data set of that name, or the pictures of the folder that [ParseSource] takes it
// for, as [OpenFolder] does with the zero Options. The files of a named set are taken from the first
// place that has any of them:
//
//   - the folders dir/NAME and dir, for every dir given in turn;
//   - the program itself, if they are embedded;
//   - the folder NAME of [CacheDir], where [Fetch] puts them;
//   - the folder NAME of /usr/share/datasets, where Debian packages put them.
//
// Only dirs count where there are any, unless one of them is empty, which stands for the other
// places, after all dirs: who names a folder does not want other files in silence.
//
// A file may be there as it is, or with .gz or .xz behind its name, or in the .tar.gz archive that
// the set is published as, or in the folder which that unpacks to. Files are read when a part is
// asked for, and known by their checksums: those of another set are an error, those that nobody
// published are [Part].Own. An unknown name, a dir that is no folder and files that are nowhere
// ([ErrNotFound]) are the input's fault, as is every damage found when reading.
func Open(ctx context.Context, name string, dirs ...string) (*Dataset, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	d, _, err := ParseSource(name).Open(ctx, Opening{Dirs: dirs})
	return d, err
}

// open opens the set.
func (s *row) open(dirs []string) (*Dataset, error) {
	at, given, err := s.locate(dirs)
	if err != nil {
		return nil, err
	}
	d := &Dataset{Info: s.Info, Folder: at.dir, Given: given}
	if at.dir == "" {
		d.train, d.test, d.known = s.embeddedPart(true), s.embeddedPart(false), s.digest
		return d, nil
	}
	d.train = sync.OnceValues(func() (*Part, error) { return s.part(at, true) })
	d.test = sync.OnceValues(func() (*Part, error) { return s.part(at, false) })
	return d, nil
}

// partFiles returns the files of a part.
func (s *row) partFiles(train bool) []file {
	if train {
		return s.files[:s.trainFiles]
	}
	return s.files[s.trainFiles:]
}

// part reads a part.
func (s *row) part(at place, train bool) (*Part, error) {
	files := s.partFiles(train)
	contents, err := s.read(at, files)
	if err != nil {
		return nil, err
	}
	sums := published(files) // of the embedded ones, as a test sees
	if at.dir != "" {
		sums = digests(contents)
	}
	own, err := s.foreign(contents, files, sums)
	if err != nil {
		return nil, err
	}
	p, err := s.parsePart(contents, train)
	if err != nil {
		return nil, err
	}
	p.Classes, p.Digest, p.Own = s.Classes, digestOf(sums), own
	return p, nil
}

// parsePart makes a part of the contents of its files.
func (s *row) parsePart(contents []content, train bool) (*Part, error) {
	images := s.Test
	if train {
		images = s.Train
	}
	return s.parse(s, contents, images)
}

// Parts reads the training and the test images at once. An error that both have is returned once.
func (d *Dataset) Parts() (train, test *Part, err error) {
	var failed error
	var other sync.WaitGroup
	var bugs bug.Keeper
	other.Go(func() {
		defer bugs.Keep()
		test, failed = d.Test()
	})
	train, err = d.Train()
	other.Wait()
	bugs.Raise()
	if err != nil && failed != nil && err.Error() == failed.Error() { // of an archive that has both
		return nil, nil, err
	}
	return train, test, errors.Join(err, failed)
}
