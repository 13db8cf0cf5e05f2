package plan

import "slices"

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
	// Speedup is the cost of all tasks over the least that the busiest core can have to do between
	// meetings, if meetings and memory cost nothing: however tasks are taken, nobody gains more.
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
		costs := make([]int, len(r.tasks))
		for i, t := range r.tasks {
			costs[i] = max(1, t.cost)
			total += costs[i]
		}
		longest += busiest(costs, max(1, cores))
	}
	d.Speedup = 1
	if longest > 0 {
		d.Speedup = float64(total) / float64(longest)
	}
	return d
}

// busiest returns what the busiest of some cores has to do at least, whoever takes which task: an
// equal part of everything; and for every k the k+1 least of the k·cores+1 longest tasks, since one
// core has k+1 of these.
func busiest(costs []int, cores int) int {
	slices.SortFunc(costs, func(a, b int) int { return b - a })
	sum := 0
	for _, c := range costs {
		sum += c
	}
	most := (sum + cores - 1) / cores
	for k := 0; k*cores < len(costs); k++ {
		last := k * cores
		least := 0
		for _, c := range costs[last-k : last+1] {
			least += c
		}
		most = max(most, least)
	}
	return most
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
