package classify_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg/classify"
)

// TestFlowersFeatures trains heads on the features of a real network, of 100 photos of five flowers at
// 128 pixels: they have at least 72 % of 736 test photos right, mean of three draws. From scratch
// 2000 photos give 70 %. It needs the files, in the folders that GRADREG_WEIGHTS and GRADREG_DATA
// name.
func TestFlowersFeatures(t *testing.T) {
	weights := filepath.Join(os.Getenv("GRADREG_WEIGHTS"), "efficientnet-lite0-57934424.pth")
	photos := filepath.Join(os.Getenv("GRADREG_DATA"), "flowers-small")
	for _, path := range []string{weights, photos} {
		if _, err := os.Stat(path); err != nil {
			t.Skipf("GRADREG_WEIGHTS and GRADREG_DATA name no folders with the files: %v", err)
		}
	}
	mean, cache := 0.0, t.TempDir()
	const draws = 3
	for seed := range uint64(draws) {
		cfg := transfer(photos, weights)
		cfg.Size, cfg.TrainSize, cfg.Seed = 128, 100, seed+1
		s, err := classify.Run(t.Context(), cfg, classify.Options{FeatureCache: cache})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("seed %d: %.2f %% of %d", seed+1, 100*s.TestAccuracy, s.TestImages)
		mean += s.TestAccuracy / draws
	}
	if mean < 0.72 {
		t.Errorf("%.2f %% of the test photos are right, expected 72", 100*mean)
	}
}
