package layered

// Rounds of placing, and how straight lines are wanted: a link of a chain weighs more than one
// between nodes.
const (
	rounds       = 16
	weightNode   = 1.0
	weightEnd    = 2.0
	weightChain  = 8.0
	weightAsItIs = 1e-3 // holds what has no neighbour where it is
)

// place gives each node its x. Layers in turn, down and up, take the places that minimize Σ w·(x −
// mean of the neighbours)² for the order and the space that nodes need.
func (g *graph) place() {
	g.x = make([]float64, len(g.sizes))
	for _, nodes := range g.layers {
		x := 0.0
		for i, v := range nodes {
			if i > 0 {
				x += g.apart(nodes[i-1], v)
			}
			g.x[v] = x
		}
	}
	for round := range rounds {
		for i := range g.layers {
			l := i
			if round%2 == 1 {
				l = len(g.layers) - 1 - i
			}
			g.placeLayer(g.layers[l])
		}
	}
}

// apart returns the least distance of the centres of two neighbours in a layer.
func (g *graph) apart(a, b int) float64 { return (g.sizes[a].W+g.sizes[b].W)/2 + gapX }

// placeLayer places a layer for the places of those above and below.
func (g *graph) placeLayer(nodes []int) {
	wanted, weights, apart := make([]float64, len(nodes)), make([]float64, len(nodes)), make([]float64, len(nodes))
	for i, v := range nodes {
		sum, weight := weightAsItIs*g.x[v], weightAsItIs
		for _, side := range [][]int{g.up[v], g.down[v]} {
			for _, w := range side {
				link := g.weight(v, w)
				sum, weight = sum+link*g.x[w], weight+link
			}
		}
		wanted[i], weights[i] = sum/weight, weight
		if i > 0 {
			apart[i] = g.apart(nodes[i-1], v)
		}
	}
	for i, x := range places(wanted, weights, apart) {
		g.x[nodes[i]] = x
	}
}

// weight returns how straight the link of two nodes should be.
func (g *graph) weight(v, w int) float64 {
	switch line := g.sizes[v].H == 0; {
	case line != (g.sizes[w].H == 0):
		return weightEnd
	case line:
		return weightChain
	}
	return weightNode
}

// places returns the x that minimize Σ weightᵢ·(xᵢ − wantedᵢ)² with xᵢ ≥ xᵢ₋₁ + apartᵢ. In zᵢ = xᵢ
// − Σ apart that is an isotonic regression, which pooling neighbours that are in each other's way
// solves exactly (Ayer et al. 1955).
func places(wanted, weights, apart []float64) []float64 {
	type pool struct {
		mean, weight float64
		count        int
	}
	var pools []pool
	offset := 0.0
	for i := range wanted {
		offset += apart[i]
		pools = append(pools, pool{wanted[i] - offset, weights[i], 1})
		for n := len(pools); n > 1 && pools[n-2].mean > pools[n-1].mean; n-- {
			a, b := pools[n-2], pools[n-1]
			weight := a.weight + b.weight
			pools = append(pools[:n-2], pool{(a.mean*a.weight + b.mean*b.weight) / weight, weight, a.count + b.count})
		}
	}
	x := make([]float64, 0, len(wanted))
	offset = 0
	for _, p := range pools {
		for range p.count {
			offset += apart[len(x)]
			x = append(x, p.mean+offset)
		}
	}
	return x
}
