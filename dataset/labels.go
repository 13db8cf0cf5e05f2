package dataset

import (
	"crypto/sha256"
	"encoding/binary"
)

// byteClasses is the number of classes up to which digests take a label as one byte.
const byteClasses = 256

// LabelBytes returns class numbers as digests take them: one byte each where there are at most 256
// classes, else four, the lowest first.
func LabelBytes(labels []int32, classes int) []byte {
	if classes > byteClasses {
		out := make([]byte, 0, 4*len(labels))
		for _, y := range labels {
			out = binary.LittleEndian.AppendUint32(out, uint32(y))
		}
		return out
	}
	out := make([]byte, len(labels))
	for i, y := range labels {
		out[i] = byte(y)
	}
	return out
}

// Hash returns the SHA-256 of the images of a subset, each followed by its label, which is one of
// so many classes. It is equal for equal images and labels in the same order.
func (s Subset) Hash(classes int) [sha256.Size]byte {
	h := sha256.New()
	for _, i := range s.Index {
		h.Write(s.Image(i))
		h.Write(LabelBytes(s.Labels[i:i+1], classes))
	}
	return [sha256.Size]byte(h.Sum(nil))
}
