package kernel

// tileMaps says how the tiles of maps lie in tensors. Images come in clusters, of which the tiles
// fill whole groups; two images of at most four columns lie beside each other, so that both tiles of
// a half are in use. Maps that are no tensors, phases and images beside each other, are made in
// memory of the caller, some channels at a time.
type tileMaps struct {
	grid     *Winograd // of a cluster in the caller's memory, or of the whole tensor
	to       []int32   // where the pixels of a channel go to in the caller's memory, nil if nowhere
	phases   int       // of a channel
	images   int       // of the tensor
	channels int       // of the tensor
	pixels   int       // of a channel of the tensor
	cluster  int       // images
	beside   int       // images beside each other
	block    int       // channels at a time
	area     int       // floats of a phase
	direct   *phaseTiles
}

// phaseTiles are the tiles of all phases of maps where they lie in the tensor.
type phaseTiles struct {
	grids  [phases]*Winograd
	inside [2][]phaseMasks // of pairs of phases: of even rows, of odd rows
}

// phaseMasks are the pixels of the eight halves of a group in each row of outputs that lie inside the
// map, those of even and of odd columns in turn. Assembly reads it.
type phaseMasks [tileOut][8]uint16

// splitFloats is about how many floats of the caller's memory are used: a part of a second-level
// cache.
const splitFloats = 1 << 15

// newTileMaps returns the maps of n images of c channels of h×w pixels, whose phases, or they
// themselves if there is one, are covered by the tiles that cover rows × columns pixels.
func newTileMaps(n, c, parts, h, w, rows, columns int) tileMaps {
	m := tileMaps{phases: parts, images: n, channels: c, pixels: h * w, beside: 1}
	if columns <= tileOut {
		m.beside, columns = 2, 2*tileOut
	}
	each := (rows + tileOut - 1) / tileOut * ((columns + 7) / 8) // halves of an image, or of two
	maps := least8(each) / each
	m.cluster = m.beside * maps
	if parts == 1 && m.beside == 1 {
		m.grid = newTileGrid(n, c, h, w)
		m.grid.cover(m.clusters() * least8(each) / 8)
		return m
	}
	m.block = max(1, min(c, splitFloats/(maps*parts*rows*columns)))
	if parts == 1 { // the maps themselves
		rows = h
	}
	m.area = rows * columns
	m.grid = newTileGrid(maps, parts*m.block, rows, columns)
	if m.beside > 1 {
		for i := range m.grid.in {
			m.grid.in[i].left, m.grid.in[i].right = 0, 0
		}
	}
	if parts == phases && m.beside == 1 {
		m.direct = newPhaseTiles(n, c, h, w, rows, columns, m.clusters()*len(m.grid.in))
	}
	for i := range h * w {
		y, x, phase := i/w, i%w, 0
		if parts == phases {
			y, x, phase = y/2, x/2, y%2*2+x%2
		}
		m.to = append(m.to, int32(phase*m.block*m.area+y*columns+x))
	}
	return m
}

// newPhaseTiles returns the tiles of the phases, of rows × columns pixels, of n images of c channels
// of h×w pixels, in so many groups.
func newPhaseTiles(n, c, h, w, rows, columns, groups int) *phaseTiles {
	t := &phaseTiles{}
	for phase := range phases {
		y, x := phase/2, phase%2
		p := &pixels{image: c * h * w, row: 2 * w, column: 2, h: (h - y + 1) / 2, w: (w - x + 1) / 2, first: y*w + x}
		if p.h == 0 || p.w == 0 { // the phase is empty
			p.first, p.h, p.w = 0, 0, 0
		}
		g := &Winograd{C: c, H: h, W: w, N: n, halves: (columns + 7) / 8}
		tileRows := (rows + tileOut - 1) / tileOut
		g.in = make([]tileGroup, groups)
		for i := range n * tileRows * g.halves {
			g.placePixels(&g.in[i/8], i, tileRows, p)
		}
		g.block = groups
		t.grids[phase] = g
	}
	for y := range t.inside {
		even, odd := t.grids[2*y], t.grids[2*y+1]
		t.inside[y] = make([]phaseMasks, groups)
		for i := range t.inside[y] {
			for r := range tileOut {
				for lane := range 64 {
					bits := even.in[i].mask[1+r]>>lane&1 | odd.in[i].mask[1+r]>>lane&1<<1
					t.inside[y][i][r][lane/8] |= uint16(bits << (2 * (lane % 8)))
				}
			}
		}
	}
	return t
}

// least8 returns the least common multiple of n and eight.
func least8(n int) int {
	for _, power := range []int{8, 4, 2} {
		if n%power == 0 {
			return n * (8 / power)
		}
	}
	return 8 * n
}

// newTileGrid returns the tiles of n maps of some planes, which lie alike as inputs and as outputs.
func newTileGrid(n, planes, h, w int) *Winograd {
	g := &Winograd{C: planes, K: planes, H: h, W: w, N: n, halves: (w + 7) / 8}
	all := n * g.tileRows() * g.halves
	g.in = make([]tileGroup, (all+7)/8)
	g.out = g.in
	for i := range all {
		g.place(&g.in[i/8], i, planes)
	}
	return g
}

// cover makes the groups of a grid so many: those beyond its maps are empty.
func (g *Winograd) cover(groups int) {
	g.in = append(g.in, make([]tileGroup, groups-len(g.in))...)
	g.out, g.groups, g.block = g.in, groups, groups
}

// clusters returns the number of clusters of images.
func (m *tileMaps) clusters() int { return (m.images + m.cluster - 1) / m.cluster }

// scratch returns the floats of the caller's memory.
func (m *tileMaps) scratch() int {
	return m.cluster/m.beside*m.phases*m.block*m.area + Slack
}

// groupsOf returns the groups of tiles of a cluster in the grid, and the first of them among all.
func (m *tileMaps) groupsOf(cluster int) (at []tileGroup, first int) {
	if m.to != nil {
		return m.grid.in, cluster * len(m.grid.in)
	}
	n := len(m.grid.in) / m.clusters()
	return m.grid.in[cluster*n:][:n], cluster * n
}

// mapInputs writes V of a cluster: v[f·plane + (phase·C + c)·tiles + tile].
func (l Level) mapInputs(m *tileMaps, v []float32, plane int, x, scratch []float32, cluster int) {
	groups, firstGroup := m.groupsOf(cluster)
	row := m.grid.tiles()
	v = v[groupTiles*firstGroup:]
	if m.to == nil {
		for i := range groups {
			l.tileInputs(m.grid, v[groupTiles*i:], plane, x, &groups[i])
		}
		return
	}
	if m.direct != nil && l.readsPhases() {
		for i := range groups {
			for phase, g := range m.direct.grids {
				to := v[phase*m.channels*row+groupTiles*i:]
				l.tileInputsOfPhase(g, to, plane, x, &g.in[firstGroup+i])
			}
		}
		return
	}
	clear(scratch[:m.scratch()])
	part := *m.grid
	for c := 0; c < m.channels; c += m.block {
		part.C = min(m.block, m.channels-c)
		m.split(scratch, x, cluster, c, part.C)
		for phase := range m.phases {
			to, from := v[(phase*m.channels+c)*row:], scratch[phase*m.block*m.area:]
			for i := range groups {
				l.tileInputs(&part, to[groupTiles*i:], plane, from, &groups[i])
			}
		}
	}
}

// mapOutputs writes the outputs of a cluster to y from m[f·plane + (phase·C + c)·tiles + tile].
func (l Level) mapOutputs(t *tileMaps, y, m []float32, plane int, scratch []float32, cluster int) {
	groups, firstGroup := t.groupsOf(cluster)
	row := t.grid.tiles()
	m = m[groupTiles*firstGroup:]
	if t.to == nil {
		for i := range groups {
			l.tileOutputs(t.grid, y, m[groupTiles*i:], plane, t.channels, &groups[i])
		}
		return
	}
	if t.direct != nil && l.readsPhases() {
		for i := range groups {
			for half := range t.direct.inside {
				from := m[2*half*t.channels*row+groupTiles*i:]
				l.tileOutputsOfPhases(t.direct, half, y, from, t.channels*row, plane, firstGroup+i)
			}
		}
		return
	}
	for c := 0; c < t.channels; c += t.block {
		n := min(t.block, t.channels-c)
		for phase := range t.phases {
			from, to := m[(phase*t.channels+c)*row:], scratch[phase*t.block*t.area:]
			for i := range groups {
				l.tileOutputs(t.grid, to, from[groupTiles*i:], plane, n, &groups[i])
			}
		}
		t.merge(y, scratch, cluster, c, n)
	}
}

// split copies the phases of n channels from c on of the images of a cluster to the caller's memory.
func (m *tileMaps) split(scratch, x []float32, cluster, c, n int) {
	for i := range min(m.cluster, m.images-cluster*m.cluster) {
		from := x[((cluster*m.cluster+i)*m.channels+c)*m.pixels:]
		to := scratch[i/m.beside*m.phases*m.block*m.area+i%m.beside*tileOut:]
		for ch := range n {
			plane, place := to[ch*m.area:], m.to
			for p, v := range from[ch*m.pixels:][:len(place)] {
				plane[place[p]] = v
			}
		}
	}
}

// merge is the inverse of split.
func (m *tileMaps) merge(y, scratch []float32, cluster, c, n int) {
	for i := range min(m.cluster, m.images-cluster*m.cluster) {
		to := y[((cluster*m.cluster+i)*m.channels+c)*m.pixels:]
		from := scratch[i/m.beside*m.phases*m.block*m.area+i%m.beside*tileOut:]
		for ch := range n {
			plane, place := from[ch*m.area:], m.to
			out := to[ch*m.pixels:][:len(place)]
			for p := range out {
				out[p] = plane[place[p]]
			}
		}
	}
}

// gradientTiles returns the tiles of so many groups as WinogradGradients takes them: places in the
// tensor, of h×w pixels a channel, not in the caller's memory.
func (m *tileMaps) gradientTiles(groups, h, w int) *Winograd {
	g := &Winograd{K: m.channels, H: h, W: w, N: m.images, groups: groups, block: groups}
	for i := range roundLanes(g.K) {
		g.lanes = append(g.lanes, int32(4*min(i, g.K-1)*m.pixels))
	}
	if m.to == nil {
		g.out = m.grid.out
		return g
	}
	g.out = make([]tileGroup, groups)
	rows := (h + tileOut - 1) / tileOut
	for image := range m.images {
		for row := range rows {
			tile := 2*(image/2*rows+row) + image%2
			g.out[tile/groupTiles].tile[laneOf(tile%groupTiles)] = tilePlace{
				offset: int32(image*m.channels*m.pixels + tileOut*row*w),
				rows:   int32(min(tileOut, h-tileOut*row)),
				mask:   1<<w - 1,
			}
		}
	}
	return g
}
