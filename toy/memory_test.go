package toy

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// TestMemory interrupts a run after each network in turn: what is trained is not trained again, unless its file is damaged or of
// other options, and the result is that of an undisturbed run.
func TestMemory(t *testing.T) {
	o := brief(t)
	o.Steps = 60
	want, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Memory = filepath.Join(t.TempDir(), "not", "yet")
	files := func() []string {
		list, err := filepath.Glob(filepath.Join(o.Memory, "*"))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for stop := 1; stop < 4; stop++ {
		ctx, cancel := context.WithCancel(t.Context())
		o.Log = func(done, _ int, _ string) {
			if done == stop {
				cancel()
			}
		}
		if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at %d: %v", stop, err)
		}
		if len(files()) != stop {
			t.Errorf("%d files after %d networks", len(files()), stop)
		}
	}
	kept, err := os.Stat(files()[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files()[1], []byte("no tensors"), 0o666); err != nil {
		t.Fatal(err)
	}
	o.Log = nil
	got, err := Run(t.Context(), o)
	if err != nil || !reflect.DeepEqual(got.Trained, want.Trained) {
		t.Errorf("a run that was interrupted found something else, or %v", err)
	}
	if again, err := os.Stat(files()[0]); err != nil || !again.ModTime().Equal(kept.ModTime()) {
		t.Errorf("a trained network was trained again, or %v", err)
	}
	if len(files()) != 4 {
		t.Errorf("%d files of 4 networks", len(files()))
	}
	o.Steps++
	if other, err := Run(t.Context(), o); err != nil || reflect.DeepEqual(other.Trained, want.Trained) {
		t.Errorf("with other options the same was found, or %v", err)
	}
}
