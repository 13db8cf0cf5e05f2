//go:build amd64 && !purego

package kernel

// A switch, not a table of functions: calls through a table would make the operands escape.

// unaryAVX512 runs Unary for the operations before Sin.
func unaryAVX512(op UnaryOp, dst, x []float32) {
	n := len(dst)
	d, s := at(dst, n), at(x, n)
	switch op {
	case Neg:
		negAVX512(d, s, n)
	case Abs:
		absAVX512(d, s, n)
	case Sign:
		signAVX512(d, s, n)
	case Sqrt:
		sqrtAVX512(d, s, n)
	case Not:
		notAVX512(d, s, n)
	case Exp:
		expAVX512(d, s, n)
	case Log:
		logAVX512(d, s, n)
	case Log1p:
		log1pAVX512(d, s, n)
	case Tanh:
		tanhAVX512(d, s, n)
	case Sigmoid:
		sigmoidAVX512(d, s, n)
	case Softplus:
		softplusAVX512(d, s, n)
	case Erf:
		erfAVX512(d, s, n)
	}
}

func binaryAVX512(op BinaryOp, dst, a, b []float32) {
	n := len(dst)
	d, x, y := at(dst, n), at(a, n), at(b, n)
	switch op {
	case Add:
		addAVX512(d, x, y, n)
	case Sub:
		subAVX512(d, x, y, n)
	case Mul:
		mulAVX512(d, x, y, n)
	case Div:
		divAVX512(d, x, y, n)
	case Max:
		maxAVX512(d, x, y, n)
	case Min:
		minAVX512(d, x, y, n)
	case Greater:
		greaterAVX512(d, x, y, n)
	case GreaterEqual:
		greaterEqualAVX512(d, x, y, n)
	case Equal:
		equalAVX512(d, x, y, n)
	case Gate:
		gateAVX512(d, x, y, n)
	}
}

func scalarAVX512(op BinaryOp, dst, a []float32, s float32) {
	n := len(dst)
	d, x := at(dst, n), at(a, n)
	switch op {
	case Add:
		addScalarAVX512(d, x, s, n)
	case Sub:
		subScalarAVX512(d, x, s, n)
	case Mul:
		mulScalarAVX512(d, x, s, n)
	case Div:
		divScalarAVX512(d, x, s, n)
	case Max:
		maxScalarAVX512(d, x, s, n)
	case Min:
		minScalarAVX512(d, x, s, n)
	case Greater:
		greaterScalarAVX512(d, x, s, n)
	case GreaterEqual:
		greaterEqualScalarAVX512(d, x, s, n)
	case Equal:
		equalScalarAVX512(d, x, s, n)
	case Gate:
		gateScalarAVX512(d, x, s, n)
	}
}

func fromScalarAVX512(op BinaryOp, dst []float32, s float32, b []float32) {
	n := len(dst)
	d, x := at(dst, n), at(b, n)
	switch op {
	case Add:
		addFromScalarAVX512(d, x, s, n)
	case Sub:
		subFromScalarAVX512(d, x, s, n)
	case Mul:
		mulFromScalarAVX512(d, x, s, n)
	case Div:
		divFromScalarAVX512(d, x, s, n)
	case Max:
		maxFromScalarAVX512(d, x, s, n)
	case Min:
		minFromScalarAVX512(d, x, s, n)
	case Greater:
		greaterFromScalarAVX512(d, x, s, n)
	case GreaterEqual:
		greaterEqualFromScalarAVX512(d, x, s, n)
	case Equal:
		equalFromScalarAVX512(d, x, s, n)
	case Gate:
		gateFromScalarAVX512(d, x, s, n)
	}
}

// unaryAVX2 runs Unary for the operations before Sin.
func unaryAVX2(op UnaryOp, dst, x []float32) {
	n := len(dst)
	d, s := at(dst, n), at(x, n)
	switch op {
	case Neg:
		negAVX2(d, s, n)
	case Abs:
		absAVX2(d, s, n)
	case Sign:
		signAVX2(d, s, n)
	case Sqrt:
		sqrtAVX2(d, s, n)
	case Not:
		notAVX2(d, s, n)
	case Exp:
		expAVX2(d, s, n)
	case Log:
		logAVX2(d, s, n)
	case Log1p:
		log1pAVX2(d, s, n)
	case Tanh:
		tanhAVX2(d, s, n)
	case Sigmoid:
		sigmoidAVX2(d, s, n)
	case Softplus:
		softplusAVX2(d, s, n)
	case Erf:
		erfAVX2(d, s, n)
	}
}

func binaryAVX2(op BinaryOp, dst, a, b []float32) {
	n := len(dst)
	d, x, y := at(dst, n), at(a, n), at(b, n)
	switch op {
	case Add:
		addAVX2(d, x, y, n)
	case Sub:
		subAVX2(d, x, y, n)
	case Mul:
		mulAVX2(d, x, y, n)
	case Div:
		divAVX2(d, x, y, n)
	case Max:
		maxAVX2(d, x, y, n)
	case Min:
		minAVX2(d, x, y, n)
	case Greater:
		greaterAVX2(d, x, y, n)
	case GreaterEqual:
		greaterEqualAVX2(d, x, y, n)
	case Equal:
		equalAVX2(d, x, y, n)
	case Gate:
		gateAVX2(d, x, y, n)
	}
}

func scalarAVX2(op BinaryOp, dst, a []float32, s float32) {
	n := len(dst)
	d, x := at(dst, n), at(a, n)
	switch op {
	case Add:
		addScalarAVX2(d, x, s, n)
	case Sub:
		subScalarAVX2(d, x, s, n)
	case Mul:
		mulScalarAVX2(d, x, s, n)
	case Div:
		divScalarAVX2(d, x, s, n)
	case Max:
		maxScalarAVX2(d, x, s, n)
	case Min:
		minScalarAVX2(d, x, s, n)
	case Greater:
		greaterScalarAVX2(d, x, s, n)
	case GreaterEqual:
		greaterEqualScalarAVX2(d, x, s, n)
	case Equal:
		equalScalarAVX2(d, x, s, n)
	case Gate:
		gateScalarAVX2(d, x, s, n)
	}
}

func fromScalarAVX2(op BinaryOp, dst []float32, s float32, b []float32) {
	n := len(dst)
	d, x := at(dst, n), at(b, n)
	switch op {
	case Add:
		addFromScalarAVX2(d, x, s, n)
	case Sub:
		subFromScalarAVX2(d, x, s, n)
	case Mul:
		mulFromScalarAVX2(d, x, s, n)
	case Div:
		divFromScalarAVX2(d, x, s, n)
	case Max:
		maxFromScalarAVX2(d, x, s, n)
	case Min:
		minFromScalarAVX2(d, x, s, n)
	case Greater:
		greaterFromScalarAVX2(d, x, s, n)
	case GreaterEqual:
		greaterEqualFromScalarAVX2(d, x, s, n)
	case Equal:
		equalFromScalarAVX2(d, x, s, n)
	case Gate:
		gateFromScalarAVX2(d, x, s, n)
	}
}
