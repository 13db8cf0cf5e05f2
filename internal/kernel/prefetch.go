package kernel

//go:generate sh -c "cd _asm && go run ./prefetch -out ../prefetch_amd64.s -stubs ../prefetch_stubs_amd64.go -pkg kernel"

// lineFloats is the number of floats of a cache line.
const lineFloats = 16

// A stream asks for memory that will be needed soon, a few lines between kernel calls each: the
// processor foresees neither where a frequency's numbers begin nor where a page ends.
type stream struct {
	data  []float32
	at    int // of what is asked for next
	lines int // at a time
}

// newStream returns the stream of data that is asked for in a number of calls.
func newStream(data []float32, calls int) stream {
	return stream{data: data, lines: (len(data)/lineFloats + calls) / max(calls, 1)}
}

// next asks for the next lines.
func (s *stream) next(l Level) {
	if lines := min(s.lines, (len(s.data)-s.at)/lineFloats); lines > 0 && l != Generic {
		prefetch(s.data[s.at:], lines)
		s.at += lines * lineFloats
	}
}
