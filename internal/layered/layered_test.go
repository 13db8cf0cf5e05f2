package layered

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// random returns a graph in which most edges are short.
func random(r *rand.Rand) (nodes []Size, edges [][2]int) {
	for v := range 1 + r.IntN(40) {
		nodes = append(nodes, Size{W: 5 + 60*r.Float64(), H: 5 + 30*r.Float64()})
		for range r.IntN(4) {
			if v > 0 {
				edges = append(edges, [2]int{max(0, v-1-int(r.ExpFloat64()*5)), v})
			}
		}
	}
	return nodes, edges
}

// TestDraw checks what a drawing promises: edges point down and arrive, nodes of a layer have their distance, everything lies
// within the size, and the same graph is drawn in the same way.
func TestDraw(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	for range 300 {
		nodes, edges := random(r)
		d := Draw(nodes, edges)
		if !reflect.DeepEqual(Draw(nodes, edges), d) {
			t.Fatal("drawn in another way the second time")
		}
		for _, e := range edges {
			if d.Centres[e[0]].Y+nodes[e[0]].H/2 >= d.Centres[e[1]].Y-nodes[e[1]].H/2 {
				t.Errorf("edge %v does not point down: %v to %v", e, d.Centres[e[0]], d.Centres[e[1]])
			}
			if !connected(d, nodes, e) {
				t.Errorf("no line leads from %d to %d", e[0], e[1])
			}
		}
		for v, p := range d.Centres {
			if p.X-nodes[v].W/2 < -1e-6 || p.X+nodes[v].W/2 > d.Size.W+1e-6 || p.Y-nodes[v].H/2 < -1e-6 || p.Y+nodes[v].H/2 > d.Size.H+1e-6 {
				t.Errorf("node %d at %v lies outside of %v", v, p, d.Size)
			}
			for w, q := range d.Centres[:v] {
				if p.Y == q.Y && math.Abs(p.X-q.X) < (nodes[v].W+nodes[w].W)/2+gapX-1e-6 {
					t.Errorf("nodes %d and %d are too close: %v, %v", v, w, p, q)
				}
			}
		}
	}
}

// connected follows the links from one node's lower side to another one's upper side.
func connected(d Drawing, nodes []Size, e [2]int) bool {
	goal := Point{d.Centres[e[1]].X, d.Centres[e[1]].Y - nodes[e[1]].H/2}
	next := []Point{{d.Centres[e[0]].X, d.Centres[e[0]].Y + nodes[e[0]].H/2}}
	for len(next) > 0 {
		p := next[0]
		next = next[1:]
		for _, l := range d.Links {
			if l.From != p {
				continue
			}
			if l.End && l.To == goal {
				return true
			}
			if !l.End {
				next = append(next, l.To)
			}
		}
	}
	return false
}

// TestOrder draws planar graphs whose nodes come in a bad order.
func TestOrder(t *testing.T) {
	cases := map[string][][2]int{
		"tree":    {{0, 5}, {0, 3}, {1, 4}, {1, 2}, {2, 6}, {3, 7}, {4, 8}, {5, 9}},
		"ladder":  {{0, 3}, {1, 2}, {2, 5}, {3, 4}, {4, 7}, {5, 6}, {0, 2}, {2, 4}, {4, 6}},
		"passing": {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {0, 4}, {1, 4}},
	}
	for name, edges := range cases {
		var sizes []Size
		for range 10 {
			sizes = append(sizes, Size{20, 10})
		}
		g := newGraph(sizes, edges)
		if g.order(); g.crossings() != 0 {
			t.Errorf("%s: %d crossings", name, g.crossings())
		}
	}
	r := rand.New(rand.NewPCG(2, 0))
	for range 200 { // never worse than as it came
		g := newGraph(random(r))
		before := g.crossings()
		if g.order(); g.crossings() > before {
			t.Errorf("%d crossings became %d", before, g.crossings())
		}
	}
}

// TestDepths keeps an input beside its use and not at the top.
func TestDepths(t *testing.T) {
	got := depths(6, [][2]int{{0, 1}, {1, 2}, {2, 5}, {3, 4}, {4, 5}})
	if want := []int{0, 1, 2, 1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("layers %v, expected %v", got, want)
	}
}

// TestPlaces compares with the conditions that a minimum under constraints has: feasible, and every block of touching nodes
// rests where its own mean pull is 0, with no part of it pulled away from the rest.
func TestPlaces(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	for range 500 {
		n := 1 + r.IntN(12)
		wanted, weights, apart := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range n {
			wanted[i], weights[i] = 100*r.Float64(), 0.1+10*r.Float64()
			if i > 0 {
				apart[i] = 30 * r.Float64()
			}
		}
		x := places(wanted, weights, apart)
		pull := 0.0 // of the block so far: negative on the left part, it presses against the right one
		for i := range n {
			if i > 0 && x[i]-x[i-1] < apart[i]-1e-9 {
				t.Fatalf("places %v are nearer than %v", x, apart)
			}
			if i > 0 && x[i]-x[i-1] > apart[i]+1e-9 {
				if math.Abs(pull) > 1e-6 {
					t.Fatalf("a block is pulled by %v", pull)
				}
				pull = 0
			}
			if pull += weights[i] * (wanted[i] - x[i]); pull < -1e-6 {
				t.Fatalf("a part wants to go left by %v, and could", pull)
			}
		}
		if math.Abs(pull) > 1e-6 {
			t.Fatalf("the last block is pulled by %v", pull)
		}
	}
}

func TestInversions(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	for range 200 {
		list, want := make([]int, r.IntN(20)), 0
		for i := range list {
			list[i] = r.IntN(10)
			for _, before := range list[:i] {
				if before > list[i] {
					want++
				}
			}
		}
		if got := inversions(list, make([]int, len(list))); got != want || !slices.IsSorted(list) {
			t.Errorf("%d inversions, expected %d; %v", got, want, list)
		}
	}
}

func TestEmpty(t *testing.T) {
	if d := Draw(nil, nil); d.Size != (Size{}) || d.Centres != nil || d.Links != nil {
		t.Errorf("%+v", d)
	}
}
