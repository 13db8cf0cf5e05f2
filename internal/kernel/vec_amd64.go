//go:build amd64 && !purego

package kernel

// unary runs the assembly of op and reports whether there is one.
func (l Level) unary(op UnaryOp, dst, x []float32) bool {
	d, a, n := first(dst), first(x), len(dst)
	wide := l == AVX512
	switch op {
	case Neg:
		if wide {
			negAVX512(d, a, n)
		} else {
			negAVX2(d, a, n)
		}
	case Abs:
		if wide {
			absAVX512(d, a, n)
		} else {
			absAVX2(d, a, n)
		}
	case Sqrt:
		if wide {
			sqrtAVX512(d, a, n)
		} else {
			sqrtAVX2(d, a, n)
		}
	default:
		return false
	}
	return true
}

func (l Level) binary(op BinaryOp, dst, a, b []float32) {
	if l == AVX512 {
		switch op {
		case Add:
			addAVX512(first(dst), first(a), first(b), len(dst))
		case Sub:
			subAVX512(first(dst), first(a), first(b), len(dst))
		case Mul:
			mulAVX512(first(dst), first(a), first(b), len(dst))
		case Div:
			divAVX512(first(dst), first(a), first(b), len(dst))
		case Max:
			maxAVX512(first(dst), first(a), first(b), len(dst))
		case Min:
			minAVX512(first(dst), first(a), first(b), len(dst))
		case Greater:
			greaterAVX512(first(dst), first(a), first(b), len(dst))
		case GreaterEqual:
			greaterEqualAVX512(first(dst), first(a), first(b), len(dst))
		case Equal:
			equalAVX512(first(dst), first(a), first(b), len(dst))
		}
		return
	}
	switch op {
	case Add:
		addAVX2(first(dst), first(a), first(b), len(dst))
	case Sub:
		subAVX2(first(dst), first(a), first(b), len(dst))
	case Mul:
		mulAVX2(first(dst), first(a), first(b), len(dst))
	case Div:
		divAVX2(first(dst), first(a), first(b), len(dst))
	case Max:
		maxAVX2(first(dst), first(a), first(b), len(dst))
	case Min:
		minAVX2(first(dst), first(a), first(b), len(dst))
	case Greater:
		greaterAVX2(first(dst), first(a), first(b), len(dst))
	case GreaterEqual:
		greaterEqualAVX2(first(dst), first(a), first(b), len(dst))
	case Equal:
		equalAVX2(first(dst), first(a), first(b), len(dst))
	}
}

func (l Level) binaryScalar(op BinaryOp, dst, a []float32, s float32) {
	if l == AVX512 {
		switch op {
		case Add:
			addScalarAVX512(first(dst), first(a), s, len(dst))
		case Sub:
			subScalarAVX512(first(dst), first(a), s, len(dst))
		case Mul:
			mulScalarAVX512(first(dst), first(a), s, len(dst))
		case Div:
			divScalarAVX512(first(dst), first(a), s, len(dst))
		case Max:
			maxScalarAVX512(first(dst), first(a), s, len(dst))
		case Min:
			minScalarAVX512(first(dst), first(a), s, len(dst))
		case Greater:
			greaterScalarAVX512(first(dst), first(a), s, len(dst))
		case GreaterEqual:
			greaterEqualScalarAVX512(first(dst), first(a), s, len(dst))
		case Equal:
			equalScalarAVX512(first(dst), first(a), s, len(dst))
		}
		return
	}
	switch op {
	case Add:
		addScalarAVX2(first(dst), first(a), s, len(dst))
	case Sub:
		subScalarAVX2(first(dst), first(a), s, len(dst))
	case Mul:
		mulScalarAVX2(first(dst), first(a), s, len(dst))
	case Div:
		divScalarAVX2(first(dst), first(a), s, len(dst))
	case Max:
		maxScalarAVX2(first(dst), first(a), s, len(dst))
	case Min:
		minScalarAVX2(first(dst), first(a), s, len(dst))
	case Greater:
		greaterScalarAVX2(first(dst), first(a), s, len(dst))
	case GreaterEqual:
		greaterEqualScalarAVX2(first(dst), first(a), s, len(dst))
	case Equal:
		equalScalarAVX2(first(dst), first(a), s, len(dst))
	}
}

func (l Level) scalarBinary(op BinaryOp, dst []float32, s float32, b []float32) {
	if l == AVX512 {
		switch op {
		case Add:
			addFromScalarAVX512(first(dst), first(b), s, len(dst))
		case Sub:
			subFromScalarAVX512(first(dst), first(b), s, len(dst))
		case Mul:
			mulFromScalarAVX512(first(dst), first(b), s, len(dst))
		case Div:
			divFromScalarAVX512(first(dst), first(b), s, len(dst))
		case Max:
			maxFromScalarAVX512(first(dst), first(b), s, len(dst))
		case Min:
			minFromScalarAVX512(first(dst), first(b), s, len(dst))
		case Greater:
			greaterFromScalarAVX512(first(dst), first(b), s, len(dst))
		case GreaterEqual:
			greaterEqualFromScalarAVX512(first(dst), first(b), s, len(dst))
		case Equal:
			equalFromScalarAVX512(first(dst), first(b), s, len(dst))
		}
		return
	}
	switch op {
	case Add:
		addFromScalarAVX2(first(dst), first(b), s, len(dst))
	case Sub:
		subFromScalarAVX2(first(dst), first(b), s, len(dst))
	case Mul:
		mulFromScalarAVX2(first(dst), first(b), s, len(dst))
	case Div:
		divFromScalarAVX2(first(dst), first(b), s, len(dst))
	case Max:
		maxFromScalarAVX2(first(dst), first(b), s, len(dst))
	case Min:
		minFromScalarAVX2(first(dst), first(b), s, len(dst))
	case Greater:
		greaterFromScalarAVX2(first(dst), first(b), s, len(dst))
	case GreaterEqual:
		greaterEqualFromScalarAVX2(first(dst), first(b), s, len(dst))
	case Equal:
		equalFromScalarAVX2(first(dst), first(b), s, len(dst))
	}
}

func (l Level) selection(dst, mask, a, b []float32) {
	if l == AVX512 {
		selectAVX512(first(dst), first(mask), first(a), first(b), len(dst))
	} else {
		selectAVX2(first(dst), first(mask), first(a), first(b), len(dst))
	}
}

func (l Level) fill(dst []float32, s float32) {
	if l == AVX512 {
		fillAVX512(first(dst), s, len(dst))
	} else {
		fillAVX2(first(dst), s, len(dst))
	}
}

func (l Level) addTo(dst, x []float32) {
	if l == AVX512 {
		addToAVX512(first(dst), first(x), len(dst))
	} else {
		addToAVX2(first(dst), first(x), len(dst))
	}
}

func (l Level) sum(x []float32) float32 {
	if l == AVX512 {
		return sumAVX512(first(x), len(x))
	}
	return sumAVX2(first(x), len(x))
}
