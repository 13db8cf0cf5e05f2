package kernel
import ("testing";"time")
func BenchmarkCopyXY(b *testing.B) {
	n := 144*56*56
	x, y := make([]float32, 8*n), make([]float32, 8*n)
	for i := range x { x[i]=1 }
	var best time.Duration
	for b.Loop() {
		s := time.Now()
		for i := range 8 { copy(y[i*n:(i+1)*n], x[i*n:(i+1)*n]) }
		if d := time.Since(s); best==0 || d<best { best=d }
	}
	b.ReportMetric(float64(best.Nanoseconds())/8e3, "µs")
}
