package classify_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/gradreg/gradreg/classify"
)

// TestClockStandsStill checks that a run which its clock gives no time, as a coarse one does with a
// short run, ends with results whose rates are 0, not infinite: those could not be written.
func TestClockStandsStill(t *testing.T) {
	cfg, now := small(), time.Now()
	cfg.Steps = 8
	dir, remaining := filepath.Join(t.TempDir(), "run"), time.Duration(0)
	got, err := classify.Run(context.Background(), cfg, classify.Options{
		Dir: dir, Threads: 1, Now: func() time.Time { return now }, Stepped: func(p classify.Progress) { remaining += p.Remaining },
	})
	if err != nil || got.ImagesPerSecond != 0 || got.DataWaitFraction != 0 || remaining != 0 {
		t.Errorf("%v images/s, a share of %v waits, %v remain; %v", got.ImagesPerSecond, got.DataWaitFraction, remaining, err)
	}
}
