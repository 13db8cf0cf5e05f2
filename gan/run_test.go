package gan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/tensorfile"
)

// TestMain trains into a folder, instead of running tests, where the environment says so.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(childProcess(dir))
	}
	os.Exit(m.Run())
}

// onPoints is a short run on points, of five critic steps each.
func onPoints() Config {
	c := Default()
	c.Data, c.Network, c.Noise, c.Batch = "gaussians-8", "mlp:width=12,layers=1", 2, 16
	c.Objective, c.Regularizers = "wasserstein", []string{"wgan-gp:1,every=3,warmup=7", "weight-decay:1e-3,decoupled=true"}
	c.CriticSteps, c.Steps, c.HalfLife, c.LearningRate = 5, 9, 100, 1e-3
	c.LogEvery, c.SheetEvery, c.CheckpointEvery = 2, 3, 2
	return c
}

// onImages is a short run on digits, with augmentation, batch norm in the generator and spectral
// normalization in the critic.
func onImages() Config {
	c := Default()
	c.Network, c.Noise, c.Batch, c.TrainSize = "dcgan:width=2,norm=batch,critic-norm=spectral", 4, 8, 40
	c.Regularizers, c.Augment, c.Flip = []string{"r1+r2:0.5", "spectral-norm:0.01"}, "brightness,contrast,shift,cutout", true
	c.Steps, c.HalfLife, c.LearningRate = 5, 50, 1e-3
	c.LogEvery, c.SheetEvery, c.CheckpointEvery = 1, 2, 2
	return c
}

// finished trains into a new folder, interrupted after the steps at, and returns the folder.
func finished(t *testing.T, c Config, threads int, at ...int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	for i := 0; ; i++ {
		ctx, cancel := context.WithCancel(t.Context())
		o := RunOptions{Dir: dir, Resume: i > 0, Threads: threads}
		o.Stepped = func(p Progress) {
			if i < len(at) && p.Step == at[i] {
				cancel()
			}
		}
		_, err := Run(ctx, c, o)
		cancel()
		switch {
		case i < len(at) && at[i] < c.Steps && !errors.Is(err, ErrInterrupted):
			t.Fatalf("interrupted at step %d: %v", at[i], err)
		case err == nil:
			return dir
		case !errors.Is(err, ErrInterrupted):
			t.Fatal(err)
		}
	}
}

// tensors are those of a file but for what depends on the time.
func tensors(t *testing.T, path string) map[string][]float32 {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := tensorfile.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]float32{}
	for name, v := range f.Tensors {
		if v.F32 != nil {
			out[name] = v.F32
		}
	}
	return out
}

// alike checks that two run folders hold the same run: networks, average, optimizers, lines of metrics.
func alike(t *testing.T, what, dir, want string) {
	t.Helper()
	for _, file := range []string{checkpointFile, GeneratorFile} {
		a, b := tensors(t, filepath.Join(dir, file)), tensors(t, filepath.Join(want, file))
		for name, v := range b {
			if !slices.Equal(a[name], v) {
				t.Errorf("%s: another %s in %s", what, name, file)
			}
		}
		if len(a) != len(b) || len(a) < 4 {
			t.Errorf("%s: %d tensors in %s, expected %d", what, len(a), file, len(b))
		}
	}
	if a, b := timeless(t, dir), timeless(t, want); !reflect.DeepEqual(a, b) {
		t.Errorf("%s: the metrics are\n%v\nexpected\n%v", what, a, b)
	}
	a, errA := FolderSummary(dir)
	b, errB := FolderSummary(want)
	if errA != nil || errB != nil || a.Steps != b.Steps || a.MACs != b.MACs || a.Last.Gap != b.Last.Gap {
		t.Errorf("%s: the result is %+v, %v, expected %+v, %v", what, a, errA, b, errB)
	}
}

// timeless are the lines of metrics without times.
func timeless(t *testing.T, dir string) []string {
	t.Helper()
	lines, err := ReadMetrics(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range lines {
		m.Seconds, m.ImagesPerSecond = 0, 0
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(text))
	}
	return out
}

// TestResume checks that a run that is interrupted after any step goes on bit for bit: critic, generator
// and average, both optimizers, the random numbers of noise, data and augmentation, penalties that take
// turns, and the lines of metrics; and that the number of threads changes nothing.
func TestResume(t *testing.T) {
	shrinking := onPoints()
	shrinking.Objective, shrinking.Regularizers, shrinking.CriticSteps = "original", []string{"gradient-shrinking:1", "dragan:0.1,every=2"}, 2
	for name, c := range map[string]Config{"points": onPoints(), "images": onImages(), "shrinking": shrinking} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := finished(t, c, 1)
			if lines := timeless(t, want); len(lines) != (c.Steps+c.LogEvery-1)/c.LogEvery {
				t.Errorf("%d lines of metrics", len(lines))
			}
			alike(t, "three threads", finished(t, c, 3), want)
			for at := 1; at < c.Steps; at++ {
				alike(t, fmt.Sprintf("interrupted at step %d", at), finished(t, c, 1, at), want)
			}
			alike(t, "interrupted thrice", finished(t, c, 2, 1, 2, 4), want)
			if _, err := Run(t.Context(), c, RunOptions{Dir: want, Resume: true}); err == nil || !strings.Contains(err.Error(), "finished run of") {
				t.Errorf("a finished run goes on: %v", err)
			}
		})
	}
}
