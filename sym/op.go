package sym

// Op names an operation. Its documentation stands at the function that builds it.
type Op uint8

// The operations.
const (
	OpInput Op = iota
	OpConst
	OpUniform
	OpNormal
	OpBernoulli
	OpStopGradient

	OpNeg
	OpAbs
	OpSign
	OpExp
	OpLog
	OpLog1p
	OpSqrt
	OpPow
	OpTanh
	OpSigmoid
	OpSoftplus
	OpErf
	OpSin
	OpCos

	OpAdd
	OpSub
	OpMul
	OpDiv

	OpGreater
	OpGreaterEqual
	OpEqual
	OpAnd
	OpOr
	OpNot
	OpSelect
	OpToFloat

	OpSum
	OpBroadcast
	OpReshape
	OpTranspose
	OpSlice
	OpPad
	OpConcat

	OpOneHot
	OpArgMax
	OpGather
	OpScatter

	OpMatMul
	OpConv
	OpConvInputGradient
	OpConvWeightGradient
	OpDepthwiseConv
	OpDepthwiseConvInputGradient
	OpDepthwiseConvWeightGradient
	OpSumPool
	OpSumPoolTranspose
	OpMaxPoolIndex

	opCount
)

// rule is everything the package knows about an operation.
type rule struct {
	name   string
	family Family
	// shape infers shape and dtype, or says what is wrong with the arguments.
	shape func(args []*Expr, attr any) (Shape, DType, error)
	// vjp returns the cotangent of each argument for cotangent c of e: cᵀ·∂e/∂argᵢ. A nil entry is
	// identically zero.
	vjp func(e, c *Expr) []*Expr
	// jvp returns the tangent of e for the tangents t of its arguments: Σ ∂e/∂argᵢ·tᵢ. A nil
	// tangent, in or out, is identically zero; at least one of t is not nil.
	jvp func(e *Expr, t []*Expr) *Expr
	// rows applies e to other rows of its arguments, where it keeps samples apart.
	rows rowsRule
	// macs counts the multiply-adds of e; nil for an operation that is no product.
	macs func(e *Expr) int
	// eval computes the value of e in float64 from those of its arguments.
	eval func(e *Expr, args []*Tensor, env *Env) *Tensor
}

// Family is what kind of work an operation is.
type Family uint8

// The families.
const (
	Given       Family = iota + 1 // inputs and constants
	Random                        // random numbers
	Elementwise                   // each element from the elements at its place
	Reduction                     // fewer elements from many
	Movement                      // the same numbers, and zeros and ones, in other places
	Product                       // products and convolutions, nearly all of a network's work
)

// Family returns what kind of work an operation is.
func (op Op) Family() Family { return op.rule().family }

// Ops returns all operations, for tables that have to be complete.
func Ops() []Op {
	ops := make([]Op, opCount)
	for i := range ops {
		ops[i] = Op(i)
	}
	return ops
}

// String returns the operation's name.
func (op Op) String() string { return op.rule().name }

// rule returns the row of the table of operations.
func (op Op) rule() rule {
	return [...]func() rule{
		OpInput: inputRule, OpConst: constRule,
		OpUniform: uniformRule, OpNormal: normalRule, OpBernoulli: bernoulliRule,
		OpStopGradient: stopGradientRule,

		OpNeg: negRule, OpAbs: absRule, OpSign: signRule, OpExp: expRule, OpLog: logRule, OpLog1p: log1pRule,
		OpSqrt: sqrtRule, OpPow: powRule, OpTanh: tanhRule, OpSigmoid: sigmoidRule, OpSoftplus: softplusRule,
		OpErf: erfRule, OpSin: sinRule, OpCos: cosRule,

		OpAdd: addRule, OpSub: subRule, OpMul: mulRule, OpDiv: divRule,

		OpGreater: greaterRule, OpGreaterEqual: greaterEqualRule, OpEqual: equalRule,
		OpAnd: andRule, OpOr: orRule, OpNot: notRule, OpSelect: selectRule, OpToFloat: toFloatRule,

		OpSum: sumRule, OpBroadcast: broadcastRule, OpReshape: reshapeRule, OpTranspose: transposeRule,
		OpSlice: sliceRule, OpPad: padRule, OpConcat: concatRule,

		OpOneHot: oneHotRule, OpArgMax: argMaxRule, OpGather: gatherRule, OpScatter: scatterRule,

		OpMatMul: matMulRule,
		OpConv:   convRule, OpConvInputGradient: convInputGradientRule, OpConvWeightGradient: convWeightGradientRule,
		OpDepthwiseConv:               depthwiseConvRule,
		OpDepthwiseConvInputGradient:  depthwiseConvInputGradientRule,
		OpDepthwiseConvWeightGradient: depthwiseConvWeightGradientRule,
		OpSumPool:                     sumPoolRule, OpSumPoolTranspose: sumPoolTransposeRule,
		OpMaxPoolIndex: maxPoolIndexRule,
	}[op]()
}

// Rules shared by many operations.

// noVJP is the VJP of an operation whose derivative is zero wherever it exists.
func noVJP(e, _ *Expr) []*Expr { return make([]*Expr, len(e.args)) }

// noJVP is the JVP of an operation whose derivative is zero wherever it exists.
func noJVP(*Expr, []*Expr) *Expr { return nil }

// linearJVP is the JVP of an operation that is linear in its first argument and does not depend
// differentiably on the others: the operation itself, applied to the tangent.
func linearJVP(e *Expr, t []*Expr) *Expr {
	if t[0] == nil {
		return nil
	}
	args := append([]*Expr{t[0]}, e.args[1:]...)
	return e.With(args...)
}

// bilinearJVP is the JVP of an operation linear in each of its two arguments:
// f(ȧ, b) + f(a, ḃ).
func bilinearJVP(e *Expr, t []*Expr) *Expr {
	var sum *Expr
	if t[0] != nil {
		sum = plus(sum, e.With(t[0], e.args[1]))
	}
	if t[1] != nil {
		sum = plus(sum, e.With(e.args[0], t[1]))
	}
	return sum
}

// plus returns a+b, where nil is zero.
func plus(a, b *Expr) *Expr {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return Add(a, b)
}
