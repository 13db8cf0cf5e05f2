// Package layered places the nodes of a directed acyclic graph in layers, so that every edge points
// down, few edges cross and long ones are straight, after Sugiyama, Tagawa and Toda 1981, "Methods
// for Visual Understanding of Hierarchical System Structures":
//
//	layers ──▶ chains of empty places for edges that pass a layer ──▶ order within layers ──▶ places
//
// Edges that leave a node share one chain, which branches where they end: a value that is used all
// over a program is one line. Positions within a layer are the exact least-squares solution for
// given neighbours ([places]), not a heuristic.
package layered

import (
	"slices"
)

// Size is the width and height of a node.
type Size struct{ W, H float64 }

// Point is a place in the drawing; y grows downwards.
type Point struct{ X, Y float64 }

// Link is a piece of an edge's line between two layers.
type Link struct {
	From, To Point
	End      bool // To is a node: the arrow's head is here
}

// Drawing is a graph with places.
type Drawing struct {
	Size    Size
	Centres []Point // of the nodes
	Links   []Link
}

// The space between nodes of a layer, between layers, and of a line that passes a layer.
const (
	gapX, gapY = 14.0, 34.0
	lineWidth  = 4.0
)

// Draw places a graph of nodes 0, 1, …. An edge {u, v} has u < v; a pair may stand twice.
func Draw(nodes []Size, edges [][2]int) Drawing {
	g := newGraph(nodes, edges)
	g.order()
	g.place()
	return g.drawing(len(nodes))
}

// graph is what is drawn: the nodes first, then the places in chains. Neighbours are one layer
// apart.
type graph struct {
	sizes    []Size
	layer    []int
	up, down [][]int // neighbours in the layer above and below
	layers   [][]int // nodes in their order
	at       []int   // index within the layer
	x        []float64
}

// newGraph chooses layers and makes the chains.
func newGraph(nodes []Size, edges [][2]int) *graph {
	g := &graph{sizes: slices.Clone(nodes), layer: depths(len(nodes), edges)}
	g.up, g.down = make([][]int, len(nodes)), make([][]int, len(nodes))
	chains := map[[2]int]int{} // the place of a node's chain in a layer
	for _, e := range sorted(edges) {
		from := e[0]
		for l := g.layer[e[0]] + 1; l < g.layer[e[1]]; l++ {
			next, ok := chains[[2]int{e[0], l}]
			if !ok {
				next = len(g.sizes)
				chains[[2]int{e[0], l}] = next
				g.sizes, g.layer = append(g.sizes, Size{W: lineWidth}), append(g.layer, l)
				g.up, g.down = append(g.up, nil), append(g.down, nil)
				g.join(from, next)
			}
			from = next
		}
		g.join(from, e[1])
	}
	if len(g.layer) > 0 {
		g.layers = make([][]int, slices.Max(g.layer)+1)
	}
	g.at = make([]int, len(g.layer))
	for v, l := range g.layer {
		g.at[v] = len(g.layers[l])
		g.layers[l] = append(g.layers[l], v)
	}
	return g
}

func (g *graph) join(u, v int) { g.down[u], g.up[v] = append(g.down[u], v), append(g.up[v], u) }

// sorted returns the edges without copies, in order.
func sorted(edges [][2]int) [][2]int {
	list := slices.SortedFunc(slices.Values(edges), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(list)
}

// depths returns layers: the longest path from above. A node with at least as many edges below as
// above then moves down as far as it can, which shortens the whole, or lets what is above it do so.
func depths(n int, edges [][2]int) []int {
	layer, in, out := make([]int, n), make([]int, n), make([][]int, n)
	for _, e := range sorted(edges) { // by the upper end, so that it has its layer
		layer[e[1]] = max(layer[e[1]], layer[e[0]]+1)
		in[e[1]]++
		out[e[0]] = append(out[e[0]], e[1])
	}
	for u := n - 1; u >= 0; u-- {
		if len(out[u]) < in[u] || len(out[u]) == 0 {
			continue
		}
		lowest := layer[out[u][0]]
		for _, v := range out[u] {
			lowest = min(lowest, layer[v])
		}
		layer[u] = lowest - 1
	}
	return layer
}

// drawing returns the places of the first n nodes, and the links.
func (g *graph) drawing(n int) Drawing {
	var d Drawing
	centre, bottom := make([]float64, len(g.layers)), make([]float64, len(g.layers))
	y, left := 0.0, 0.0
	for l, nodes := range g.layers {
		height := 0.0
		for _, v := range nodes {
			height = max(height, g.sizes[v].H)
			left = min(left, g.x[v]-g.sizes[v].W/2)
		}
		centre[l], bottom[l] = y+height/2, y+height
		y += height + gapY
	}
	d.Size.H = max(0, y-gapY)
	place := func(v int) Point { return Point{g.x[v] - left, centre[g.layer[v]]} }
	for v := range g.sizes {
		p := place(v)
		d.Size.W = max(d.Size.W, p.X+g.sizes[v].W/2)
		if v < n {
			d.Centres = append(d.Centres, p)
		}
		for _, w := range g.down[v] {
			q := place(w)
			d.Links = append(d.Links, Link{Point{p.X, p.Y + g.sizes[v].H/2}, Point{q.X, q.Y - g.sizes[w].H/2}, w < n})
		}
	}
	return d
}
