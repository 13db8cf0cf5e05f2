package classify_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
)

// interrupted leaves a run that ended after a step, and returns its folder and configuration.
func interrupted(t *testing.T, after int) (dir string, cfg classify.Config) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "run")
	stopped(t, small(), classify.Options{Dir: dir, DataDirs: classify.Few, Threads: 1}, after)
	cfg, err := classify.FolderConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, cfg
}

// rewrite changes the checkpoint of a run folder.
func rewrite(t *testing.T, dir string, change func(f tensorfile.File)) {
	t.Helper()
	path := filepath.Join(dir, "checkpoint.safetensors")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := tensorfile.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	change(f)
	var out bytes.Buffer
	if err := tensorfile.Write(&out, f); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestOrigins resumes runs whose first steps other kernels, another version of the numbers or a program that did not say
// computed: it is said before the first step and recorded in the summary, also when the run was interrupted again.
func TestOrigins(t *testing.T) {
	_, cfg := interrupted(t, 5)
	level := ""
	for _, c := range []struct {
		name, origins string
		count         int
		want          string
	}{
		{"same", "", 1, ""},
		{"other kernels", `[{"from_step":1,"cpu":"none","numbers":NUMBERS,"version":"v9"}]`, 2, "kernels none"},
		{"other numbers", `[{"from_step":1,"cpu":"LEVEL","numbers":1000,"version":"v9"}]`, 2, "numbers of version 1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, _ := interrupted(t, 5)
			rewrite(t, dir, func(f tensorfile.File) {
				if c.origins != "" {
					f.Metadata["origins"] = strings.NewReplacer("LEVEL", level, "NUMBERS", strconv.Itoa(classify.NumericsVersion)).Replace(c.origins)
				}
			})
			ctx, cancel := context.WithCancel(context.Background())
			var started classify.Start
			opt := classify.Options{Dir: dir, Resume: true, Started: func(s classify.Start) { started = s }, Stepped: func(p classify.Progress) {
				if p.Step == 20 {
					cancel()
				}
			}}
			if err := fit(t, ctx, cfg, opt); !errors.Is(err, classify.ErrInterrupted) {
				t.Fatal(err)
			}
			if len(started.Origins) != c.count || started.Origins[c.count-1].CPU != started.CPU {
				t.Errorf("origins %v", started.Origins)
			}
			if c.count > 1 && (started.Origins[1].FromStep != 6 || !strings.Contains(started.Origins[0].String(), c.want)) {
				t.Errorf("origins %v, expected the second from step 6, the first %s", started.Origins, c.want)
			}
			level = started.CPU
			opt.Stepped = nil
			summary, err := classify.Run(context.Background(), cfg, opt)
			if err != nil {
				t.Fatal(err)
			}
			if c.count == 1 && summary.Origins != nil || c.count > 1 && !slices.Equal(summary.Origins, started.Origins) {
				t.Errorf("summary has %v, expected %v", summary.Origins, started.Origins)
			}
		})
	}
}

// TestHostileProgress refuses checkpoints whose numbers no run has, before anything is trained.
func TestHostileProgress(t *testing.T) {
	for _, v := range []float64{math.Inf(1), math.Inf(-1), math.NaN(), 1e308, -1e308} {
		for at := range 2 {
			dir, cfg := interrupted(t, 5)
			rewrite(t, dir, func(f tensorfile.File) { f.Tensors["progress"].F64[at] = v })
			err := fit(t, context.Background(), cfg, classify.Options{Dir: dir, Resume: true, Stepped: func(classify.Progress) { t.Error("a step was taken") }})
			if !fault.IsInput(err) || !strings.Contains(err.Error(), "progress") {
				t.Errorf("%v at %d: %v", v, at, err)
			}
		}
	}
}

// TestFinishElsewhere finishes a run early on what did not compute it: no step was taken there, so there is nothing to say.
func TestFinishElsewhere(t *testing.T) {
	dir, cfg := interrupted(t, 5)
	rewrite(t, dir, func(f tensorfile.File) {
		f.Metadata["origins"] = `[{"from_step":1,"cpu":"some","numbers":1,"version":"v0"}]`
	})
	s, err := classify.Run(t.Context(), cfg, classify.Options{Dir: dir, Resume: true, Finish: true})
	if err != nil || s.Origins != nil {
		t.Errorf("origins %v, %v, expected none to be told", s.Origins, err)
	}
}
