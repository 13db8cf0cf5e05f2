package dataset

import (
	"crypto/md5"
	"encoding/hex"
	"slices"
)

// FileReport is what Verify found about a file.
type FileReport struct {
	Path  string `json:"path"`
	Bytes int    `json:"bytes"`
	MD5   string `json:"md5"`
	// OK is false if the file differs from every published form of it.
	OK bool `json:"ok"`
}

// Verify reads all files of a data set, found as by Open, compares them with the published checksums and parses
// them. A file that differs is reported, one that cannot be read is an error.
func Verify(name string, dirs ...string) ([]FileReport, error) {
	s, err := find(name)
	if err != nil {
		return nil, err
	}
	dir, err := s.locate(dirs)
	if err != nil {
		return nil, err
	}
	fetch := s.embedded()
	if dir != "" {
		fetch = folder(dir)
	}
	var reports []FileReport
	for _, f := range s.files {
		path, data, err := fetch(f.name)
		if err != nil {
			return reports, err
		}
		sum := md5.Sum(data)
		r := FileReport{Path: path, Bytes: len(data), MD5: hex.EncodeToString(sum[:])}
		r.OK = slices.Contains(f.md5, r.MD5)
		reports = append(reports, r)
	}
	for _, train := range []bool{true, false} {
		if _, err := s.open(s, fetch, train); err != nil {
			return reports, err
		}
	}
	return reports, nil
}
