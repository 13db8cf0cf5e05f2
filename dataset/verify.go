package dataset

import (
	"crypto/md5"
	"encoding/hex"
)

// FileReport is what Verify found about a file.
type FileReport struct {
	Path  string `json:"path"`
	Bytes int    `json:"bytes"`
	MD5   string `json:"md5"`
	// OK is false if the file differs from the published one. It is true for files without a published
	// checksum that can be read.
	OK bool `json:"ok"`
}

// Verify reads all files of a data set, compares them with the published checksums and parses them.
func Verify(name string, dirs ...string) ([]FileReport, error) {
	s, err := find(name)
	if err != nil {
		return nil, err
	}
	fetch, err := s.locate(dirs)
	if err != nil {
		return nil, err
	}
	if fetch == nil {
		fetch = s.embedded()
	}
	var reports []FileReport
	for _, f := range s.files {
		path, data, err := fetch(f.name)
		if err != nil {
			return reports, err
		}
		sum := md5.Sum(data)
		r := FileReport{Path: path, Bytes: len(data), MD5: hex.EncodeToString(sum[:])}
		r.OK = f.md5 == "" || f.md5 == r.MD5
		reports = append(reports, r)
	}
	for _, train := range []bool{true, false} {
		if _, err := s.open(s, fetch, train); err != nil {
			return reports, err
		}
	}
	return reports, nil
}
