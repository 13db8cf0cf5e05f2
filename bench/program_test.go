package bench

import (
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/golden"
)

// TestCriticPrograms compares the programs of a GAN's critic, without and with gradient penalties,
// with those in testdata.
func TestCriticPrograms(t *testing.T) {
	w := Workload{Name: "w4", Net: "critic", Batch: 64, Image: [3]int{1, 28, 28}}
	for _, method := range w.Methods() {
		s, err := w.newStep(method)
		if err != nil {
			t.Fatal(err)
		}
		for _, level := range engine.Levels() {
			p, err := s.compile(level, 1)
			if err != nil {
				t.Fatal(err)
			}
			golden.Text(t, filepath.Join("testdata", "critic-"+method+".txt"), p.(engine.Lister).Listing(0))
			p.Close()
		}
	}
}

// TestCriticCosts checks the multiply-adds of a critic's step, F being those of a pass over a batch:
// loss and penalty share a pass backward and one outer product a layer. What is added to the
// multiples of F is that of the first layer, whose input gradient a plain step leaves out, and of
// the last one: a slope needs no tangent behind it, two slopes have the same cotangents.
func TestCriticCosts(t *testing.T) {
	w := Workload{Name: "w4", Net: "critic", Batch: 64, Image: [3]int{1, 28, 28}}
	const first = 64 * 14 * 14 * 64 * 25
	const last = 64 * 256 * 4 * 4
	const F = first + 64*7*7*128*64*25 + 64*4*4*256*128*25 + last
	want := map[string]int{
		"plain": 6*F - 2*first, "r1": 7*F - first - last, "r1r2": 8*F - 4*last, "roth": 8*F - 2*last,
		"wgan-gp": 10*F - 2*first - 2*last,
	}
	for _, method := range w.Methods() {
		s, err := w.newStep(method)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.compile("generic", 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.MACs(0); got != want[method] {
			t.Errorf("%s: %d multiply-adds, expected %d", method, got, want[method])
		}
		t.Logf("%s: %.2f G, %.3f of a plain step", method, float64(p.MACs(0))/1e9, float64(p.MACs(0))/float64(want["plain"]))
		p.Close()
	}
}
