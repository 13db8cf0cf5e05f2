package torchfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/gradreg/gradreg/internal/pickle"
)

// magicNumber begins the legacy form, protocolVersion follows it.
var magicNumber, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

const protocolVersion = 1001

// longestHead bounds the pickles of numbers and of the system.
const longestHead = 4 << 10

// nothing is the host of pickles of plain objects.
type nothing struct{}

func (nothing) Global(g pickle.Global) error { return fmt.Errorf("the pickle uses %.200q", g) }
func (nothing) Call(g pickle.Global, _ pickle.Tuple) (any, error) {
	return nil, fmt.Errorf("the pickle uses %.200q", g)
}
func (nothing) Persistent(any) (any, error) {
	return nil, errors.New("the pickle refers to something outside of it")
}

// readLegacy reads the objects of a file of the legacy form, and finds its storages.
func readLegacy(r io.ReaderAt, size int64, h *host) (any, error) {
	pos, err := readHead(r, size)
	if err != nil {
		return nil, err
	}
	reader := pickle.NewReader(r, pos, size, longestPickle)
	root, err := pickle.Read(reader, h)
	if err != nil {
		return nil, err
	}
	keys, err := pickle.Read(reader, nothing{})
	if err != nil {
		return nil, fmt.Errorf("the keys of the storages: %w", err)
	}
	list, ok := keys.(*pickle.List)
	if !ok {
		return nil, fmt.Errorf("the keys of the storages are %s, expected list", kind(keys))
	}
	return root, h.locate(r, reader.Pos(), list.Items)
}

// readHead reads magic number, version and system, and returns where they end.
func readHead(r io.ReaderAt, size int64) (pos int64, err error) {
	reader := pickle.NewReader(r, 0, size, longestHead)
	magic, err := pickle.Read(reader, nothing{})
	if n, ok := magic.(*big.Int); err != nil || !ok || n.Cmp(magicNumber) != 0 {
		return 0, errors.New("a pickle without PyTorch's magic number")
	}
	version, err := pickle.Read(reader, nothing{})
	if err != nil {
		return 0, fmt.Errorf("the version: %w", err)
	}
	if n, ok := version.(int64); !ok {
		// not %v of it: tuples that hold each other twice have no end
		return 0, fmt.Errorf("the version is %s, expected %d", kind(version), protocolVersion)
	} else if n != protocolVersion {
		return 0, fmt.Errorf("version %d of the form, expected %d", n, protocolVersion)
	}
	system, err := pickle.Read(reader, nothing{})
	if err != nil {
		return 0, fmt.Errorf("the description of the system: %w", err)
	}
	dict, ok := system.(*pickle.Dict)
	if !ok || lookUp(dict, "little_endian") != any(true) {
		return 0, errors.New("written on a system that is not known to have the lowest byte first")
	}
	return reader.Pos(), nil
}

// locate finds the storages from a position on, in the order of their keys.
func (h *host) locate(r io.ReaderAt, pos int64, keys []any) error {
	seen := map[string]bool{}
	for _, k := range keys {
		key, _ := k.(string)
		s, ok := h.storages[key]
		if !ok || seen[key] {
			return fmt.Errorf("the list of storages has %.40q twice or too many", key)
		}
		seen[key] = true
		var count [8]byte
		if n, err := r.ReadAt(count[:], pos); n < len(count) {
			if err != io.EOF {
				return err
			}
			return fmt.Errorf("the file ends at byte %d, before storage %.40q", h.size, key)
		}
		if n := int64(binary.LittleEndian.Uint64(count[:])); n != s.count {
			return fmt.Errorf("storage %.40q has %d elements, expected %d", key, n, s.count)
		}
		s.start = pos + int64(len(count))
		if pos = s.start + s.count*int64(s.bytes); pos > h.size {
			return fmt.Errorf(
				"storage %.40q ends at byte %d, in a file of %d", key, pos, h.size,
			)
		}
	}
	for key := range h.storages {
		if !seen[key] {
			return fmt.Errorf("storage %.40q is not in the list of storages", key)
		}
	}
	return nil
}
