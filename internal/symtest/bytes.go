package symtest

import "math/rand/v2"

// FromBytes returns a source of choices for fuzzing: every choice is a byte of data, so that a
// changed byte changes a choice, and pseudo-random when they are used up.
func FromBytes(data []byte) *rand.Rand {
	return rand.New(&bytes{data, rand.NewPCG(uint64(len(data)), 1)})
}

type bytes struct {
	left []byte
	rest *rand.PCG
}

// Uint64 repeats the next byte: a choice among few uses the high bits or the low ones.
func (s *bytes) Uint64() uint64 {
	if len(s.left) == 0 {
		return s.rest.Uint64()
	}
	b := s.left[0]
	s.left = s.left[1:]
	return uint64(b) * 0x0101010101010101
}
