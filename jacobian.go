package gradreg

import (
	"math"

	"github.com/gradreg/gradreg/sym"
)

// FrobReg penalizes the squared Frobenius norm of the logits' Jacobian J_b = ∂f(x_b)/∂x_b, K ×
// pixels, exactly:
//
//	R = mean_b ‖J_b‖_F²
//
// [SpectReg] is this in expectation. All K rows of J ride through one backward pass of K·B rows
// that shares the loss's forward pass: each layer's values, masks and maxima are those of the
// sample. Its derivative is one tangent pass and one product for the weights over the same rows,
// and for piecewise-linear networks nothing else, since cotangents and masks do not depend on the
// weights: 3F − F₁ + 3K·F multiply-adds, less what the last dense layer saves, whose rows of J are
// the same for all samples, and what a narrow dense first layer saves, whose W is as good as Wᵀ·W.
//
// Where a layer couples samples, as batch norm does, row k of J_b is the derivative of Σ_b f_k(x_b)
// with respect to x_b, and there are K backward passes. SpectReg with one ε for all samples is that
// in expectation; with an ε for each, products of different samples' derivatives drop out. (Varga
// et al. 2017; Sokolić et al. 2017.)
type FrobReg struct {
	Weight float64 // λ
	Options
}

// Penalty builds R.
func (f FrobReg) Penalty(p *Problem) *sym.Expr { return f.everywhere(p, f, f.penalty) }

func (f FrobReg) penalty(p *Problem) *sym.Expr {
	at := f.site(p)
	return f.meanOf(at, at.jacobian()...)
}

// jacobian returns numbers whose sum over the rows of a sample is ‖J‖_F², for the samples that
// count: one tensor [count·K, …], or K tensors [count, …] where samples are coupled.
func (at site) jacobian() []*sym.Expr {
	if at.outputs.Err() != nil {
		return []*sym.Expr{at.outputs}
	}
	classes := at.outputs.Shape()[1]
	if classes == 1 { // the gradient of the output, whose backward pass the loss can share
		return []*sym.Expr{sym.Square(at.slope(at.graph.Const(1, at.count, 1)))}
	}
	unit := identity(at.graph, classes)
	if squares := at.squares(sym.ForAll(unit, at.count), classes); squares != nil {
		return []*sym.Expr{squares}
	}
	var rows []*sym.Expr
	for k := range classes {
		rows = append(rows, sym.Square(at.slope(sym.BroadcastTo(sym.SliceAxis(unit, 0, k, k+1), at.count, classes))))
	}
	return rows
}

// squares returns numbers whose sum over a row is ‖cᵀ·J‖² for cotangents c: [count·n, K], n of each
// sample that counts; nil where samples are coupled.
//
// A dense first layer h = x·W with H outputs of P pixels makes its part from the cotangents δ of h:
// ‖δ·Wᵀ‖² = δ·(Wᵀ·W)·δᵀ. With the derivatives that is 3·(n·B·H² + P·H²) multiply-adds in the place
// of 3·n·B·P·H, and is taken where it is less.
func (at site) squares(c *sym.Expr, n int) *sym.Expr {
	r := sym.RepeatedRows(at.count, n)
	if h, w := firstDense(at.outputs, at.input); h != nil {
		pixels, outputs := w.Shape()[0], w.Shape()[1]
		if delta, ok := r.VJP(at.outputs, h, c); ok && outputs*(r.Count+pixels) < r.Count*pixels {
			return sym.Mul(delta, sym.MatMul(delta, sym.MatMulT(w, w, true, false)))
		}
	}
	g, ok := r.VJP(at.outputs, at.input, c)
	if !ok {
		return nil
	}
	return sym.Square(g)
}

// firstDense returns h and W if all that y does with x is h = x·W, x being flattened before or not;
// else nil.
func firstDense(y, x *sym.Expr) (h, w *sym.Expr) {
	users := map[*sym.Expr][]*sym.Expr{}
	for _, e := range sym.Topological(y) {
		for _, a := range e.Args() {
			users[a] = append(users[a], e)
		}
	}
	flat := x
	if u := users[x]; len(u) == 1 && u[0].Op() == sym.OpReshape && len(u[0].Shape()) == 2 &&
		u[0].Shape()[0] == x.Shape()[0] {
		flat = u[0]
	}
	u := users[flat]
	if len(u) != 1 || u[0].Op() != sym.OpMatMul || u[0].Args()[0] != flat || len(u[0].Shape()) != 2 {
		return nil, nil
	}
	if attr := u[0].Attr().(sym.MatMulAttr); attr.TransA || attr.TransB {
		return nil, nil
	}
	return u[0], u[0].Args()[1]
}

// identity returns the n × n unit matrix.
func identity(g *sym.Graph, n int) *sym.Expr {
	if n == 1 { // as a constant it is known to be that of a loss's backward pass, but for a factor
		return g.Const(1, 1, 1)
	}
	return sym.Reshape(sym.Pad(g.Const(1, n), []int{0}, []int{0}, []int{n}), n, n)
}

// Lambda returns λ.
func (f FrobReg) Lambda() float64 { return f.Weight }

// WithLambda returns the same penalty with another λ.
func (f FrobReg) WithLambda(lambda float64) Regularizer { f.Weight = lambda; return f }

// Name returns "frobreg".
func (f FrobReg) Name() string { return "frobreg" }

// Validate returns what is wrong with the options.
func (f FrobReg) Validate() error { return check(f.Weight, f.validate(AsHoffman, AsGamma, AsSum)) }

// String returns the text form.
func (f FrobReg) String() string { return format(f.Name(), f.Weight, f.fields()) }

func (f *FrobReg) fields() []field { return f.Options.fields() }

// JacReg penalizes the squared Frobenius norm of the Jacobian of the probabilities p = softmax(f),
// exactly:
//
//	R = mean_b ‖∂p_b/∂x_b‖_F²,  ∂p/∂x = (diag p − p·pᵀ)·J
//
// Probabilities sum to 1, so the K rows sum to 0 and have rank K − 1: an orthonormal basis of that
// space makes K − 1 rows of the same norm, which ride through one backward pass as those of
// [FrobReg] do. Cotangents depend on p, whose derivative joins the loss's backward pass: 3F − F₁ +
// 3(K−1)·F multiply-adds. (Varga et al. 2017.)
type JacReg struct {
	Weight float64 // λ
	Options
}

// Penalty builds R.
func (j JacReg) Penalty(p *Problem) *sym.Expr { return j.everywhere(p, j, j.penalty) }

func (j JacReg) penalty(p *Problem) *sym.Expr {
	at := j.site(p)
	if at.outputs.Err() != nil {
		return at.outputs
	}
	classes := at.outputs.Shape()[1]
	if classes < 2 {
		return refuse(at.outputs, j, "found one class, expected at least 2")
	}
	logP := p.LogProbabilities(j, at.part(at.outputs))
	if logP.Err() != nil {
		return logP
	}
	c := contrasts(sym.Exp(logP))
	rows := classes - 1
	if squares := at.squares(sym.Reshape(c, at.count*rows, classes), rows); squares != nil {
		return j.meanOf(at, squares)
	}
	var slopes []*sym.Expr
	for k := range rows {
		slopes = append(slopes, at.slope(sym.Reshape(sym.SliceAxis(c, 1, k, k+1), at.count, classes)))
	}
	return j.mean(at, slopes...)
}

// contrasts returns Q·(diag p − p·pᵀ) per sample: [B, K−1, K] for p: [B, K]. The K−1 rows of Q are
// orthonormal and sum to 0: they are those of the Householder reflection that takes (1, …, 1)/√K to
// the last axis, Q_mj = δ_mj − 1/(K − √K) for j < K and 1/√K for j = K. The rows of the result sum
// to 0.
func contrasts(p *sym.Expr) *sym.Expr {
	batch, k := p.Shape()[0], p.Shape()[1]
	root := math.Sqrt(float64(k))
	q := sym.Concat(1, sym.AddScalar(identity(p.Graph(), k-1), -1/(float64(k)-root)), p.Graph().Const(1/root, k-1, 1))
	along := sym.MatMulT(p, q, false, true) // Q·p: [B, K−1]
	shape := []int{batch, k - 1, k}
	repeated := sym.Broadcast(p, []int{0, 2}, shape...)
	apart := sym.Sub(sym.Broadcast(q, []int{1, 2}, shape...), sym.Broadcast(along, []int{0, 1}, shape...))
	return balanced(sym.Mul(repeated, apart), repeated)
}

// Lambda returns λ.
func (j JacReg) Lambda() float64 { return j.Weight }

// WithLambda returns the same penalty with another λ.
func (j JacReg) WithLambda(lambda float64) Regularizer { j.Weight = lambda; return j }

// Name returns "jacreg".
func (j JacReg) Name() string { return "jacreg" }

// Validate returns what is wrong with the options.
func (j JacReg) Validate() error { return check(j.Weight, j.validate(AsHoffman, AsSum)) }

// String returns the text form.
func (j JacReg) String() string { return format(j.Name(), j.Weight, j.fields()) }

func (j *JacReg) fields() []field { return j.Options.fields() }
