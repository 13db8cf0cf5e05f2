package dataset

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/internal/fault"
)

// Source says which data are meant, before they are opened: a data set with a name, the pictures of
// a folder, or images in memory. [ParseSource] makes it of a text, [Dataset.Source] of a data set;
// both decide once which of the three it is. It is written, also in YAML and JSON, as its text. The
// zero value is the data set without a name, which nothing has.
type Source struct {
	text string
	kind sourceKind
	set  *Dataset // the images in memory, where they are at hand
}

// sourceKind is what a source is.
type sourceKind int

const (
	named sourceKind = iota
	pictures
	memory
)

// memoryPrefix begins the names under which configurations record data in memory, which no files
// have.
const memoryPrefix = "memory:"

// ParseSource returns the source that a text means. It is
//
//   - images in memory, without the images, if it begins with memory:, as [New] names them;
//   - a data set with a name if the table of data sets has it ([Names]), also where there is a
//     folder of that name: that is written ./mnist;
//   - the pictures of a folder if it has a separator in it, or is a folder, or a link that leads
//     nowhere;
//   - otherwise a name that no data set has, which [Source.Open] says.
func ParseSource(text string) Source {
	s := Source{text: text}
	switch {
	case strings.HasPrefix(text, memoryPrefix):
		s.kind = memory
	case strings.ContainsRune(text, '/') || strings.ContainsRune(text, os.PathSeparator):
		s.kind = pictures
	case !slices.Contains(Names(), text) && isFolder(text):
		s.kind = pictures
	}
	return s
}

// isFolder reports whether there is a folder of that name, or a link that leads nowhere.
func isFolder(name string) bool {
	info, err := os.Stat(name)
	if err == nil {
		return info.IsDir()
	}
	link, err := os.Lstat(name)
	return err == nil && link.Mode()&os.ModeSymlink != 0
}

// Source returns what the data set was opened by. That of images in memory holds them, so that it
// can be opened again.
func (d *Dataset) Source() Source {
	s := ParseSource(d.Name)
	if s.kind == memory {
		s.set = d
	}
	return s
}

// String returns the text that ParseSource takes.
func (s Source) String() string { return s.text }

// MarshalText returns the text.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.text), nil }

// UnmarshalText takes the text.
func (s *Source) UnmarshalText(text []byte) error {
	*s = ParseSource(string(text))
	return nil
}

// MarshalYAML returns the text, to be written as other texts are.
func (s Source) MarshalYAML() (any, error) { return s.text, nil }

// UnmarshalYAML takes the text from what reads it.
func (s *Source) UnmarshalYAML(read func(any) error) error {
	var text string
	if err := read(&text); err != nil {
		return err
	}
	return s.UnmarshalText([]byte(text))
}

// Name returns a short name for titles and names of files: of a folder of pictures that of the
// folder, without the place where it is.
func (s Source) Name() string {
	if s.kind == pictures {
		return filepath.Base(filepath.Clean(s.text))
	}
	return s.text
}

// Dir returns the folder whose pictures are meant, empty of other data.
func (s Source) Dir() string {
	if s.kind == pictures {
		return s.text
	}
	return ""
}

// Identity returns what of the source tells the data from others, without any images: a name; the
// zero value of a folder of pictures, which may be moved and is known by its content
// ([Dataset.Digest]). Identities can be compared with ==.
func (s Source) Identity() Source {
	if s.kind == pictures {
		return Source{}
	}
	return Source{text: s.text, kind: s.kind}
}

// Abs returns the source in a form that does not depend on the working folder.
func (s Source) Abs() (Source, error) {
	if s.kind != pictures {
		return s, nil
	}
	path, err := filepath.Abs(s.text)
	s.text = path
	return s, err
}

// Info describes the data as far as that is known without reading them, and reports whether they
// are known: those with a row in the table, and images in memory that are at hand. Of others it
// returns what suits them, [Info].Defaults, which are those of photos.
func (s Source) Info() (info Info, known bool) {
	if s.set != nil {
		info = s.set.Info
		info.Defaults = info.Defaults.or(photoDefaults())
		return info, true
	}
	if s.kind == named {
		for _, row := range rows() {
			if row.Name == s.text {
				return row.Info, true
			}
		}
	}
	return Info{Name: s.text, Defaults: photoDefaults()}, false
}

// LookedUp reports whether files of the set are looked for by its name, in the folders that
// [Opening].Dirs lists: a data set with a name. A folder of pictures is where it is.
func (s Source) LookedUp() bool { return s.kind == named }

// Resizable reports whether [Opening].Pictures has a say in what the images become, their size
// among it: the pictures of a folder. Other images are what they are.
func (s Source) Resizable() bool { return s.kind == pictures }

// DividedBySeed reports whether a seed may divide the images into those to train and those to test
// on, so that their digest depends on it: the pictures of a folder.
func (s Source) DividedBySeed() bool { return s.kind == pictures }

// Reported reports whether opening says what is odd about the images, in a [folder.Report]: the
// pictures of a folder.
func (s Source) Reported() bool { return s.kind == pictures }

// Opening is how a source is opened: each field is of one kind of source.
type Opening struct {
	Dirs     []string       // where the files of a data set with a name may be, see [Open]
	Pictures folder.Options // of a folder, see [OpenFolder]
	Memory   *Dataset       // images in memory that the source does not hold
}

// Open opens the data, with a report on the pictures of a folder. A name that nothing has, files
// that are not there ([ErrNotFound]), a folder that cannot be used ([folder.Open]) and images in
// memory that are not at hand are the input's fault.
func (s Source) Open(ctx context.Context, opt Opening) (*Dataset, folder.Report, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, folder.Report{}, err
	}
	switch s.kind {
	case pictures:
		return OpenFolder(ctx, s.text, opt.Pictures)
	case memory:
		d, err := s.atHand(opt.Memory)
		return d, folder.Report{}, err
	}
	row, err := find(s.text)
	if err != nil {
		return nil, folder.Report{}, fmt.Errorf("%w; nor is there a folder of that name", err)
	}
	d, err := row.open(opt.Dirs)
	return d, folder.Report{}, err
}

// atHand returns the images in memory, those of other if the source holds none.
func (s Source) atHand(other *Dataset) (*Dataset, error) {
	switch d := cmp.Or(s.set, other); {
	case d == nil:
		return nil, fault.Inputf(
			"data set %s was made in memory: it cannot be opened by its name, "+
				"expected a Source that holds its images", s.text,
		)
	case d.Name != s.text:
		return nil, fault.Inputf("found the data set %s in memory, expected %s", d.Name, s.text)
	default:
		return d, nil
	}
}
