package engine

import "github.com/gradreg/gradreg/sym"

// Eval computes expressions on an engine, as [sym.Eval] does in float64: a program that runs once.
// Values are given to inputs only.
func Eval(e Engine, env sym.Env, outputs ...*sym.Expr) ([]*sym.Tensor, error) {
	p, err := e.Compile(Step{Outputs: outputs})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	for input, value := range env.Values {
		if !p.Takes(input) {
			continue
		}
		if err := writeTensor(p, input, value); err != nil {
			return nil, err
		}
	}
	if err := p.Run(0, env.Key, env.Step); err != nil {
		return nil, err
	}
	var results []*sym.Tensor
	for i, o := range outputs {
		t, err := readTensor(p, i, o)
		if err != nil {
			return nil, err
		}
		results = append(results, t)
	}
	return results, nil
}

// writeTensor gives an input the values of a tensor.
func writeTensor(p Program, input *sym.Expr, value *sym.Tensor) error {
	if input.DType() == sym.Float {
		values := make([]float32, len(value.Data))
		convert(values, value.Data)
		return p.Write(input, values)
	}
	values := make([]int32, len(value.Data))
	convert(values, value.Data)
	return p.WriteInts(input, values)
}

// readTensor returns output i, which is that of o.
func readTensor(p Program, i int, o *sym.Expr) (*sym.Tensor, error) {
	t := sym.NewTensor(o.Shape()...)
	if o.DType() == sym.Float {
		values := make([]float32, len(t.Data))
		if err := p.Output(i, values); err != nil {
			return nil, err
		}
		convert(t.Data, values)
		return t, nil
	}
	values := make([]int32, len(t.Data))
	if err := p.OutputInts(i, values); err != nil {
		return nil, err
	}
	convert(t.Data, values)
	return t, nil
}
