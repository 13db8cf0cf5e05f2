// Command precision is one half of an independent check of the float32 engine: it draws random
// networks, penalties and inputs, computes loss, penalty and every gradient of the objective on
// every level that the machine has, and writes it all for precision.py, which computes the same
// with PyTorch in float64, the truth, and in float32, the opponent:
//
//	dir=$(mktemp -d)
//	go run ./tools/precision "$dir"
//	/opt/peers/bin/python tools/precision/precision.py "$dir"                                        # a table; fails beyond the bound
//	/opt/peers/bin/python tools/precision/precision.py "$dir" --summary tools/precision/summary.json # and stores it
//
// The Python environment is that of the golden values (tools/golden/README.md). Networks are dense,
// convolutional, and convolutional with pooling, with and without batch or group norm, with every
// nonlinearity, 2 to 23 classes and 2 to 17 images. A third have logits as they come, a third ones
// whose differences are up to 5,000, a third ones that are all near a number up to 5,000. Images
// are standard normal. λ is 0.001 to 1,000. Case i is a function of the seed and i.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// entry is a case as cases.json has it. Its tensors are named index/….
type entry struct {
	network
	Penalty string   `json:"penalty"` // text form
	Lambda  float64  `json:"lambda"`
	Logits  logits   `json:"logits"`
	Params  []string `json:"params"` // in the order of first use
	Leaves  []string `json:"leaves"` // random numbers, in the order of their making: normal or uniform
}

func main() {
	log.SetFlags(0)
	cases := flag.Int("cases", 660, "number of networks")
	seed := flag.Uint64("seed", 1, "seed of what is drawn")
	flag.Parse()
	if flag.NArg() != 1 || *cases < 1 {
		log.Print("usage: precision [-cases n] [-seed n] directory")
		os.Exit(2)
	}
	if err := write(flag.Arg(0), *cases, *seed); err != nil {
		log.Fatal(err)
	}
}

// write computes all cases and writes cases.json and cases.safetensors.
func write(dir string, cases int, seed uint64) error {
	file := tensorfile.File{Tensors: map[string]tensorfile.Tensor{}}
	var entries []entry
	for i := range cases {
		c, err := draw(rand.New(rand.NewPCG(seed, uint64(i))), i)
		if err != nil {
			return fmt.Errorf("case %d: %w", i, err)
		}
		if err := c.record(i, file); err != nil {
			return fmt.Errorf("case %d, %s: %w", i, c.entry.Penalty, err)
		}
		entries = append(entries, c.entry)
	}
	text, err := json.MarshalIndent(entries, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "cases.json"), text, 0o644); err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(dir, "cases.safetensors"))
	if err != nil {
		return err
	}
	if err := tensorfile.Write(out, file); err != nil {
		return err
	}
	return out.Close()
}

// problem is a case with its expressions and values.
type problem struct {
	entry
	outputs []*sym.Expr // loss, penalty, gradients of the objective
	params  []*nn.Param
	given   map[*sym.Expr]*sym.Expr   // inputs in the place of random leaves
	values  map[*sym.Expr]*sym.Tensor // of inputs, numbers of float32
	names   map[*sym.Expr]string
}

// draw returns case i.
func draw(r *rand.Rand, i int) (*problem, error) {
	for {
		n := randomNetwork(r)
		form := penalties[i%len(penalties)]
		lambda := randomLambda(r, form)
		reg, err := gradreg.Parse(fmt.Sprintf(form, lambda))
		if err != nil {
			return nil, err
		}
		g := sym.NewGraph()
		c := nn.NewContext(nn.NewParams(g), true, 0)
		x, y := g.Input("x", sym.Float, append([]int{n.Batch}, n.Shape...)...), g.Input("y", sym.Int, n.Batch)
		step := gradreg.NewProblem(task.Classification{}, c, x, sym.OneHot(y, n.Classes), n.forward)
		if step.Outputs.Err() != nil {
			continue // the images are too small for these layers
		}
		regs := []gradreg.Regularizer{reg}
		total, penalties := gradreg.Objective(step, regs)
		if total.Err() != nil {
			return nil, total.Err()
		}
		p := &problem{
			entry: entry{
				network: n, Penalty: reg.String(), Lambda: reg.Lambda(), Logits: randomLogits(r),
				Leaves: []string{},
			}, params: c.Params.Trainable(),
			given: map[*sym.Expr]*sym.Expr{}, values: map[*sym.Expr]*sym.Tensor{},
			names: map[*sym.Expr]string{x: "x", y: "y"},
		}
		p.outputs = append([]*sym.Expr{step.Loss(), penalties[0]}, sym.Gradient(total, nn.Exprs(p.params)...)...)
		return p, p.fill(r, step.Outputs, x, y)
	}
}

// fill draws the values of everything.
func (p *problem) fill(r *rand.Rand, logits, x, y *sym.Expr) error {
	set := func(e *sym.Expr, value func(i int) float64) {
		v := sym.NewTensor(e.Shape()...)
		for i := range v.Data {
			v.Data[i] = float64(float32(value(i)))
		}
		p.values[e] = v
	}
	uniform := func(limit float64) float64 { return limit * (2*r.Float64() - 1) }
	set(x, func(int) float64 { return r.NormFloat64() }) // as normalized images are
	for _, param := range p.params {
		p.names[param.Expr] = param.Name
		p.Params = append(p.Params, param.Name)
		shape, norm := param.Expr.Shape(), strings.HasPrefix(param.Name, "norm")
		switch {
		case norm && strings.HasSuffix(param.Name, ".weight"):
			set(param.Expr, func(int) float64 { return 1 + uniform(0.5) })
		case strings.HasSuffix(param.Name, ".weight"):
			fan := shape[0] // dense weights are [in, out]
			if len(shape) == 4 {
				fan = shape[1:].Size()
			}
			set(param.Expr, func(int) float64 { return uniform(math.Sqrt(6 / float64(fan))) })
		default:
			set(param.Expr, func(int) float64 { return uniform(0.125) })
		}
	}
	for _, e := range sym.Topological(p.outputs...) {
		if e.Op() != sym.OpNormal && e.Op() != sym.OpUniform {
			continue
		}
		leaf := e.Graph().Input(fmt.Sprintf("leaf%d", e.Attr().(sym.RandomAttr).Stream), sym.Float, e.Shape()...)
		p.given[e] = leaf
		if e.Op() == sym.OpUniform {
			set(leaf, func(int) float64 { return r.Float64() })
		} else {
			set(leaf, func(int) float64 { return r.NormFloat64() })
		}
	}
	p.nameLeaves()
	top, err := p.enlarge(r, logits)
	if err != nil {
		return err
	}
	set(y, func(i int) float64 {
		if r.IntN(2) == 0 {
			return float64(top[i])
		}
		return float64(r.IntN(p.Classes))
	})
	return nil
}

// nameLeaves numbers the random leaves in the order of their making.
func (p *problem) nameLeaves() {
	stream := func(e *sym.Expr) uint32 { return e.Attr().(sym.RandomAttr).Stream }
	var last *sym.Expr
	for range p.given {
		var next *sym.Expr
		for e := range p.given {
			if (last == nil || stream(e) > stream(last)) && (next == nil || stream(e) < stream(next)) {
				next = e
			}
		}
		p.names[p.given[next]] = fmt.Sprintf("leaf%d", len(p.Leaves))
		p.Leaves = append(p.Leaves, next.Op().String())
		last = next
	}
}

// enlarge gives the last layer weights or biases that make the logits as large as they are to be,
// and returns the classes with the largest ones.
func (p *problem) enlarge(r *rand.Rand, logits *sym.Expr) (top []int, err error) {
	out, err := sym.Eval(sym.Env{Values: p.values}, logits)
	if err != nil {
		return nil, err
	}
	largest := 0.0
	for i, v := range out[0].Data {
		largest = max(largest, math.Abs(v))
		if b, k := i/p.Classes, i%p.Classes; k == 0 {
			top = append(top, 0)
		} else if v > out[0].Data[b*p.Classes+top[b]] {
			top[b] = k
		}
	}
	last := p.params[len(p.params)-2:] // weight and bias
	change := func(e *sym.Expr, f func(float64) float64) {
		for i, v := range p.values[e].Data {
			p.values[e].Data[i] = float64(float32(f(v)))
		}
	}
	switch p.Logits.Kind {
	case "scaled":
		for _, q := range last {
			change(q.Expr, func(v float64) float64 { return v * p.Logits.Size / largest })
		}
	case "shifted":
		size, spread := p.Logits.Size*float64(pick(r, -1, 1)), pick(r, 1., 3, 10)
		change(last[0].Expr, func(v float64) float64 { return v * spread })
		change(last[1].Expr, func(v float64) float64 { return v + size })
	}
	return top, nil
}

// record adds the values and the results of every level to a file.
func (p *problem) record(index int, file tensorfile.File) error {
	add := func(name string, t *sym.Tensor) {
		shape, data := []int(t.Shape), make([]float32, len(t.Data))
		if len(shape) == 0 {
			shape = []int{1}
		}
		for i, x := range t.Data {
			data[i] = float32(x)
		}
		file.Tensors[fmt.Sprintf("%d/%s", index, name)] = tensorfile.Tensor{Shape: shape, F32: data}
	}
	for e, v := range p.values {
		add(p.names[e], v)
	}
	for _, level := range engine.Levels() {
		on, err := engine.Native(engine.Options{Level: level, Threads: 1})
		if err != nil {
			return err
		}
		outputs, err := engine.Eval(on, sym.Env{Values: p.values}, sym.Replace(p.outputs, p.given)...)
		if err != nil {
			return err
		}
		for i, name := range append([]string{"loss", "penalty"}, p.Params...) {
			add(level+"/"+name, outputs[i])
		}
	}
	return nil
}
