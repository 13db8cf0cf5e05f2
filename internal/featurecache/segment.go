package featurecache

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
)

// A segment, all numbers little-endian:
//
//	magic     [16]byte
//	version   uint32
//	network   [32]byte
//	dim       uint32     numbers of a vector
//	count     uint32
//	entries   count × { picture [32]byte, sum uint32 }
//	sum       uint32     CRC-32C of all before
//	vectors   count × dim float32, of each of which the entry's sum is the CRC-32C
const (
	magic       = "gradreg features"
	version     = 1
	headerBytes = len(magic) + 4 + 32 + 4 + 4
	entryBytes  = 32 + 4
	// maxEntries bounds what a header can make us allocate, beside the size of its file.
	maxEntries = 1 << 24
)

// ID identifies a network or a picture: a SHA-256.
type ID = [32]byte

// place is where a vector stands.
type place struct {
	segment int // of the cache
	offset  int64
	sum     uint32
}

func checksum(data []byte) uint32 { return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)) }

// header returns the first bytes of a segment.
func header(network ID, dim, count int) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(magic), version)
	b = append(b, network[:]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(dim))
	return binary.LittleEndian.AppendUint32(b, uint32(count))
}

// encode returns the bytes of a vector.
func encode(vector []float32) []byte {
	b := make([]byte, 0, 4*len(vector))
	for _, v := range vector {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// decode reads a vector.
func decode(vector []float32, b []byte) {
	for i := range vector {
		vector[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
}

// segmentOf returns the bytes of a segment of vectors, in the order of their pictures' IDs.
func segmentOf(network ID, dim int, vectors map[ID][]float32) []byte {
	ids := make([]ID, 0, len(vectors))
	for id := range vectors {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b ID) int { return bytes.Compare(a[:], b[:]) })
	index := header(network, dim, len(ids))
	var data []byte
	for _, id := range ids {
		b := encode(vectors[id])
		index = append(index, id[:]...)
		index = binary.LittleEndian.AppendUint32(index, checksum(b))
		data = append(data, b...)
	}
	index = binary.LittleEndian.AppendUint32(index, checksum(index))
	return append(index, data...)
}

// readIndex calls found for each vector of a segment of size bytes.
func readIndex(r io.ReaderAt, size int64, network ID, dim int, found func(ID, place)) error {
	head := make([]byte, headerBytes)
	if _, err := r.ReadAt(head, 0); err != nil {
		return fmt.Errorf("its header: %w", err)
	}
	count := int(binary.LittleEndian.Uint32(head[headerBytes-4:]))
	if !bytes.Equal(head, header(network, dim, count)) {
		return fmt.Errorf("found the header %q, expected %q", head, header(network, dim, count))
	}
	length := int64(headerBytes) + int64(count)*int64(entryBytes) + 4
	if want := length + 4*int64(count)*int64(dim); count > maxEntries || want != size {
		return fmt.Errorf("%d bytes, expected %d of %d vectors", size, want, count)
	}
	index := make([]byte, length)
	if _, err := r.ReadAt(index, 0); err != nil {
		return fmt.Errorf("its index: %w", err)
	}
	if got, sum := checksum(index[:length-4]), binary.LittleEndian.Uint32(index[length-4:]); got != sum {
		return fmt.Errorf("the index has checksum %08x, expected %08x", got, sum)
	}
	for i := range count {
		e := index[headerBytes+i*entryBytes:]
		found(ID(e), place{offset: length + 4*int64(i)*int64(dim), sum: binary.LittleEndian.Uint32(e[32:])})
	}
	return nil
}
