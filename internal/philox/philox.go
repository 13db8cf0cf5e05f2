// Package philox is a counter-based random generator: every number is a function of a key, a step,
// a stream and an index, so that it can be made anywhere, in any order, by any number of threads,
// and again after an interruption. The generator is Philox4x32-10 of Salmon, Moraes, Dror and Shaw,
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
package philox

import (
	"math"
	"math/bits"
)

// The multipliers and Weyl constants of the paper, section 4.3 and table 2.
const (
	mul0, mul1 = 0xD2511F53, 0xCD9E8D57
	weyl0      = 0x9E3779B9
	weyl1      = 0xBB67AE85
	rounds     = 10
)

// Block returns Philox4x32-10 of a counter and a key.
func Block(counter [4]uint32, key [2]uint32) [4]uint32 {
	c0, c1, c2, c3 := counter[0], counter[1], counter[2], counter[3]
	k0, k1 := key[0], key[1]
	for range rounds {
		hi0, lo0 := bits.Mul32(mul0, c0)
		hi1, lo1 := bits.Mul32(mul1, c2)
		c0, c1, c2, c3 = hi1^c1^k0, lo1, hi0^c3^k1, lo0
		k0 += weyl0
		k1 += weyl1
	}
	return [4]uint32{c0, c1, c2, c3}
}

// Stream is a sequence of numbers: the ID-th of the given key and step. Element i of a fill at
// offset first is element first+i of the stream, whatever the offset.
type Stream struct {
	Key, Step uint64
	ID        uint32
}

// block returns the four words with numbers 4·index … 4·index+3.
func (s Stream) block(index uint32) [4]uint32 {
	return Block(
		[4]uint32{index, s.ID, uint32(s.Step), uint32(s.Step >> 32)},
		[2]uint32{uint32(s.Key), uint32(s.Key >> 32)},
	)
}

// Uniform fills dst with numbers k·2⁻²⁴ uniform in [0, 1), starting at element first.
func (s Stream) Uniform(dst []float32, first int) {
	s.each(len(dst), first, func(i int, word uint32) { dst[i] = float32(word>>8) * 0x1p-24 })
}

// Bernoulli fills dst with 1 with probability p and 0 otherwise, starting at element first: 1 where
// the uniform number of the same index is below p.
func (s Stream) Bernoulli(dst []float32, first int, p float64) {
	limit := uint32(math.Ceil(p * (1 << 24)))
	s.each(len(dst), first, func(i int, word uint32) {
		dst[i] = 0
		if word>>8 < limit {
			dst[i] = 1
		}
	})
}

// each calls f with the words of elements first … first+n−1, numbered from 0.
func (s Stream) each(n, first int, f func(i int, word uint32)) {
	for i := 0; i < n; {
		at := first + i
		words := s.block(uint32(at / 4))
		for lane := at % 4; lane < 4 && i < n; lane++ {
			f(i, words[lane])
			i++
		}
	}
}

// Normal fills dst with standard normal numbers, starting at element first: Box and Muller's pairs
// of two uniform numbers u in (0, 1] and v in [0, 1), √(−2 ln u)·(cos 2πv, sin 2πv), in float64 and
// then rounded, hence the same on every machine that rounds math's functions alike.
func (s Stream) Normal(dst []float32, first int) {
	for i := 0; i < len(dst); {
		at := first + i
		words := s.block(uint32(at / 4))
		var four [4]float32
		for pair := 0; pair < 4; pair += 2 {
			u := (float64(words[pair]) + 1) * 0x1p-32
			v := float64(words[pair+1]) * 0x1p-32
			radius := math.Sqrt(-2 * math.Log(u))
			sin, cos := math.Sincos(2 * math.Pi * v)
			four[pair], four[pair+1] = float32(radius*cos), float32(radius*sin)
		}
		i += copy(dst[i:], four[at%4:])
	}
}
