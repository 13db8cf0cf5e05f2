package kernel

//go:generate sh -c "cd _asm && go run ./prefetch -out ../prefetch_amd64.s -stubs ../prefetch_stubs_amd64.go -pkg kernel"

// cacheLine is the number of floats of a line of the cache.
const cacheLine = 16

// prefetchPart asks for part i of parts of x, which is needed soon, to be brought to the
// second-level cache. It changes nothing.
func (l Level) prefetchPart(x []float32, i, parts int) {
	if l == Generic {
		return
	}
	lines := (len(x) + cacheLine - 1) / cacheLine
	at, n := evenly(lines, parts, i)
	if n > 0 {
		prefetch(&x[at*cacheLine], n)
	}
}
