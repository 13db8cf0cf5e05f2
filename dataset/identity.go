package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/gradreg/gradreg/internal/fault"
)

// Names of files say little: MNIST, Fashion-MNIST and all sets made after them share theirs. A file
// is what its content is.

// digests returns the SHA-256 of each content, in hexadecimal.
func digests(contents []content) []string {
	sums := make([]string, len(contents))
	each(len(contents), func(i int) error {
		sum := sha256.Sum256(contents[i].data)
		sums[i] = hex.EncodeToString(sum[:])
		return nil
	})
	return sums
}

// published returns the digests that the table has.
func published(files []file) []string {
	sums := make([]string, len(files))
	for i, f := range files {
		sums[i] = f.sha256
	}
	return sums
}

// digestOf returns the digest of a part whose files have these.
func digestOf(sums []string) string {
	sum := sha256.Sum256([]byte(strings.Join(sums, "\n")))
	return hex.EncodeToString(sum[:])
}

// foreign compares contents with the published ones. It returns the paths of those that differ, and
// an error if one is a file of another set.
func (s *row) foreign(contents []content, files []file, sums []string) (own []string, err error) {
	for i, f := range files {
		if sums[i] == f.sha256 {
			continue
		}
		if other := ownerOf(sums[i]); other != "" {
			return nil, fault.Inputf("%s: not the published %s (this is %s)", contents[i].path, s.Name, other)
		}
		own = append(own, contents[i].path)
	}
	return own, nil
}

// ownerOf says which file of the table has a digest, as mnist's train-images-idx3-ubyte; "" if none
// has.
func ownerOf(sum string) string {
	for _, s := range rows() {
		for _, f := range s.files {
			if f.sha256 == sum {
				return fmt.Sprintf("%s's %s", s.Name, f.name)
			}
		}
	}
	return ""
}
