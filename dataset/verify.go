package dataset

import (
	"crypto/md5"
	"encoding/hex"
	"io"
	"maps"
	"slices"

	"github.com/gradreg/gradreg/internal/fault"
)

// FileReport is what Verify found about a file of a data set.
type FileReport struct {
	// Path is where it is; that of a file in an archive ends with a colon and the file's name.
	Path string `json:"path"`
	// Bytes and MD5 are those of the file on the disk, packed as it is: of the archive, if it is in
	// one.
	Bytes int    `json:"bytes"`
	MD5   string `json:"md5"`
	// SHA256 is that of the content, the same whatever it is packed in.
	SHA256 string `json:"sha256"`
	// OK is false if the content differs from the published one.
	OK bool `json:"ok"`
	// Is says what file of another set it is, or another one of this set, if it is one, as "mnist's
	// train-images-idx3-ubyte".
	Is string `json:"is,omitempty"`
}

// Verify reads all files of a data set, found as by Open, compares them with the published
// checksums and parses them. A file that differs is reported, one that cannot be read is an error.
func Verify(name string, dirs ...string) ([]FileReport, error) {
	s, err := find(name)
	if err != nil {
		return nil, err
	}
	at, _, err := s.locate(dirs)
	if err != nil {
		return nil, err
	}
	return s.verify(at)
}

// verify is Verify at a place.
func (s *row) verify(at place) ([]FileReport, error) {
	contents, err := s.read(at, s.files)
	if err != nil {
		return nil, err
	}
	stored := map[string]*storedFile{} // one archive stands for many files
	for _, c := range contents {
		stored[c.stored] = &storedFile{}
	}
	names := slices.Sorted(maps.Keys(stored))
	if err := each(len(names), func(i int) error { return stored[names[i]].sum(at, names[i]) }); err != nil {
		return nil, err
	}
	var reports []FileReport
	sums := digests(contents)
	for i, c := range contents {
		r := FileReport{
			Path: c.path, Bytes: stored[c.stored].bytes, MD5: stored[c.stored].md5, SHA256: sums[i],
			OK: sums[i] == s.files[i].sha256,
		}
		if !r.OK {
			r.Is = ownerOf(sums[i])
		}
		reports = append(reports, r)
	}
	if _, err := s.parsePart(contents[:s.trainFiles], true); err != nil {
		return reports, err
	}
	if _, err := s.parsePart(contents[s.trainFiles:], false); err != nil {
		return reports, err
	}
	return reports, nil
}

// storedFile is a file as it is on the disk.
type storedFile struct {
	bytes int
	md5   string
}

// sum reads the file.
func (f *storedFile) sum(at place, name string) error {
	file, err := openStored(at, name)
	if err != nil {
		return err
	}
	defer file.Close()
	h := md5.New()
	n, err := io.Copy(h, file)
	if err != nil {
		return fault.Inputf("%s: %w", at.path(name), reason(err))
	}
	f.bytes, f.md5 = int(n), hex.EncodeToString(h.Sum(nil))
	return nil
}
