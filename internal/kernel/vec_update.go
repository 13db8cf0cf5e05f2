package kernel

// Fill sets every element to s.
func (l Level) Fill(dst []float32, s float32) {
	n := len(dst)
	switch l {
	case AVX512:
		fillAVX512(at(dst, n), s, n)
	case AVX2:
		fillAVX2(at(dst, n), s, n)
	default:
		fillGeneric(dst, s)
	}
}

// AddTo computes dst[i] += x[i].
func (l Level) AddTo(dst, x []float32) {
	n := len(dst)
	switch l {
	case AVX512:
		addToAVX512(at(dst, n), at(x, n), n)
	case AVX2:
		addToAVX2(at(dst, n), at(x, n), n)
	default:
		addToGeneric(dst, x)
	}
}

// Axpy computes dst[i] += s·x[i], rounded once at AVX2 and AVX512, after each operation at Generic.
func (l Level) Axpy(dst []float32, s float32, x []float32) {
	n := len(dst)
	switch l {
	case AVX512:
		axpyAVX512(at(dst, n), s, at(x, n), n)
	case AVX2:
		axpyAVX2(at(dst, n), s, at(x, n), n)
	default:
		axpyGeneric(dst, s, x)
	}
}

// AdamCoef holds the numbers of one step of Adam.
type AdamCoef struct {
	B1, B2 float32 // β₁, β₂: what stays of the moments
	LR     float32 // the learning rate over 1−β₁ᵗ
	RV     float32 // 1/√(1−β₂ᵗ)
	Eps    float32 // ε
	Decay  float32 // the learning rate times AdamW's weight decay
}

// Adam changes parameters p and their moments m and v by the gradients g, n = len(p) of each:
//
//	m ← B1·m + (1−B1)·g
//	v ← B2·v + (1−B2)·g²
//	p ← p − (LR·m/(√v·RV + Eps) + Decay·p)
//
// (Kingma and Ba 2015, algorithm 1, with its bias corrections in LR and RV; decay as in Loshchilov and Hutter
// 2019). What is taken from p is summed before it is rounded to the size of p, so a small Decay keeps its
// digits. Sums of products are rounded once at AVX2 and AVX512, after each operation at Generic.
func (l Level) Adam(p, m, v, g []float32, c AdamCoef) {
	n := len(p)
	coef := [6]float32{c.B1, c.B2, c.LR, c.RV, c.Eps, c.Decay}
	switch l {
	case AVX512:
		adamAVX512(at(p, n), at(m, n), at(v, n), at(g, n), &coef, n)
	case AVX2:
		adamAVX2(at(p, n), at(m, n), at(v, n), at(g, n), &coef, n)
	default:
		adamGeneric(p, m, v, g, c)
	}
}
