package plan

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// Step is one thing that a program can run: what it computes, and what its inputs hold afterwards.
type Step struct {
	Outputs []*sym.Expr
	Updates []sym.Update // all see the inputs as they were before the run
}

// Options are what a program is compiled for.
type Options struct {
	Level   kernel.Level
	Threads int // 1 if less
	// Direct is set where convolutions are to be computed by the products of their definition alone.
	Direct bool
	apart  bool // whether every node is computed by itself
	stored bool // whether no node is computed again
	// Trace, if not nil, is called with the expressions before the first pass ("input") and after
	// each, step by step.
	Trace func(pass string, roots []*sym.Expr)
}

// Program runs steps with float32 kernels over static memory. It is used by one goroutine at a
// time. An input that several steps take is one memory; what else they compute lies in one arena,
// as large as that of the largest.
type Program struct {
	steps   []Step // as they were given
	options Options
	inputs  map[*sym.Expr]*input
	parts   []*part
	last    *part // whose outputs the arena holds
	team    *team
	state   runState
	floats  int
}

// part is a step of a program in compiled form.
type part struct {
	inputs  map[*sym.Expr]*value
	outputs []*value
	nodes   []*node
	regions []*region
	jobs    []*job

	preparing int         // how many of the regions come first and are left out where they can be
	sources   []*sym.Expr // the inputs that these read
	lasting   []*value    // what others read of theirs
	prepared  uint64      // what Program.writes was when they ran last, plus one
}

// CompileSteps makes the program that can run each of the steps. It returns the error of the first
// expression that carries one.
func CompileSteps(steps []Step, opt Options) (*Program, error) { return compile(steps, opt, nil) }

// compile makes a program that takes the inputs of given as they are.
func compile(steps []Step, opt Options, given map[*sym.Expr]*input) (*Program, error) {
	p, lows, err := prepareAll(steps, opt)
	if err != nil {
		return nil, err
	}
	p.last = p.parts[0]
	p.allocate(lows, given)
	return p, nil
}

// prepareAll makes a program that has no memory and no workers yet.
func prepareAll(steps []Step, opt Options) (*Program, []*lowering, error) {
	if len(steps) == 0 {
		return nil, nil, errors.New("a program without a step")
	}
	p := &Program{steps: steps, options: opt, inputs: map[*sym.Expr]*input{}}
	var lows []*lowering
	changing := map[*sym.Expr]bool{}
	for _, s := range steps {
		for _, u := range s.Updates {
			changing[u.Target] = true
		}
	}
	for _, s := range steps {
		part, low, err := prepare(s.Outputs, s.Updates, opt, changing)
		if err != nil {
			return nil, nil, err
		}
		p.parts, lows = append(p.parts, part), append(lows, low)
	}
	return p, lows, nil
}

// Fork returns a program of the same steps that shares the inputs with p, but for some that are its
// own. It has an arena and workers of its own, so that both can run at the same time where no step
// updates what they share.
func (p *Program) Fork(own ...*sym.Expr) (*Program, error) {
	shared := maps.Clone(p.inputs)
	for _, e := range own {
		if !p.Takes(e) {
			return nil, fmt.Errorf("%v: %w", e, errNotInput)
		}
		delete(shared, e)
	}
	opt := p.options
	opt.Trace = nil
	return compile(p.steps, opt, shared)
}

// prepare makes a step that has no memory yet. Some step of the program changes the given inputs.
func prepare(
	outputs []*sym.Expr, updates []sym.Update, opt Options, changing map[*sym.Expr]bool,
) (*part, *lowering, error) {
	roots, err := gatherRoots(outputs, updates)
	if err != nil {
		return nil, nil, err
	}
	if opt.Trace != nil {
		opt.Trace("input", roots)
	}
	simple := simplify(roots, opt.Trace)
	low, err := lower(opt, simple)
	if err != nil {
		return nil, nil, err
	}
	p := &part{inputs: map[*sym.Expr]*value{}}
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
	p.schedule(low, opt, changing)
	return p, low, nil
}

// useful returns how many of some threads can be busy at once: no more than a region has tasks,
// however many processors there are or are asked for.
func (p *part) useful(threads int) int {
	most := 1
	for _, r := range p.regions {
		most = max(most, len(r.tasks))
	}
	return max(1, min(threads, most))
}

// gatherRoots returns outputs followed by the target and the value of each update.
func gatherRoots(outputs []*sym.Expr, updates []sym.Update) ([]*sym.Expr, error) {
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
func (p *part) input(low *lowering, e *sym.Expr) {
	if low.values[e] == nil {
		low.emit(e)
	}
	p.inputs[e] = low.values[e]
}

// layout gives every value of the step its place. It returns the floats of the arena and of a
// worker's local memory.
func (p *part) layout() (arena, local int) {
	return layout(p.nodes, p.regions, p.kept())
}

// kept returns the values that are read after the step.
func (p *part) kept() map[*value]bool {
	keep := map[*value]bool{}
	for _, v := range p.outputs {
		keep[v] = true
	}
	return keep
}

// needs are the floats that the steps of a program need beside their inputs, and how many workers
// can be busy.
type needs struct{ arena, local, scratch, threads int }

// layout lays out all steps and counts the floats of the program.
func (p *Program) layout(lows []*lowering) needs {
	var all needs
	inputs := map[*sym.Expr]int{}
	for i, s := range p.parts {
		arena, local := s.layout()
		all.arena, all.local = max(all.arena, arena), max(all.local, local)
		all.scratch = max(all.scratch, lows[i].scratch)
		all.threads = max(all.threads, s.useful(p.options.Threads))
		for e, v := range s.inputs {
			inputs[e] = v.size
		}
		for _, v := range s.lasting {
			p.floats += v.size
		}
	}
	p.floats += all.arena + all.threads*(all.local+all.scratch)
	for _, size := range inputs {
		p.floats += size
	}
	return all
}

// allocate takes memory and starts the workers.
func (p *Program) allocate(lows []*lowering, given map[*sym.Expr]*input) {
	need := p.layout(lows)
	arena := allocate(need.arena)
	for _, s := range p.parts {
		for e, v := range s.inputs {
			if p.inputs[e] == nil {
				if p.inputs[e] = given[e]; p.inputs[e] == nil {
					p.inputs[e] = &input{data: allocate(v.size)}
				}
			}
			v.data = p.inputs[e].data
		}
		for _, v := range s.lasting {
			v.data = allocate(v.size)
		}
		s.settle(arena)
		for _, r := range s.regions {
			s.jobs = append(s.jobs, newJob(len(r.tasks), r.batches, func(w *worker, task int) {
				r.run(w, r.tasks[task], &p.state)
			}))
		}
	}
	workers := make([]*worker, need.threads)
	for i := range workers {
		workers[i] = newWorker(p.options.Level, need.local, need.scratch)
	}
	p.team = newTeam(workers)
}

// settle gives the values that the step computes their memory.
func (p *part) settle(arena []float32) {
	for _, n := range p.nodes {
		for _, v := range n.outs {
			switch {
			case v.overwrites != nil:
				v.data = v.overwrites.data
			case v.place == placeArena:
				v.data = arena[v.offset : v.offset+v.size : cap(arena)]
			}
		}
	}
}

// newWorker returns a worker with its memory.
func newWorker(level kernel.Level, local, scratch int) *worker {
	w := &worker{level: level, local: allocate(local), scratch: allocate(scratch)}
	for range maxOperands + maxRegisters + 1 {
		w.blocks = append(w.blocks, allocate(blockSize))
	}
	w.strips, w.own = make([]kernel.StripStep, maxStripSteps), allocate(maxOwnStrips*kernel.MostStripFloats)
	w.sums = allocate(maxStripSums * kernel.MostStripFloats)
	return w
}

// RunStep runs step i once. key and t determine the random numbers. The error is one of ours: a
// kernel panicked.
func (p *Program) RunStep(i int, key, t uint64) error {
	s := p.parts[i]
	p.state, p.last = runState{key, t}, s
	writes, first := p.writes(s)+1, 0
	if s.prepared == writes {
		first = s.preparing
	}
	s.prepared = 0 // unless all goes well
	awake.Add(1)
	defer awake.Add(-1)
	for _, j := range s.jobs[first:] {
		if err := p.team.run(j); err != nil {
			return err
		}
	}
	s.prepared = writes
	return nil
}

// Close ends the program's workers.
func (p *Program) Close() { p.team.close() }

// errNotInput is reported for an expression that the program does not take.
var errNotInput = errors.New("not an input of this program")

// Float returns the memory of the float input e, to be filled before a run and read after an
// update. Who fills it again after a run asks for it again: what is made of inputs once is made anew
// then. It panics if e is not an input of the program: that is a bug of the caller.
func (p *Program) Float(e *sym.Expr) []float32 {
	in, ok := p.inputs[e]
	if !ok {
		panic(fmt.Errorf("%v: %w", e, errNotInput))
	}
	in.written.Add(1)
	return in.data
}

// Int returns the memory of the int input e, as Float does.
func (p *Program) Int(e *sym.Expr) []int32 { return ints(p.Float(e)) }

// Takes reports whether e is an input of a step.
func (p *Program) Takes(e *sym.Expr) bool { _, ok := p.inputs[e]; return ok }

// Output returns output i of the step that ran last, valid until the next run.
func (p *Program) Output(i int) []float32 { return p.last.outputs[i].data }

// OutputInt returns the int output i of the step that ran last, valid until the next run.
func (p *Program) OutputInt(i int) []int32 { return ints(p.last.outputs[i].data) }

// Last returns the number of outputs that the step which ran last has.
func (p *Program) Last() int { return len(p.last.outputs) }

// MACs returns the multiply-adds of the linear operations of step i in one run.
func (p *Program) MACs(i int) int { return p.parts[i].macs() }

func (p *part) macs() int {
	total := 0
	for _, n := range p.nodes {
		total += n.macs
	}
	return total
}

// Bytes returns the memory the program works in.
func (p *Program) Bytes() int { return 4 * p.floats }

// Listing lists a step, a line a kernel call, region by region.
func (p *Program) Listing(step int) string {
	var b strings.Builder
	for i, r := range p.parts[step].regions {
		once := ""
		if i < p.parts[step].preparing {
			once = ", while their inputs stay as they are"
		}
		fmt.Fprintf(&b, "region %d: %d tasks%s\n", i, len(r.tasks), once)
		for _, l := range r.lanes {
			fmt.Fprintf(&b, "  lane of %d\n", chunks(l.lane.slabs, l.lane.chunkSize))
			for _, n := range l.nodes {
				fmt.Fprintf(&b, "    %v\n", n)
			}
		}
	}
	return b.String()
}
