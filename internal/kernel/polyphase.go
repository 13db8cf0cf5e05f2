package kernel

import "fmt"

// Polyphase is the geometry of convolutions with strides of two of a whole batch by F(4×4, 3×3). The
// even and the odd rows and columns of an input are four maps of half its size, its phases. In one
// dimension
//
//	y[i] = Σ_u w[u]·x[2i + u − p] = Σ_phase Σ_{t=−1,0,1} w[2t + phase + p]·x_phase[i + t]
//
// where −2 ≤ u − p ≤ 3 for all taps u: a convolution with filters of up to 6×6 of C channels is one
// with filters of 3×3 and a stride of one of 4C channels, which [Winograd] computes:
//
//	x ── phases ─▶ ── Bᵀ·B ──▶ V[f][phase, c][tile] ── U[f] ──▶ M[f][k][tile] ── Aᵀ·A ──▶ y
//
// Filters of even size leave one end tap of three zero in each phase, filters of 5×5 in one of the
// two. Where the first tap is zero, so is the transformed filter at the point 0, and where the last
// one is, at the point ∞. The products of these frequencies are left out: filters of 4×4 need 100
// products for sixteen outputs instead of 256, filters of 5×5 need 121 instead of 400.
//
// The gradient with respect to x is the convolution of the output's gradient with turned filters,
// of which 4C results are the phases of the gradient. The gradient with respect to the filters is
// the adjoint, and of the nine taps of a phase's filter those that are not zero.
//
// # Errors
//
// They are those of [Winograd] for the phases: the error of an output is at most
// (4C + 26)·2⁻²⁴·W(Σ |U| ⊙ |V|), the sum being over phases and channels, that of an input's gradient
// at most (K + 26)·2⁻²⁴·W(Σ_k |U| ⊙ |V|), that of a filter's gradient at most
// (tiles + 30)·2⁻²⁴·W(Σ_tiles …). Splitting into phases and merging them round nothing.
type Polyphase struct {
	C, K, H, W, OH, OW int // channels, extents of inputs and outputs
	KH, KW             int // taps
	N                  int // images

	inputs, outputs tileMaps
	taps, turned    [phases]tapTable
	absent          [frequencies]uint8 // the phases whose filters have no such frequency, as bits
	absentTurned    [frequencies]uint8
	gradients       *Winograd // tiles of outputs as tileGradients takes them
	groups          int
	channels        []int32 // offsets of channels of V
	filterOutputs   []int32 // offsets of output channels in filters
	filterInputs    []int32 // of input channels
}

// phases is their number: of even and odd rows, and of columns within each.
const phases = 4

// NewPolyphase returns the geometry for n images [c, h, w], filters [k, c, kh, kw] and results [k,
// oh, ow], with top and left rows and columns of zeros, or nil where that is no convolution for it:
// taps have to lie as above, and the tiles of the outputs have to cover the phases.
func NewPolyphase(n, c, k, h, w, kh, kw, oh, ow, top, left int) *Polyphase {
	if top > 2 || left > 2 || kh-1-top > 3 || kw-1-left > 3 {
		return nil
	}
	rows, columns := max(oh, (h+1)/2), max(ow, (w+1)/2) // of a phase
	if (rows+3)/4 != (oh+3)/4 || (columns+3)/4 != (ow+3)/4 {
		return nil
	}
	g := &Polyphase{C: c, K: k, H: h, W: w, OH: oh, OW: ow, KH: kh, KW: kw, N: n}
	g.tables(top, left)
	g.inputs = newTileMaps(n, c, phases, h, w, rows, columns)
	g.outputs = newTileMaps(n, k, 1, oh, ow, rows, columns)
	g.groups = g.inputs.clusters() * len(g.inputs.grid.in)
	g.inputs.grid.block, g.outputs.grid.block = g.groups, g.groups
	g.gradients = g.outputs.gradientTiles(g.groups, oh, ow)
	for i := range max(phases*c, k) {
		g.channels = append(g.channels, int32(i*g.tiles()))
	}
	for i := range k {
		g.filterOutputs = append(g.filterOutputs, int32(i*c*kh*kw))
	}
	for i := range c {
		g.filterInputs = append(g.filterInputs, int32(i*kh*kw))
	}
	return g
}

func (g *Polyphase) String() string {
	return fmt.Sprintf("%d of %dx%dx%d*%dx%dx%d/2 F(4x4,3x3)", g.N, g.C, g.H, g.W, g.K, g.KH, g.KW)
}

// tables notes the taps of the phases' filters, and which of their frequencies there are.
func (g *Polyphase) tables(top, left int) {
	place := func(t, phase, pad, taps int) int { // of tap t of a phase, or −1
		if u := 2*(t-1) + phase + pad; u >= 0 && u < taps {
			return u
		}
		return -1
	}
	for phase := range phases {
		for tap := range 9 {
			u, v := place(tap/3, phase/2, top, g.KH), place(tap%3, phase%2, left, g.KW)
			g.taps[phase][tap] = -1
			if u >= 0 && v >= 0 {
				g.taps[phase][tap] = int32(u*g.KW + v)
			}
			g.turned[phase][8-tap] = g.taps[phase][tap]
		}
		for f := range frequencies {
			absent := func(first, last int) bool {
				gone := func(f, phase, pad, taps int) bool {
					return f == 0 && place(first, phase, pad, taps) < 0 ||
						f == tileIn-1 && place(last, phase, pad, taps) < 0
				}
				return gone(f/tileIn, phase/2, top, g.KH) || gone(f%tileIn, phase%2, left, g.KW)
			}
			g.absent[f] |= uint8(boolInt(absent(0, 2)) << phase)
			g.absentTurned[f] |= uint8(boolInt(absent(2, 0)) << phase)
		}
	}
}

// tiles returns the tiles of all images.
func (g *Polyphase) tiles() int { return groupTiles * g.groups }

// plane returns the floats from one frequency of so many channels to the next.
func (g *Polyphase) plane(rows int) int { return rows*g.tiles() + skew }

// Clusters returns into how many clusters of images transforms are divided.
func (g *Polyphase) Clusters() int { return g.inputs.clusters() }

// PhaseSize returns the floats of V of the inputs, and of M of their gradient.
func (g *Polyphase) PhaseSize() int { return frequencies * g.plane(phases*g.C) }

// OutputSize returns the floats of M of the outputs, and of V of their gradient.
func (g *Polyphase) OutputSize() int { return frequencies * g.plane(g.K) }

// GradientSize returns the floats of D.
func (g *Polyphase) GradientSize() int { return g.gradients.GradientSize() }

// Scratch returns the floats that transforms need.
func (g *Polyphase) Scratch() int { return max(g.inputs.scratch(), g.outputs.scratch()) }

// products returns the products of all frequencies and phases for an input and an output channel.
func (g *Polyphase) products() (n int) {
	for _, absent := range g.absent {
		for phase := range phases {
			n += 1 - int(absent>>phase&1)
		}
	}
	return n
}

// Products returns the multiply-adds of the products of all frequencies.
func (g *Polyphase) Products() int { return g.tiles() * g.products() * g.C * g.K }

// PolyphaseInputs writes V of a cluster of x: [N, C, H, W].
func (l Level) PolyphaseInputs(g *Polyphase, v, x, scratch []float32, cluster int) {
	l.mapInputs(&g.inputs, v, g.plane(phases*g.C), x, scratch, cluster)
}

// PolyphaseOutputs writes outputs of a cluster to y: [N, K, OH, OW].
func (l Level) PolyphaseOutputs(g *Polyphase, y, m, scratch []float32, cluster int) {
	l.mapOutputs(&g.outputs, y, m, g.plane(g.K), scratch, cluster)
}

// PolyphaseDeltas writes V of a cluster of gradients dy: [N, K, OH, OW].
func (l Level) PolyphaseDeltas(g *Polyphase, v, dy, scratch []float32, cluster int) {
	l.mapInputs(&g.outputs, v, g.plane(g.K), dy, scratch, cluster)
}

// PolyphaseInputGradient writes the gradient of a cluster of inputs to dx: [N, C, H, W].
func (l Level) PolyphaseInputGradient(g *Polyphase, dx, m, scratch []float32, cluster int) {
	l.mapOutputs(&g.inputs, dx, m, g.plane(phases*g.C), scratch, cluster)
}

// PolyphaseGradients writes D of a cluster of gradients dy: [N, K, OH, OW].
func (l Level) PolyphaseGradients(g *Polyphase, d, dy []float32, cluster int) {
	n := len(g.inputs.grid.in)
	for i := range n {
		l.WinogradGradients(g.gradients, d, dy, cluster*n+i)
	}
}
