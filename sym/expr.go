package sym

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Graph owns expressions and shares equal ones. It is not safe for concurrent building; reading
// finished expressions is.
type Graph struct {
	nodes  map[string]*Expr
	nextID int
	inputs map[string]*Expr
	owners map[string]any // of inputs, by name; see Own
}

// NewGraph returns an empty graph.
func NewGraph() *Graph {
	return &Graph{nodes: map[string]*Expr{}, inputs: map[string]*Expr{}, owners: map[string]any{}}
}

// Expr is an immutable node of a [Graph]. nil stands for an expression that is missing: it carries
// an error, and so does whatever is built from it.
type Expr struct {
	graph *Graph
	op    Op
	args  []*Expr
	attr  any
	shape Shape
	dtype DType
	id    int
	err   error
}

// Graph returns the graph that owns e.
func (e *Expr) Graph() *Graph { return given(e).graph }

// Op returns the operation of e.
func (e *Expr) Op() Op { return given(e).op }

// Args returns the arguments of e; they must not be changed.
func (e *Expr) Args() []*Expr { return given(e).args }

// Attr returns the attributes of e, of the type its operation documents, or nil.
func (e *Expr) Attr() any { return given(e).attr }

// Shape returns the shape of e; it must not be changed.
func (e *Expr) Shape() Shape { return given(e).shape }

// DType returns the element type of e.
func (e *Expr) DType() DType { return given(e).dtype }

// ID returns a number that is larger than that of every argument, direct or not.
func (e *Expr) ID() int { return given(e).id }

// Err returns the error that sticks to e, or nil.
func (e *Expr) Err() error { return given(e).err }

// String describes e by operation, dtype and shape, for messages.
func (e *Expr) String() string {
	if e = given(e); e.err != nil {
		return "error(" + e.err.Error() + ")"
	}
	return fmt.Sprintf("%s %v%v", e.op, e.dtype, e.shape)
}

// Error is what sticks to an expression that could not be built.
type Error struct {
	Op     Op      // the operation that refused
	Shapes []Shape // of its arguments; nil of [Refuse], where no operation did
	Caller string  // file:line outside this module's packages sym, nn, optim and gradreg
	Err    error   // what was wrong
}

// Error returns one line: caller, operation, shapes and what was wrong.
func (e *Error) Error() string {
	if e.Shapes == nil {
		return fmt.Sprintf("%s: %v", e.Caller, e.Err)
	}
	shapes := make([]string, len(e.Shapes))
	for i, s := range e.Shapes {
		shapes[i] = s.String()
	}
	return fmt.Sprintf("%s: %s(%s): %v", e.Caller, e.Op, strings.Join(shapes, ", "), e.Err)
}

// Unwrap returns what was wrong.
func (e *Error) Unwrap() error { return e.Err }

// builderPackages build expressions on behalf of a caller, whose line an error should name.
var builderPackages = [...]string{
	"github.com/gradreg/gradreg/sym.", "github.com/gradreg/gradreg/nn.",
	"github.com/gradreg/gradreg/optim.", "github.com/gradreg/gradreg.",
}

// callerLine returns file:line of the innermost frame outside the builder packages. A test of those
// packages counts as outside.
func callerLine() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		inside := false
		for _, p := range builderPackages {
			inside = inside || strings.HasPrefix(f.Function, p)
		}
		if !inside || strings.HasSuffix(f.File, "_test.go") {
			return fmt.Sprintf("%s:%d", f.File, f.Line)
		}
		if !more {
			return "unknown"
		}
	}
}

// errorExpr returns an expression that carries err; err is a scalar so that callers can go on.
func errorExpr(g *Graph, op Op, args []*Expr, err error) *Expr {
	shapes := make([]Shape, len(args))
	for i, a := range args {
		if a != nil {
			shapes[i] = a.shape
		}
	}
	return &Expr{graph: g, op: op, id: -1, err: &Error{Op: op, Shapes: shapes, Caller: callerLine(), Err: err}}
}

// Refuse returns an expression that carries err, with the caller's line: for builders of layers
// that know what is wrong before an operation would. If x carries an error, that one stays.
func Refuse(x *Expr, err error) *Expr {
	if x = given(x); x.err != nil {
		return x
	}
	return &Expr{graph: x.graph, op: x.op, id: -1, err: &Error{Caller: callerLine(), Err: err}}
}

// errMissing is what is wrong with an argument that is nil.
var errMissing = errors.New("is nil, expected an expression")

// given returns x, and for nil an expression that says so.
func given(x *Expr) *Expr {
	if x == nil {
		return &Expr{id: -1, err: &Error{Caller: callerLine(), Err: fmt.Errorf("an expression %w", errMissing)}}
	}
	return x
}

// allGiven is given of each of some expressions.
func allGiven(xs []*Expr) []*Expr {
	out := make([]*Expr, len(xs))
	for i, x := range xs {
		out[i] = given(x)
	}
	return out
}

// errMixedGraphs is reported where arguments belong to different graphs.
var errMixedGraphs = errors.New("arguments belong to different graphs")

// errNoGraph is reported for leaves of a graph that is nil, such as that of an expression that is
// missing.
var errNoGraph = errors.New("the graph is nil")

// apply returns the node op(args; attr): the existing one if there is one, a new one if the shape
// rule accepts the arguments, an expression with an error otherwise.
func apply(op Op, attr any, args ...*Expr) *Expr {
	if len(args) == 0 {
		return errorExpr(nil, op, nil, errors.New("expected at least one expression"))
	}
	for i, a := range args {
		if a == nil {
			return errorExpr(nil, op, args, fmt.Errorf("argument %d %w", i+1, errMissing))
		}
		if a.err != nil {
			return a
		}
	}
	g := args[0].graph
	for _, a := range args {
		if a.graph != g {
			return errorExpr(g, op, args, errMixedGraphs)
		}
	}
	return g.intern(op, attr, args)
}

// intern returns the shared node of op, attr and args, which are free of errors.
func (g *Graph) intern(op Op, attr any, args []*Expr) *Expr {
	if g == nil {
		return errorExpr(nil, op, args, errNoGraph)
	}
	key := nodeKey(op, attr, args)
	if e, ok := g.nodes[key]; ok {
		return e
	}
	shape, dtype, err := op.rule().shape(args, attr)
	if err == nil {
		err = shape.check()
	}
	if err != nil {
		return errorExpr(g, op, args, err)
	}
	e := &Expr{graph: g, op: op, args: args, attr: attr, shape: shape, dtype: dtype, id: g.nextID}
	g.nextID++
	g.nodes[key] = e
	return e
}

// nodeKey identifies a node by value.
func nodeKey(op Op, attr any, args []*Expr) string {
	b := make([]byte, 0, 64)
	b = strconv.AppendUint(b, uint64(op), 10)
	for _, a := range args {
		b = append(b, ' ')
		b = strconv.AppendInt(b, int64(a.id), 10)
	}
	if attr != nil {
		b = fmt.Appendf(b, " %v", attr)
	}
	return string(b)
}

// With returns e's operation applied to other arguments; a leaf, and an expression with an error,
// itself.
func (e *Expr) With(args ...*Expr) *Expr {
	if e = given(e); len(args) == 0 || e.err != nil || slices.Equal(args, e.args) {
		return e
	}
	return apply(e.op, e.attr, args...)
}
