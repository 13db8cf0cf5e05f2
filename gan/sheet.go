package gan

import "github.com/gradreg/gradreg/internal/tensorfile"

// Sheet is what a generator makes of the same noise at a step.
type Sheet struct {
	Step    int
	Shape   []int
	Count   int
	Samples []float32 // [Count, shape…], not clamped
}

// SheetSize is the number of images of a sheet.
const SheetSize = 64

// scatterSize is the number of points of a sheet.
const scatterSize = 2048

// sheetDue reports whether a sheet is due: often at first, when most happens.
func (r *run) sheetDue(step int) bool {
	every := r.config.SheetEvery
	if every == 0 {
		return false
	}
	if step < every { // 1/2, 1/4, … 1/16 of the first interval
		for part := 2; part <= 16; part *= 2 {
			if every%part == 0 && step == every/part {
				return true
			}
		}
	}
	return step%every == 0
}

// info describes the generator as it stands.
func (r *run) info() GeneratorInfo {
	return GeneratorInfo{
		Network: r.config.Network, Noise: r.config.Noise, Shape: r.data.Shape, Data: r.config.Data,
		Classes: r.data.Classes, Steps: r.progress.step, DataDigest: r.data.Digest,
		Convolution: r.config.Convolution,
	}
}

// averages returns the parameters of the averaged generator by their names.
func (r *run) averages() (map[string]tensorfile.Tensor, error) {
	scope := r.training.Params.Scope(AverageScope)
	all := map[string]tensorfile.Tensor{}
	for _, p := range scope.All() {
		values := make([]float32, p.Expr.Shape().Size())
		if err := r.program.Read(p.Expr, values); err != nil {
			return nil, err
		}
		all[p.Name[len(scope.Prefix()):]] = tensorfile.Tensor{Shape: p.Expr.Shape(), F32: values}
	}
	return all, nil
}

// sheet writes the generator file, and shows samples of it.
func (r *run) sheet(step int) error {
	parameters, err := r.averages()
	if err != nil {
		return err
	}
	g, err := newGenerator(r.info(), r.parts.pair, r.engine, parameters)
	if err != nil {
		return err
	}
	defer g.Close()
	s := Sheet{Step: step, Shape: r.data.Shape, Count: SheetSize}
	if len(r.data.Shape) == 1 {
		s.Count = scatterSize
	}
	s.Samples = make([]float32, s.Count*r.data.size())
	if err := g.Sample(r.config.Seed, 0, s.Count, s.Samples); err != nil {
		return err
	}
	if r.Dir != "" {
		if err := writeGenerator(r.path(GeneratorFile), r.info(), parameters); err != nil {
			return err
		}
	}
	if r.Sheet == nil {
		return nil
	}
	return r.Sheet(r.Dir, s)
}
