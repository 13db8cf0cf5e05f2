package layered

import (
	"cmp"
	"slices"
)

// sweeps bounds how often the order of all layers is improved; most graphs stop earlier.
const sweeps = 24

// order orders the layers so that few links cross: each layer by the mean place of its neighbours
// in the one before, down and up in turn, then pairs of neighbours exchanged where that helps. The
// best order that was seen stays.
func (g *graph) order() {
	best, fewest, idle := g.snapshot(), g.crossings(), 0
	for sweep := 0; sweep < sweeps && fewest > 0 && idle < 4; sweep++ {
		neighbours := g.up
		if sweep%2 == 1 {
			neighbours = g.down
		}
		for i := range g.layers {
			l := i
			if sweep%2 == 1 {
				l = len(g.layers) - 1 - i
			}
			g.sortLayer(l, neighbours)
		}
		g.exchange()
		idle++
		if n := g.crossings(); n < fewest {
			best, fewest, idle = g.snapshot(), n, 0
		}
	}
	for l, nodes := range best {
		g.set(l, nodes)
	}
}

func (g *graph) snapshot() [][]int {
	var out [][]int
	for _, nodes := range g.layers {
		out = append(out, slices.Clone(nodes))
	}
	return out
}

func (g *graph) set(l int, nodes []int) {
	g.layers[l] = nodes
	for i, v := range nodes {
		g.at[v] = i
	}
}

// sortLayer orders a layer by the mean place of each node's neighbours; one without any keeps its
// place.
func (g *graph) sortLayer(l int, neighbours [][]int) {
	key := map[int]float64{}
	for i, v := range g.layers[l] {
		key[v] = float64(i)
		if n := len(neighbours[v]); n > 0 {
			sum := 0
			for _, w := range neighbours[v] {
				sum += g.at[w]
			}
			key[v] = float64(sum) / float64(n)
		}
	}
	nodes := slices.Clone(g.layers[l])
	slices.SortStableFunc(nodes, func(a, b int) int { return cmp.Compare(key[a], key[b]) })
	g.set(l, nodes)
}

// exchange exchanges neighbours in a layer as long as fewer links cross.
func (g *graph) exchange() {
	for l, nodes := range g.layers {
		for better := true; better; {
			better = false
			for i := range len(nodes) - 1 {
				a, b := nodes[i], nodes[i+1]
				if g.pair(a, b) > g.pair(b, a) {
					nodes[i], nodes[i+1] = b, a
					better = true
					g.set(l, nodes)
				}
			}
		}
	}
}

// pair returns how many links of a and b cross if a is left of b.
func (g *graph) pair(a, b int) int {
	count := 0
	for _, side := range [][][]int{g.up, g.down} {
		for _, v := range side[a] {
			for _, w := range side[b] {
				if g.at[v] > g.at[w] {
					count++
				}
			}
		}
	}
	return count
}

// crossings returns how many pairs of links cross.
func (g *graph) crossings() int {
	count := 0
	for _, nodes := range g.layers {
		var ends []int // of the links below, from left to right
		for _, v := range nodes {
			from := len(ends)
			for _, w := range g.down[v] {
				ends = append(ends, g.at[w])
			}
			slices.Sort(ends[from:])
		}
		count += inversions(ends, make([]int, len(ends)))
	}
	return count
}

// inversions returns the number of pairs in the wrong order, and sorts the list by merging.
func inversions(list, space []int) int {
	if len(list) < 2 {
		return 0
	}
	half := len(list) / 2
	count := inversions(list[:half], space[:half]) + inversions(list[half:], space[half:])
	copy(space, list)
	left, right := space[:half], space[half:]
	for k := range list {
		if len(right) == 0 || len(left) > 0 && left[0] <= right[0] {
			list[k], left = left[0], left[1:]
			continue
		}
		list[k], right = right[0], right[1:]
		count += len(left)
	}
	return count
}
