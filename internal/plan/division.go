package plan

// Division says how the work of a step divides among cores, counted and not measured.
type Division struct {
	Cores int
	// Meetings are the ends of regions, where all cores wait for the last one.
	Meetings int
	// Tasks is the number of pieces of work of all regions.
	Tasks int
	// Bytes are read and written in memory that cores share; what one core keeps for itself between
	// two meetings is not in it.
	Bytes int
	// Speedup is the cost of all tasks over the sum of the busiest core's cost between meetings, if
	// meetings and memory cost nothing: no number of threads can gain more.
	Speedup float64
}

// Divide returns how the work of a step divides among each number of cores. It takes no memory.
func Divide(step Step, opt Options, cores []int) ([]Division, error) {
	p, lows, err := prepareAll([]Step{step}, opt)
	if err != nil {
		return nil, err
	}
	p.layout(lows)
	var all []Division
	for _, n := range cores {
		all = append(all, p.parts[0].divide(n))
	}
	return all, nil
}

func (p *part) divide(cores int) Division {
	d := Division{Cores: cores, Meetings: len(p.regions), Bytes: p.shared()}
	total, longest := 0, 0
	for _, r := range p.regions {
		d.Tasks += len(r.tasks)
		busy := make([]int, max(1, cores))
		for _, t := range r.tasks { // whoever is free takes the next one
			least := 0
			for i := range busy {
				if busy[i] < busy[least] {
					least = i
				}
			}
			busy[least] += max(1, t.cost)
			total += max(1, t.cost)
		}
		most := 0
		for _, b := range busy {
			most = max(most, b)
		}
		longest += most
	}
	d.Speedup = 1
	if longest > 0 {
		d.Speedup = float64(total) / float64(longest)
	}
	return d
}

// readings is a kernel call that knows how many times all its chunks together read an argument of
// which each reads a part.
type readings interface{ readings(arg int) int }

// shared reports whether v is in memory that cores share: neither in a worker's own, nor, in a strip
// program, in registers alone.
func (v *value) shared() bool { return v.place != placeLocal && v.place != placeNowhere }

// shared returns the bytes that nodes read and write in memory that cores share. What every chunk
// reads whole, such as a packed filter, is counted once a chunk.
func (p *part) shared() int {
	floats := 0
	for _, n := range p.nodes {
		for i, u := range n.args {
			r, known := n.call.(readings)
			switch {
			case !u.value.shared():
			case known:
				floats += u.value.size * r.readings(i)
			case u.aligned:
				floats += u.value.size
			default:
				floats += u.value.size * chunks(n.slabs, n.chunkSize)
			}
		}
		for _, v := range n.outs {
			if v.shared() {
				floats += v.size
			}
		}
	}
	return 4 * floats
}
