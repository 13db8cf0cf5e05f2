package sym

// Normalize returns each sample of x: [B, …] divided by its Euclidean norm; 0 where it is 0.
// Dividing by the largest element first keeps squares of small numbers from vanishing in float32.
// The floors matter to samples whose largest element is below 1e-35 only: near the end of float32's
// range there is no direction left, and the length goes to 0. The first one is beside that element,
// the second beside the sum of squares after the division, 1 or more unless the first one was
// reached.
func Normalize(x *Expr) *Expr {
	if x = withAxis(x); x.err != nil {
		return x
	}
	batch, shape := x.shape[0], x.shape
	flat := Reshape(x, batch, shape.Size()/batch)
	largest := AddScalar(Max(Abs(flat), 1), 1e-30)
	flat = Div(flat, Broadcast(largest, []int{0}, flat.Shape()...))
	norm := Sqrt(AddScalar(Sum(Square(flat), 1), 1e-12))
	return Reshape(Div(flat, Broadcast(norm, []int{0}, flat.Shape()...)), shape...)
}

// SpectralNorm estimates the largest singular value of a matrix w: [m, n] by power iteration from
// u: [1, m]:
//
//	v ← Wᵀu/‖Wᵀu‖, u ← W·v/‖W·v‖, repeated;  σ = uᵀ·W·v
//
// It returns σ, a scalar that is at most the singular value, and the new u. Derivatives of σ flow
// through W alone, u and v held: ∂σ/∂W = u·vᵀ. u has none.
func SpectralNorm(w, u *Expr, iterations int) (sigma, next *Expr) {
	v := w
	for range max(iterations, 1) {
		v = Normalize(MatMul(u, w))
		u = Normalize(MatMulT(v, w, false, true))
	}
	u = StopGradient(u)
	return Sum(Mul(MatMul(u, w), StopGradient(v))), u
}
