package bench

import (
	"os"
	"testing"
	"time"
)

func TestTmpProfile(t *testing.T) {
	w := Workload{Name: "w4", Net: "critic", Batch: 64, Image: [3]int{1, 28, 28}}
	s, err := w.newStep(os.Getenv("METHOD"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.compile("avx512", 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.load(p, s.contents(w)); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	n := 0
	for time.Since(start) < 6*time.Second {
		p.Run(0, 1, uint64(n))
		n++
	}
	t.Logf("%d steps, %v each", n, time.Since(start)/time.Duration(n))
}
