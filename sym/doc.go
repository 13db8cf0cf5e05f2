// Package sym is the symbolic core: tensors as expressions, whose derivatives are expressions
// again.
//
// # Vocabulary
//
// An [Expr] is an immutable node: an [Op], its argument expressions, its attributes, a static shape
// and a dtype. Nodes are hash-consed in a [Graph]: building the same operation of the same
// arguments twice gives the same pointer, so common subexpressions are shared by construction.
// Arguments are always built before the node that uses them, hence ids increase along every path
// and descending id is a reverse topological order.
//
//	g := sym.NewGraph()
//	x := g.Input("x", sym.Float, 3)
//	y := sym.Sum(sym.Mul(x, x))       // y = Σ x²
//	dy := sym.Gradient(y, x)[0]       // 2x, an Expr like any other
//	ddy := sym.Gradient(sym.Sum(dy), x)[0]
//
// # The one invariant
//
// The set of operations is closed under differentiation: the [VJP] and [JVP] rule of every
// operation builds its result from operations of the set. A gradient can therefore be
// differentiated again, to any order, and the penalty on an input gradient is an ordinary part of
// the objective.
//
// Everything about an operation stands in one place, the row that its rule function returns: its
// family, shape rule, VJP, JVP, how it acts on other rows of its arguments ([Rows]), multiply-adds
// and the float64 reference evaluation. [Op.rule] is the table of all of them.
//
// # A further operation
//
// It touches these files, and a test fails until each has it:
//
//   - here: a constant and a line of the table in op.go, its rule and the documented function that
//     builds it in the file of its family (TestTable), a generator in rules_test.go, from which its
//     derivatives of first and second order, its rows and its multiply-adds are checked (TestDerivatives,
//     TestRows, TestMACs), and a line in missing_test.go;
//   - internal/symtest: a move, so that random graphs have it (TestRandom);
//   - internal/plan: how it is compiled, an element-wise one in the tables of fuse.go, any other by an
//     emit function that lower.go calls, and an expression in ops_test.go (TestEveryOperation);
//   - internal/kernel, if no kernel there does it yet.
//
// Where nothing in between couples samples, an operation that says how it acts on rows makes exact
// Jacobian penalties cheap at once.
//
// # Errors
//
// A wrong shape does not panic. It makes an expression that carries an error with the operation,
// the shapes and the caller's line; every expression built on it carries the same error, as with
// bufio.Writer, and [Expr.Err] returns it; compiling and evaluating do so, too.
package sym
