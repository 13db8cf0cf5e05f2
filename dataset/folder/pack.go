package folder

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/gradreg/gradreg/dataset/picture"
)

// A pack is a file of the cache: the images of a folder's pictures, by the hashes of their files.
// All numbers are little-endian.
//
//	magic     [16]byte
//	version   uint32     of this format and of how pictures become images
//	side      uint32
//	fit       [8]byte    padded with zeros; of a longer one the first bytes of its SHA-256
//	count     uint32
//	entries   count × { hash [32]byte, width, height, planes (1 or 3), sum uint32 }
//	sum       uint32     CRC-32C of all before
//	images    in the order of the entries, planes·side² bytes each, of which sum is the CRC-32C
const (
	packMagic   = "gradreg pictures"
	packVersion = 2
	headerBytes = len(packMagic) + 4 + 4 + 8 + 4
	entryBytes  = 32 + 4*4
)

// packHeader is what the images of a pack have in common.
type packHeader struct {
	side int
	fit  picture.Fit
}

// entry is an image in a pack.
type entry struct {
	hash          [32]byte // of the picture's file
	width, height int      // of the picture as seen
	planes        int
	sum           uint32
	offset        int64 // in the file; follows from those before
}

// checksum is CRC-32C, which processors compute as fast as they read.
func checksum(data []byte) uint32 { return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)) }

// packSize returns the size of a pack less its images.
func packSize(count int) int64 { return int64(headerBytes) + int64(count)*int64(entryBytes) + 4 }

// bytes returns the header of a pack.
func (h packHeader) bytes(count int) []byte {
	b := append([]byte{}, packMagic...)
	b = binary.LittleEndian.AppendUint32(b, packVersion)
	b = binary.LittleEndian.AppendUint32(b, uint32(h.side))
	fit := make([]byte, 8)
	if copy(fit, h.fit) < len(h.fit) {
		sum := sha256.Sum256([]byte(h.fit))
		copy(fit, sum[:])
	}
	return binary.LittleEndian.AppendUint32(append(b, fit...), uint32(count))
}

// writeIndex writes what comes before the images.
func writeIndex(w io.Writer, h packHeader, entries []entry) error {
	b := h.bytes(len(entries))
	for _, e := range entries {
		b = append(b, e.hash[:]...)
		for _, v := range []uint32{uint32(e.width), uint32(e.height), uint32(e.planes), e.sum} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
	}
	_, err := w.Write(binary.LittleEndian.AppendUint32(b, checksum(b)))
	return err
}

// readIndex reads what comes before the images of a pack of size bytes, and checks it all.
func readIndex(r io.ReaderAt, size int64, want packHeader) (map[[32]byte]entry, error) {
	head := make([]byte, headerBytes)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("its header: %w", err)
	}
	count := int64(binary.LittleEndian.Uint32(head[headerBytes-4:]))
	if !bytes.Equal(head, want.bytes(int(count))) {
		return nil, fmt.Errorf("found the header %q, expected %q", head, want.bytes(int(count)))
	}
	if packSize(int(count)) > size {
		return nil, fmt.Errorf("%d bytes, expected %d and more for %d images", size, packSize(int(count)), count)
	}
	b := make([]byte, packSize(int(count)))
	if _, err := r.ReadAt(b, 0); err != nil {
		return nil, fmt.Errorf("its index: %w", err)
	}
	if got, sum := checksum(b[:len(b)-4]), binary.LittleEndian.Uint32(b[len(b)-4:]); got != sum {
		return nil, fmt.Errorf("the index has checksum %08x, expected %08x", got, sum)
	}
	index := make(map[[32]byte]entry, count)
	end := int64(len(b))
	for b = b[headerBytes : len(b)-4]; len(b) > 0; b = b[entryBytes:] {
		e, err := readEntry(b)
		if err != nil {
			return nil, err
		}
		e.offset = end
		end += int64(e.planes) * int64(want.side) * int64(want.side)
		index[e.hash] = e
	}
	if end != size {
		return nil, fmt.Errorf("%d bytes, expected %d", size, end)
	}
	return index, nil
}

// readEntry reads an entry of the index.
func readEntry(b []byte) (entry, error) {
	e := entry{hash: [32]byte(b)}
	number := func(i int) uint32 { return binary.LittleEndian.Uint32(b[32+4*i:]) }
	e.width, e.height, e.planes, e.sum = int(number(0)), int(number(1)), int(number(2)), number(3)
	if e.planes != 1 && e.planes != 3 || e.width < 1 || e.height < 1 || e.width > picture.MaxSide ||
		e.height > picture.MaxSide {
		return e, fmt.Errorf("an entry of %d planes of a picture of %dx%d", e.planes, e.width, e.height)
	}
	return e, nil
}
