package tensorfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"

	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
)

// checksumKey is where a file's metadata says the SHA-256 of its content.
const checksumKey = "sha256"

// Checksum returns the SHA-256 of names, types, shapes and elements of the tensors and of the
// metadata, less the checksum itself, in an order that does not depend on how a file lays them out.
func (f File) Checksum() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(f.Tensors)) {
		t := f.Tensors[name]
		dtype, data := t.encode()
		add(h, "tensor", name, fmt.Sprint(dtype), fmt.Sprint(t.Shape), string(data))
	}
	for _, key := range slices.Sorted(maps.Keys(f.Metadata)) {
		if key != checksumKey {
			add(h, "metadata", key, f.Metadata[key])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// add hashes texts with their lengths, so that no two lists of them are hashed alike.
func add(h hash.Hash, texts ...string) {
	for _, s := range texts {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
}

// verify returns an error if the file says another checksum than it has. Files of others, and of
// earlier programs, say none.
func (f File) verify() error {
	said, ok := f.Metadata[checksumKey]
	if got := f.Checksum(); ok && got != said {
		return damage{fmt.Errorf("damaged: the SHA-256 of its content is %.12s…, expected %.12s…", got, said)}
	}
	return nil
}

// damage is the error of a file whose content is not what its checksum says.
type damage struct{ error }

// longestIntact bounds what Intact reads, for nobody has looked at what the header says: the memory
// of a file's content comes several times over.
const longestIntact = 128 << 20

// Intact returns an error if the file at path has a checksum and its content another one. Of a file
// that cannot be read, is none of this format or is longer than 128 MiB it says nothing.
func Intact(path string) error {
	f, err := boundedfile.Open(path, longestIntact)
	if err != nil {
		return nil
	}
	defer f.Close()
	_, err = Decode(f, f.Size(), func(Header) error { return nil })
	if errors.As(err, new(damage)) {
		return fault.Inputf("%s: %w", path, err)
	}
	return nil
}
