package sym

// Own reports whether owner may build on the input of that name: the first to ask owns the name
// from then on, and every other owner is told no. Owners are compared with ==. [Graph.Input] itself
// gives a leaf to everyone; builders that keep something in a leaf, such as a layer's weight, ask
// first, so that two of them do not share it unawares.
func (g *Graph) Own(name string, owner any) bool {
	if g == nil { // Input reports it.
		return true
	}
	if old, ok := g.owners[name]; ok {
		return old == owner
	}
	g.owners[name] = owner
	return true
}
