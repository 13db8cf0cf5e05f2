package plan

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// Update is a change of state: after a run the input Target holds Value.
type Update struct{ Target, Value *sym.Expr }

// Options are what a program is compiled for.
type Options struct {
	Level   kernel.Level
	Threads int // 1 if less
	// Share, if not nil, is a program of the same graph: inputs that it takes too are one memory with its own, so that
	// programs can take turns on the same state. They must not run at the same time.
	Share *Program
	// Trace, if not nil, is called with the expressions before the first pass ("input") and after each.
	Trace func(pass string, roots []*sym.Expr)
}

// Program computes expressions with float32 kernels over static memory. It is used by one goroutine at a
// time.
type Program struct {
	inputs  map[*sym.Expr]*value
	outputs []*value
	nodes   []*node
	regions []*region
	jobs    []*job
	team    *team
	state   runState
	floats  int
}

// Compile makes the program that computes outputs and then applies updates, all of which see the inputs as
// they were before the run. It returns the error of the first expression that carries one.
func Compile(outputs []*sym.Expr, updates []Update, opt Options) (*Program, error) {
	p, low, err := prepare(outputs, updates, opt)
	if err != nil {
		return nil, err
	}
	p.allocate(low, p.useful(opt.Threads), opt)
	return p, nil
}

// prepare makes a program that has no memory and no workers yet.
func prepare(outputs []*sym.Expr, updates []Update, opt Options) (*Program, *lowering, error) {
	roots, err := gatherRoots(outputs, updates)
	if err != nil {
		return nil, nil, err
	}
	if opt.Trace != nil {
		opt.Trace("input", roots)
	}
	simple := simplify(roots, opt.Trace)
	low, err := lower(opt.Level, simple)
	if err != nil {
		return nil, nil, err
	}
	p := &Program{inputs: map[*sym.Expr]*value{}}
	for _, e := range sym.Topological(roots...) {
		if e.Op() == sym.OpInput {
			p.input(low, e)
		}
	}
	for _, e := range simple[:len(outputs)] {
		p.outputs = append(p.outputs, low.values[e])
	}
	targets := make([]*value, len(updates))
	for i, u := range updates {
		targets[i] = p.inputs[u.Target]
	}
	low.updates(targets, simple[len(outputs):])
	if low.err != nil {
		return nil, nil, low.err
	}
	p.nodes = low.nodes
	p.regions = schedule(p.nodes)
	return p, low, nil
}

// useful returns how many of some threads can be busy at once: no more than a region has tasks, however many processors
// there are or are asked for.
func (p *Program) useful(threads int) int {
	most := 1
	for _, r := range p.regions {
		most = max(most, len(r.tasks))
	}
	return max(1, min(threads, most))
}

// gatherRoots returns outputs followed by the target and the value of each update.
func gatherRoots(outputs []*sym.Expr, updates []Update) ([]*sym.Expr, error) {
	roots := slices.Clone(outputs)
	for _, u := range updates {
		roots = append(roots, u.Target, u.Value)
	}
	for _, r := range roots {
		if r.Err() != nil {
			return nil, r.Err()
		}
	}
	for _, u := range updates {
		if u.Target.Op() != sym.OpInput {
			return nil, fmt.Errorf("an update changes an input, found %v", u.Target)
		}
		if !u.Target.Shape().Equal(u.Value.Shape()) || u.Target.DType() != u.Value.DType() {
			return nil, fmt.Errorf("update of %v by %v", u.Target, u.Value)
		}
	}
	return roots, nil
}

// input makes sure that e has a value, also if simplification found that it is not needed.
func (p *Program) input(low *lowering, e *sym.Expr) {
	if low.values[e] == nil {
		low.emit(e)
	}
	p.inputs[e] = low.values[e]
}

// layout gives every value its place and counts the floats of the program. It returns those of the arena and of a
// worker's local memory.
func (p *Program) layout(low *lowering, threads int) (arena, local int) {
	keep := map[*value]bool{}
	for _, v := range p.outputs {
		keep[v] = true
	}
	arena, local = layout(p.nodes, p.regions, keep)
	p.floats = arena + threads*(local+low.scratch)
	for _, v := range p.inputs {
		p.floats += v.size
	}
	return arena, local
}

// allocate takes memory and starts the workers.
func (p *Program) allocate(low *lowering, threads int, opt Options) {
	arenaSize, localSize := p.layout(low, threads)
	arena := allocate(arenaSize)
	for e, v := range p.inputs {
		if opt.Share != nil && opt.Share.inputs[e] != nil {
			v.data = opt.Share.inputs[e].data
		} else {
			v.data = allocate(v.size)
		}
	}
	for _, n := range p.nodes {
		for _, v := range n.outs {
			switch {
			case v.home != nil:
				v.data = v.home.data
			case v.place == placeArena:
				v.data = arena[v.offset : v.offset+v.size : cap(arena)]
			}
		}
	}
	workers := make([]*worker, threads)
	for i := range workers {
		workers[i] = newWorker(opt.Level, localSize, low.scratch)
	}
	p.team = newTeam(workers)
	for _, r := range p.regions {
		p.jobs = append(p.jobs, &job{tasks: len(r.tasks), do: func(w *worker, task int) {
			r.run(w, r.tasks[task], &p.state)
		}})
	}
}

// newWorker returns a worker with its memory.
func newWorker(level kernel.Level, local, scratch int) *worker {
	w := &worker{level: level, local: allocate(local), scratch: allocate(scratch)}
	for range maxOperands + maxRegisters + 1 {
		w.blocks = append(w.blocks, allocate(blockSize))
	}
	return w
}

// Run computes the program once. key and step determine the random numbers. The error is one of ours: a
// kernel panicked.
func (p *Program) Run(key, step uint64) error {
	p.state = runState{key, step}
	for _, j := range p.jobs {
		if err := p.team.run(j); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the program's workers.
func (p *Program) Close() { p.team.close() }

// errNotInput is reported for an expression that the program does not take.
var errNotInput = errors.New("not an input of this program")

// Float returns the memory of the float input e, to be filled before a run and read after an update. It
// panics if e is not an input of the program: that is a bug of the caller.
func (p *Program) Float(e *sym.Expr) []float32 {
	v, ok := p.inputs[e]
	if !ok {
		panic(fmt.Errorf("%v: %w", e, errNotInput))
	}
	return v.data
}

// Int returns the memory of the int input e, as Float does.
func (p *Program) Int(e *sym.Expr) []int32 { return ints(p.Float(e)) }

// Takes reports whether e is an input that the program knows.
func (p *Program) Takes(e *sym.Expr) bool { _, ok := p.inputs[e]; return ok }

// Output returns output i of the last run, valid until the next one.
func (p *Program) Output(i int) []float32 { return p.outputs[i].data }

// OutputInt returns the int output i of the last run, valid until the next one.
func (p *Program) OutputInt(i int) []int32 { return ints(p.outputs[i].data) }

// MACs returns the multiply-adds of the program's linear operations in one run.
func (p *Program) MACs() int {
	total := 0
	for _, n := range p.nodes {
		total += n.macs
	}
	return total
}

// Bytes returns the memory the program works in.
func (p *Program) Bytes() int { return 4 * p.floats }

// String lists the program, a line a kernel call, region by region.
func (p *Program) String() string {
	var b strings.Builder
	for i, r := range p.regions {
		fmt.Fprintf(&b, "region %d: %d tasks\n", i, len(r.tasks))
		for _, l := range r.lanes {
			fmt.Fprintf(&b, "  lane of %d\n", chunks(l.lane.slabs, l.lane.chunk))
			for _, n := range l.nodes {
				fmt.Fprintf(&b, "    %v\n", n)
			}
		}
	}
	return b.String()
}

// Finite reports whether all numbers are neither infinite nor NaN.
func Finite(x []float32) bool {
	for _, v := range x {
		if math.IsInf(float64(v), 0) || math.IsNaN(float64(v)) {
			return false
		}
	}
	return true
}
