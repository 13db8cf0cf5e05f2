// Package sym is the symbolic core: tensors as expressions, whose derivatives are expressions again.
//
// # Vocabulary
//
// An [Expr] is an immutable node: an [Op], its argument expressions, its attributes, a static shape
// and a dtype. Nodes are hash-consed in a [Graph]: building the same operation of the same arguments
// twice gives the same pointer, so common subexpressions are shared by construction. Arguments are
// always built before the node that uses them, hence ids increase along every path and descending id
// is a reverse topological order.
//
//	g := sym.NewGraph()
//	x := g.Input("x", sym.Float, 3)
//	y := sym.Sum(sym.Mul(x, x))       // y = Σ x²
//	dy := sym.Gradient(y, x)[0]       // 2x, an Expr like any other
//	ddy := sym.Gradient(sym.Sum(dy), x)[0]
//
// # The one invariant
//
// The set of operations is closed under differentiation: the [VJP] and [JVP] rule of every operation
// builds its result from operations of the set. A gradient can therefore be differentiated again, to
// any order, and the penalty on an input gradient is an ordinary part of the objective.
//
// Everything about an operation stands in one place: documentation, shape rule, VJP, JVP and float64
// reference evaluation, one file per family. [Op.rule] is the table of all of them.
//
// # Errors
//
// A wrong shape does not panic. It makes an expression that carries an error with the operation, the
// shapes and the caller's line; every expression built on it carries the same error, as with
// bufio.Writer, and whoever compiles or evaluates it gets it from [Expr.Err].
package sym
