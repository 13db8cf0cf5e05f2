package bench

import (
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/golden"
)

// TestCriticPrograms compares the programs of a GAN's critic, without and with its gradient
// penalty, with those in testdata.
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
