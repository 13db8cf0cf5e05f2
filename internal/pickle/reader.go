package pickle

import (
	"bufio"
	"fmt"
	"io"
)

// Reader is the part of a file that holds one pickle or several, one behind the other.
type Reader struct {
	buffer *bufio.Reader
	pos    int64 // of the next byte in the file
	end    int64 // of the file
	limit  int64 // position at which the pickle has to end
	size   int64 // the most bytes of a pickle
}

// NewReader reads pickles of at most longest bytes each from position pos of a file up to end.
func NewReader(r io.ReaderAt, pos, end, longest int64) *Reader {
	return &Reader{
		buffer: bufio.NewReaderSize(io.NewSectionReader(r, pos, end-pos), 16<<10), pos: pos,
		end: end, size: longest,
	}
}

// Pos returns the position in the file behind what was read.
func (r *Reader) Pos() int64 { return r.pos }

// begin allows the next pickle its length.
func (r *Reader) begin() { r.limit = min(r.end, r.pos+r.size) }

// left returns how many bytes the pickle may still have.
func (r *Reader) left() int64 { return r.limit - r.pos }

// cut is the error of a pickle that has not enough bytes.
func (r *Reader) cut(want int64) error {
	if r.limit < r.end {
		return fmt.Errorf("the pickle is longer than %d bytes", r.size)
	}
	return fmt.Errorf("the pickle ends at byte %d, expected %d more", r.end, want-r.left())
}

// bytes returns the next n bytes.
func (r *Reader) bytes(n int64) ([]byte, error) {
	if n < 0 || n > r.left() {
		return nil, r.cut(n)
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r.buffer, b)
	r.pos += n
	return b, err
}

// byte returns the next byte.
func (r *Reader) byte() (byte, error) {
	if r.left() < 1 {
		return 0, r.cut(1)
	}
	b, err := r.buffer.ReadByte()
	r.pos++
	return b, err
}

// longestLine bounds a line of text: a name of a class or a number.
const longestLine = 1024

// line returns the text up to the next end of a line.
func (r *Reader) line() (string, error) {
	var text []byte
	for {
		b, err := r.byte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return string(text), nil
		}
		if text = append(text, b); len(text) > longestLine {
			return "", fmt.Errorf("a line of more than %d bytes", longestLine)
		}
	}
}

// number returns the next n bytes, at most 8, as an integer without sign, the lowest byte first.
func (r *Reader) number(n int) (uint64, error) {
	var v uint64
	for i := range n {
		b, err := r.byte()
		if err != nil {
			return 0, err
		}
		v |= uint64(b) << (8 * i)
	}
	return v, nil
}
