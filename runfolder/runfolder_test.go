package runfolder_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/filelock"
	"github.com/gradreg/gradreg/runfolder"
	"github.com/gradreg/gradreg/sym"
)

var layout = runfolder.Layout{
	Config: "config.yaml", Journal: "lines.jsonl", State: "state.safetensors", Results: []string{"result.json", "model"},
}

// TestClaim checks who gets a folder: one of many at a time, numbered ones where that is asked for, and
// nobody one that holds something.
func TestClaim(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	var lock sync.Mutex
	got := map[string]*runfolder.Folder{}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			f, err := runfolder.Claim(dir, true, layout)
			if err != nil {
				t.Error(err)
				return
			}
			lock.Lock()
			defer lock.Unlock()
			got[f.Dir] = f
		})
	}
	wait.Wait()
	if len(got) != 8 || got[dir] == nil || got[dir+"-8"] == nil {
		t.Fatalf("eight claims got %v", got)
	}
	if _, err := runfolder.Claim(dir, false, layout); !errors.Is(err, filelock.ErrHeld) || !fault.IsInput(err) {
		t.Errorf("a folder that is held: %v", err)
	}
	if !runfolder.Running(dir) {
		t.Error("nobody has the folder")
	}
	if err := got[dir].WriteConfig([]byte("a: 1\n")); err != nil {
		t.Fatal(err)
	}
	got[dir].Close()
	got[dir].Close()
	if runfolder.Running(dir) {
		t.Error("somebody has the folder")
	}
	taken := (*runfolder.Taken)(nil)
	if _, err := runfolder.Claim(dir, false, layout); !errors.As(err, &taken) || !taken.Begun || taken.Finished || !fault.IsInput(err) || strings.Contains(err.Error(), "--") {
		t.Errorf("a folder with a run: %v", err)
	}
	if err := layout.CheckVacant(filepath.Join(dir, "none")); err != nil {
		t.Error(err)
	}
	f, err := runfolder.Open(dir, layout)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, err := runfolder.Open(dir+"-9", layout); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	// Of claims at the same moment one may have made the folder that another one has.
	alone, err := runfolder.Claim(dir+"-alone", false, layout)
	if err != nil {
		t.Fatal(err)
	}
	alone.Abandon()
	if _, err := os.Stat(alone.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an abandoned folder: %v", err)
	}
}

// TestJournal checks that what lies behind the counted bytes is written again, and that a torn last
// line is left out.
func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines.jsonl")
	type line struct{ N int }
	j, err := runfolder.OpenJournal(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	var counted int64
	for n := range 5 {
		if err := j.Append(line{n}); err != nil {
			t.Fatal(err)
		}
		if n == 2 {
			counted = j.Bytes()
		}
	}
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	j.Close()
	if j, err = runfolder.OpenJournal(path, counted); err != nil {
		t.Fatal(err)
	}
	j.Append(line{7})
	j.Close()
	os.WriteFile(path, append(read(t, path), `{"N":`...), 0o644)
	if got, err := runfolder.ReadJournal[line](path); err != nil || !reflect.DeepEqual(got, []line{{0}, {1}, {2}, {7}}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := runfolder.OpenJournal(path, counted-1); !fault.IsInput(err) {
		t.Errorf("of a part of a line: %v", err)
	}
	if _, err := runfolder.OpenJournal(path, 1000); !fault.IsInput(err) {
		t.Errorf("a journal that is too short: %v", err)
	}
	os.WriteFile(path, []byte("{\n{}\n"), 0o644)
	if _, err := runfolder.ReadJournal[line](path); !fault.IsInput(err) || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("a torn line in the middle: %v", err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestState writes a state of two networks and reads it back, and refuses what is not of the run, not
// whole, or not a number.
func TestState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.safetensors")
	tensors := []runfolder.Tensor{
		{Name: "param/generator/w", Shape: sym.Shape{2, 3}}, {Name: "param/critic/w", Shape: sym.Shape{}},
		{Name: "optim/critic/v", Shape: sym.Shape{2}, Infinite: true},
	}
	infinite := float32(math.Inf(1))
	state := func() runfolder.State {
		return runfolder.State{
			Step: 7, JournalBytes: 99, Numbers: []float64{1.5, -2}, Metadata: map[string]string{"of": "this"},
			Tensors: map[string][]float32{
				"param/generator/w": {1, 2, 3, 4, 5, 6}, "param/critic/w": {7}, "optim/critic/v": {infinite, 0},
			},
		}
	}
	belongs := func(metadata map[string]string) error {
		if metadata["of"] != "this" {
			return errors.New("it is of another run")
		}
		return nil
	}
	if err := runfolder.WriteState(path, state(), tensors); err != nil {
		t.Fatal(err)
	}
	got, err := runfolder.ReadState(path, tensors, 2, belongs)
	if err != nil {
		t.Fatal(err)
	}
	if got.Step != 7 || got.JournalBytes != 99 || !reflect.DeepEqual(got.Numbers, state().Numbers) || !reflect.DeepEqual(got.Tensors, state().Tensors) {
		t.Errorf("read %+v", got)
	}
	for name, change := range map[string]func(s *runfolder.State){
		"another run":     func(s *runfolder.State) { s.Metadata["of"] = "that" },
		"NaN in a weight": func(s *runfolder.State) { s.Tensors["param/critic/w"] = []float32{float32(math.NaN())} },
		"Inf in a weight": func(s *runfolder.State) { s.Tensors["param/critic/w"] = []float32{infinite} },
		"NaN in a sum":    func(s *runfolder.State) { s.Numbers[1] = math.NaN() },
		"a huge sum":      func(s *runfolder.State) { s.Numbers[1] = 1e308 },
		"a number more":   func(s *runfolder.State) { s.Numbers = append(s.Numbers, 1) },
		"a negative step": func(s *runfolder.State) { s.Step = -1 },
		"a negative size": func(s *runfolder.State) { s.JournalBytes = -1 },
	} {
		s := state()
		change(&s)
		if err := runfolder.WriteState(path, s, tensors); err != nil {
			t.Fatal(err)
		}
		if _, err := runfolder.ReadState(path, tensors, 2, belongs); !fault.IsInput(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := runfolder.WriteState(path, state(), tensors[:2]); err != nil {
		t.Fatal(err)
	}
	if _, err := runfolder.ReadState(path, tensors, 2, belongs); !fault.IsInput(err) {
		t.Errorf("a tensor that is missing: %v", err)
	}
	data := read(t, path)
	for _, n := range []int{0, 7, len(data) / 2, len(data) - 1} {
		os.WriteFile(path, data[:n], 0o644)
		if _, err := runfolder.ReadState(path, tensors, 2, belongs); err == nil {
			t.Errorf("the first %d bytes were read", n)
		}
	}
}
