package classify_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
)

// TestDisks trains on disks of all sizes, up to one that holds a whole run: where it fills up, the run ends with an error that is not
// the input's fault, nothing is half, and when there is room it comes to what it would have. GRADREG_TEST_LONG=1 tries 167 disks.
func TestDisks(t *testing.T) {
	cfg := small()
	cfg.Model, cfg.Steps, cfg.CheckpointEvery = model.ParseSpec("mlp:hidden=16"), 20, 5
	whole := trained(t, cfg)
	disks := 8
	if long() {
		disks = 167
	}
	const most = 900 << 10
	full := 0
	for i := range disks {
		dir := t.TempDir()
		size := (i + 1) * most / disks
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
			t.Skipf("needs to mount small file systems, which is not permitted here: %v", err)
		}
		if filled := onDisk(t, cfg, dir, fmt.Sprintf("a disk of %d bytes", size), whole); filled {
			full++
		}
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d disks filled up", full, disks)
	if full == 0 || full == disks {
		t.Errorf("%d of %d disks filled up: the sizes show nothing", full, disks)
	}
}

// onDisk trains on a disk, and again when it has room, and tells whether it had too little.
func onDisk(t *testing.T, cfg classify.Config, disk, what, whole string) (filled bool) {
	t.Helper()
	dir := filepath.Join(disk, "run")
	err := fit(t, t.Context(), cfg, classify.Options{Dir: dir, DataDirs: classify.Few})
	if filled = err != nil; filled {
		if !errors.Is(err, syscall.ENOSPC) || fault.IsInput(err) {
			t.Errorf("%s: %v, expected no space left, which is no fault of the input", what, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "summary.json")); err == nil {
			t.Errorf("%s: a result of a run that failed", what)
		}
		if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=8m"); err != nil {
			t.Fatal(err)
		}
		if classify.HasRun(dir) {
			if names := leftOver(t, dir); names != nil {
				t.Errorf("%s: %q are left", what, names)
			}
			must(t, dir, classify.Options{})
		} else if err := fit(t, t.Context(), cfg, classify.Options{Dir: dir, DataDirs: classify.Few}); err != nil {
			t.Errorf("%s, with room: %v", what, err)
		}
	}
	asUndisturbed(t, what, dir, whole)
	return filled
}
