package sym_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/sym"
)

// builders are the exported functions that take expressions.
var builders = map[string]any{
	"Abs": sym.Abs, "Add": sym.Add, "AddScalar": sym.AddScalar, "And": sym.And, "ArgMax": sym.ArgMax, "AvgPool": sym.AvgPool,
	"Broadcast": sym.Broadcast, "BroadcastTo": sym.BroadcastTo, "Concat": sym.Concat, "ConstValue": sym.ConstValue, "Conv": sym.Conv,
	"ConvInputGradient": sym.ConvInputGradient, "ConvWeightGradient": sym.ConvWeightGradient, "Cos": sym.Cos,
	"DepthwiseConv": sym.DepthwiseConv, "DepthwiseConvInputGradient": sym.DepthwiseConvInputGradient,
	"DepthwiseConvWeightGradient": sym.DepthwiseConvWeightGradient,
	"CrossEntropy":                sym.CrossEntropy, "Div": sym.Div, "Equal": sym.Equal, "Erf": sym.Erf, "Eval": sym.Eval, "Exp": sym.Exp,
	"Format": sym.Format, "Gather": sym.Gather, "Gradient": sym.Gradient, "Greater": sym.Greater, "GreaterEqual": sym.GreaterEqual,
	"JVP": sym.JVP, "LeakyReLU": sym.LeakyReLU, "Less": sym.Less, "Log": sym.Log, "Log1p": sym.Log1p, "ForAll": sym.ForAll, "MACs": sym.MACs, "LogSoftmax": sym.LogSoftmax,
	"LogSumExp": sym.LogSumExp, "MatMul": sym.MatMul, "MatMulT": sym.MatMulT, "Max": sym.Max, "MaxPool": sym.MaxPool,
	"MaxPoolIndex": sym.MaxPoolIndex, "Maximum": sym.Maximum, "Mean": sym.Mean, "Minimum": sym.Minimum, "Mul": sym.Mul, "Neg": sym.Neg,
	"Normalize": sym.Normalize, "SpectralNorm": sym.SpectralNorm,
	"Not": sym.Not, "OneHot": sym.OneHot, "Or": sym.Or, "Pad": sym.Pad, "Pow": sym.Pow, "Refuse": sym.Refuse, "ReLU": sym.ReLU,
	"Replace": sym.Replace, "Reshape": sym.Reshape, "Rewrite": sym.Rewrite, "Scale": sym.Scale, "Scatter": sym.Scatter,
	"Select": sym.Select, "Sigmoid": sym.Sigmoid, "Sign": sym.Sign, "Sin": sym.Sin, "Slice": sym.Slice, "SliceAxis": sym.SliceAxis,
	"Softmax": sym.Softmax, "Softplus": sym.Softplus, "Sqrt": sym.Sqrt, "Square": sym.Square, "StopGradient": sym.StopGradient,
	"Sub": sym.Sub, "Sum": sym.Sum, "SumPool": sym.SumPool, "SumPoolTranspose": sym.SumPoolTranspose, "Tanh": sym.Tanh,
	"ToFloat": sym.ToFloat, "Topological": sym.Topological, "Transpose": sym.Transpose, "VJP": sym.VJP,
}

var exprType = reflect.TypeFor[*sym.Expr]()

// TestMissing calls every builder with nil in the place of each of its expressions: none panics, and what is built carries
// an error that says so, as does what is built from that.
func TestMissing(t *testing.T) {
	for _, name := range declared(t) {
		if builders[name] == nil {
			t.Errorf("%s takes an expression and is not in the test", name)
		}
	}
	for name, f := range builders {
		fn := reflect.ValueOf(f)
		for at := range fn.Type().NumIn() {
			shape := []int{2}
			if name == "Gradient" {
				shape = nil
			}
			args, ok := argumentsWithout(fn.Type(), at, shape...)
			if !ok {
				continue
			}
			var results []reflect.Value
			if fn.Type().IsVariadic() {
				results = fn.CallSlice(args)
			} else {
				results = fn.Call(args)
			}
			for _, r := range results {
				checkMissing(t, name, at, r)
			}
		}
	}
}

// argumentsWithout returns arguments of a function type of which the one at a place, if it is an expression or some, is
// nil. The others have a shape.
func argumentsWithout(f reflect.Type, at int, shape ...int) ([]reflect.Value, bool) {
	g := sym.NewGraph()
	args := make([]reflect.Value, f.NumIn())
	missing := false
	for i := range args {
		in := f.In(i)
		var x *sym.Expr
		if i != at {
			x = g.Input("x", sym.Float, shape...)
		}
		switch {
		case in == exprType:
			args[i] = reflect.ValueOf(x)
			missing = missing || i == at
		case in == reflect.SliceOf(exprType):
			args[i] = reflect.ValueOf([]*sym.Expr{x})
			missing = missing || i == at
		case in.Kind() == reflect.Func:
			args[i] = reflect.MakeFunc(in, func([]reflect.Value) []reflect.Value { return []reflect.Value{reflect.Zero(exprType)} })
		default:
			args[i] = reflect.Zero(in)
		}
	}
	return args, missing
}

// checkMissing looks at the result of a builder, an expression or some, and at what is built from it.
func checkMissing(t *testing.T, name string, at int, result reflect.Value) {
	t.Helper()
	if result.Type() == reflect.TypeFor[error]() && result.IsNil() {
		t.Errorf("%s without argument %d gives no error", name, at)
		return
	}
	var built []*sym.Expr
	switch r := result.Interface().(type) {
	case *sym.Expr:
		built = []*sym.Expr{r}
	case []*sym.Expr:
		if name == "Topological" { // orders what there is
			return
		}
		built = r
	case error:
		if !strings.Contains(r.Error(), "is nil") {
			t.Errorf("%s without argument %d: %v", name, at, r)
		}
		return
	default: // texts and numbers
		return
	}
	for _, e := range built {
		for _, e := range []*sym.Expr{e, sym.Add(e, e), sym.Scale(sym.Mean(e), 2), sym.Gradient(e, e)[0]} {
			if e == nil || e.Err() == nil || !strings.Contains(e.Err().Error(), "nil") {
				t.Errorf("%s without argument %d gives %v", name, at, e)
			}
		}
	}
}

// TestMissingSaysWhere checks the text that a user reads.
func TestMissingSaysWhere(t *testing.T) {
	x := sym.NewGraph().Input("x", sym.Float, 2)
	err := sym.Sum(sym.Add(x, nil)).Err()
	if err == nil || !strings.Contains(err.Error(), "missing_test.go:") || !strings.Contains(err.Error(), "argument 2 is nil, expected an expression") {
		t.Errorf("%v", err)
	}
	var none *sym.Expr
	if none.Err() == nil || none.Shape() != nil || none.Graph() != nil || !strings.Contains(none.String(), "nil") {
		t.Errorf("a missing expression is %v", none)
	}
	if e := none.Graph().Const(1); e.Err() == nil {
		t.Errorf("a constant of no graph is %v", e)
	}
	if e := none.Graph().Input("x", sym.Float); e.Err() == nil {
		t.Errorf("an input of no graph is %v", e)
	}
}

// declared returns the names of the package's exported functions that take expressions.
func declared(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Recv == nil && f.Name.IsExported() && slices.ContainsFunc(f.Type.Params.List, takesExpr) {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

// takesExpr reports whether a parameter is of type *Expr, []*Expr or …*Expr.
func takesExpr(p *ast.Field) bool {
	of := p.Type
	switch list := of.(type) {
	case *ast.ArrayType:
		of = list.Elt
	case *ast.Ellipsis:
		of = list.Elt
	}
	star, ok := of.(*ast.StarExpr)
	if !ok {
		return false
	}
	name, ok := star.X.(*ast.Ident)
	return ok && name.Name == "Expr"
}
