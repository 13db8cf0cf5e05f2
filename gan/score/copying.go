package score

import (
	"cmp"
	"math"
	"slices"

	"github.com/gradreg/gradreg/internal/fault"
)

// CopyingOptions are how the copying test is made.
type CopyingOptions struct {
	Cells int // of the training set by k-means; 10 if 0
	// Least is the number of held-out and of generated samples that a cell must have; 20 if 0.
	Least       int
	MirrorWidth int    // as in [NearestOptions]: mirror images of training samples count as them
	Seed        uint64 // of the cells
}

// CopyingScore is a copying test.
type CopyingScore struct {
	// CT is C_T: ≪ 0, say below −3, where generated samples are nearer to the training set than
	// held-out ones; ≫ 0 where they are farther.
	CT    float64       `json:"c_t"`
	Cells []CopyingCell `json:"cells"`
	// LeftOut is the share of held-out samples in cells with too few samples.
	LeftOut float64 `json:"left_out"`
}

// CopyingCell is a cell of the training set.
type CopyingCell struct {
	HeldOut   int     `json:"held_out"`  // number of samples in it
	Generated int     `json:"generated"` // number of samples in it
	Z         float64 `json:"z"`         // 0 if left out
	LeftOut   bool    `json:"left_out,omitempty"`
}

// Copying returns the three-sample test of copying. With L(x) = min over training samples t of
// ‖x − t‖, each cell π of the training set has the standardized statistic of Mann and Whitney
//
//	Z = (U − nm/2)/σ,  U = number of pairs (g, h) with L(g) > L(h), of equal ones ½
//	σ² = nm/12 · ((n+m+1) − Σ(t³−t)/((n+m)(n+m−1)))
//
// of its m generated samples g and n held-out samples h, t the numbers of equal values; Z is 0 if
// all are equal. C_T is the mean of Z over the cells with weights n. A sample belongs to the cell
// of the nearest centre; cells with fewer than Least samples of either kind are left out.
//
// Without copying Z is standard normal and C_T about 0. Held-out samples must be as the training
// samples are: of one source, in neither. A generator that copies one cell and misses others is
// found, where a test without cells finds nothing.
//
// Traps: Z grows as the root of the numbers of samples, so compare equal numbers. A C_T of 0 may be
// the mean of copied cells and of missed ones: look at the cells. Generated samples that are noise
// have C_T ≫ 0, which is no praise.
//
// Source: Meehan, Chaudhuri and Dasgupta, "A non-parametric test to detect data-copying in
// generative models", AISTATS 2020. Three things differ from the authors' code: L looks at training
// samples of all cells, σ knows equal values, and U has no correction for continuity.
func Copying(train, heldOut, generated Matrix, o CopyingOptions) (CopyingScore, error) {
	if o.Cells == 0 {
		o.Cells = 10
	}
	if o.Least == 0 {
		o.Least = 20
	}
	if o.Cells < 1 || o.Least < 1 {
		return CopyingScore{}, fault.Inputf(
			"%d cells with at least %d samples, expected at least 1 of each", o.Cells, o.Least,
		)
	}
	err := checkAll(
		named{"training samples", 1, train}, named{"held-out samples", 1, heldOut},
		named{"generated samples", 1, generated},
	)
	if err != nil {
		return CopyingScore{}, err
	}
	candidates, err := withMirrors(train, o.MirrorWidth)
	if err != nil {
		return CopyingScore{}, err
	}
	f, err := newFrame(candidates, heldOut, generated)
	if err != nil {
		return CopyingScore{}, err
	}
	t, h, g := candidates.in(f), heldOut.in(f), generated.in(f)
	c := centres(t, o.Cells, generator(o.Seed, 0))
	ofH, ofG := split(h, t, c), split(g, t, c)
	s := CopyingScore{Cells: make([]CopyingCell, c.N)}
	counted := 0
	for i := range s.Cells {
		cell := CopyingCell{HeldOut: len(ofH[i]), Generated: len(ofG[i])}
		if cell.LeftOut = min(cell.HeldOut, cell.Generated) < o.Least; !cell.LeftOut {
			cell.Z = mannWhitney(ofG[i], ofH[i])
			s.CT += cell.Z * float64(cell.HeldOut)
			counted += cell.HeldOut
		}
		s.Cells[i] = cell
	}
	if counted == 0 {
		return CopyingScore{}, fault.Inputf(
			"none of %d cells has %d of %d held-out and %d of %d generated samples,"+
				" expected more samples or fewer cells",
			c.N, o.Least, heldOut.N, o.Least, generated.N,
		)
	}
	s.CT /= float64(counted)
	s.LeftOut = 1 - float64(counted)/float64(heldOut.N)
	return s, nil
}

// split returns for each centre the distances to the nearest training sample of the samples that
// are nearest to it.
func split(m, train, centres framed) [][]float64 {
	lists := make([][]float64, centres.N)
	near := nearest(m, train, 1, false)
	for i, c := range cells(m, centres) {
		lists[c] = append(lists[c], near[i][0].Distance)
	}
	return lists
}

// mannWhitney returns the standardized statistic of Mann and Whitney, positive if values of a are
// larger than those of b.
func mannWhitney(a, b []float64) float64 {
	type value struct {
		v   float64
		ofA bool
	}
	all := make([]value, 0, len(a)+len(b))
	for _, v := range a {
		all = append(all, value{v: v, ofA: true})
	}
	for _, v := range b {
		all = append(all, value{v: v})
	}
	slices.SortFunc(all, func(x, y value) int { return cmp.Compare(x.v, y.v) })
	n, m, total := float64(len(b)), float64(len(a)), float64(len(all))
	ranks, ties := 0.0, 0.0 // sum of the ranks of a, Σ(t³−t)
	for from := 0; from < len(all); {
		to, own := from, 0
		for ; to < len(all) && all[to].v == all[from].v; to++ {
			if all[to].ofA {
				own++
			}
		}
		t := float64(to - from)
		ranks += float64(own) * (float64(from+to+1) / 2)
		ties += t*t*t - t
		from = to
	}
	u := ranks - m*(m+1)/2
	variance := n * m / 12 * (total + 1 - ties/(total*(total-1)))
	if !(variance > 0) {
		return 0
	}
	return (u - n*m/2) / math.Sqrt(variance)
}
