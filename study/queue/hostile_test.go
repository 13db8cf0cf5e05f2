package queue

import (
	"archive/tar"
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/filelock"
	"github.com/gradreg/gradreg/study"
)

// change changes a database as another of its writers could.
func change(t *testing.T, q *Queue, query string, args ...any) {
	t.Helper()
	if _, err := q.pool.Exec(q.bind(query), args...); err != nil {
		t.Fatal(err)
	}
}

// heard returns a log and what it has been told.
func heard() (log func(string), said func() string) {
	var lock sync.Mutex
	var list []string
	return func(text string) {
			lock.Lock()
			defer lock.Unlock()
			list = append(list, text)
		}, func() string {
			lock.Lock()
			defer lock.Unlock()
			return strings.Join(list, "\n")
		}
}

// TestHostileKey gives a job the path of somebody's folder for a key: nothing there is touched, and the other runs are done.
func TestHostileKey(t *testing.T) {
	t.Parallel()
	s := edited(t, small, "seeds: 4", "seeds: 2", "  - name: datagrad\n    regularizers: [\"datagrad:$lambda\"]\n    parameters: {lambda: {log: [0.5, 50]}}\n", "", "tuning: {trials: 4, rounds: [0.3, 1], keep: 2}\n", "")
	everywhere(t, func(t *testing.T, place string) {
		victim := t.TempDir()
		for _, name := range []string{"config.yaml", "notes.txt"} {
			if err := os.WriteFile(filepath.Join(victim, name), []byte("precious: true\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, key := range []string{strings.Repeat("../", 30) + victim[1:], victim, "..", ".", "", "00112233445566778899AABBCCDDEEFF"} {
			q := added(t, place, s)
			set := `UPDATE river_job SET args = json_set(args, '$.key', '` + key + `') WHERE id = (SELECT min(id) FROM river_job)`
			if q.server() {
				set = `UPDATE river_job SET args = jsonb_set(args, '{key}', '"` + key + `"') WHERE id = (SELECT min(id) FROM river_job)`
			}
			change(t, q, set)
			log, said := heard()
			status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2, Log: log})
			if err != nil || status.Complete != 4 { // the run itself has a new job
				t.Errorf("%+v, %v", status, err)
			}
			if text := said(); !strings.Contains(text, "expected 32 hexadecimal digits; it is not tried again") {
				t.Errorf("%q: said %q", key, text)
			}
			for _, name := range []string{"config.yaml", "notes.txt"} {
				if data, err := os.ReadFile(filepath.Join(victim, name)); err != nil || string(data) != "precious: true\n" {
					t.Fatalf("%q: %s is %q, %v", key, name, data, err)
				}
			}
			change(t, q, "DELETE FROM river_job")
			change(t, q, "DELETE FROM gradreg_result")
		}
	})
}

// TestHostileState restores only the files of a run, and only such as are no larger than what holds them.
func TestHostileState(t *testing.T) {
	write := func(headers ...tar.Header) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, h := range headers {
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(w, strings.Repeat("x", int(h.Size)))
		}
		w.Close()
		return b.Bytes()
	}
	good := write(tar.Header{Name: "config.yaml", Size: 3}, tar.Header{Name: "metrics.jsonl", Size: 0})
	// A file of GNU's sparse format 1.0, as its records say: a terabyte, of which nothing is stored.
	// The writer does not make them, so its records have another name at first.
	sparse := write(tar.Header{Name: "a", Size: 512, Format: tar.FormatPAX, PAXRecords: map[string]string{
		"GNU-sparse.major": "1", "GNU-sparse.minor": "0", "GNU-sparse.name": "config.yaml", "GNU-sparse.realsize": "1099511627776",
	}})
	sparse = bytes.ReplaceAll(sparse, []byte("GNU-"), []byte("GNU."))
	blocks := "1\n1099511627776\n0\n"
	sparse = bytes.Replace(sparse, []byte(strings.Repeat("x", 512)), []byte(blocks+strings.Repeat("\x00", 512-len(blocks))), 1)
	if h, err := tar.NewReader(bytes.NewReader(sparse)).Next(); err != nil || h.Size != 1<<40 || h.Name != "config.yaml" {
		t.Fatalf("%+v, %v", h, err)
	}
	q := open(t, t.TempDir())
	key := strings.Repeat("0a", 16)
	for name, state := range map[string][]byte{
		"up":      write(tar.Header{Name: "../x", Size: 3}),
		"other":   write(tar.Header{Name: "model.safetensors", Size: 3}),
		"folder":  write(tar.Header{Name: "config.yaml", Typeflag: tar.TypeDir}),
		"link":    write(tar.Header{Name: "config.yaml", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}),
		"cut":     good[:514],
		"nothing": []byte(strings.Repeat("x", 2000)),
		"sparse":  sparse,
	} {
		change(t, q, "DELETE FROM gradreg_checkpoint")
		change(t, q, "INSERT INTO gradreg_checkpoint (key, step, state) VALUES (?, 1, ?)", key, state)
		parent := t.TempDir()
		dir := filepath.Join(parent, key)
		if err := q.restore(t.Context(), key, dir); !fault.IsInput(err) || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", name, err)
		}
		if entries, err := os.ReadDir(parent); err != nil || len(entries) > 0 {
			t.Errorf("%s: %v is left, %v", name, entries, err)
		}
	}
	change(t, q, "UPDATE gradreg_checkpoint SET state = ?", good)
	dir := filepath.Join(t.TempDir(), key)
	if err := q.restore(t.Context(), key, dir); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "config.yaml")); err != nil || string(data) != "xxx" {
		t.Errorf("%q, %v", data, err)
	}
}

// TestForeignSummary does not believe a summary that somebody puts into the folder of a run.
func TestForeignSummary(t *testing.T) {
	t.Parallel()
	s := edited(t, small, tiny...)
	want := undisturbed(t, s)
	dir := t.TempDir()
	q := added(t, dir, s)
	if status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2, Keep: true}); err != nil || status.State != Complete {
		t.Fatalf("%+v, %v", status, err)
	}
	change(t, q, "DELETE FROM gradreg_result")
	list, err := filepath.Glob(filepath.Join(dir, "runs", "*", "summary.json"))
	if err != nil || len(list) != len(want) {
		t.Fatalf("%q, %v", list, err)
	}
	for _, name := range list {
		if err := os.WriteFile(name, []byte(`{"test_accuracy": 0.7214, "test_images": 300}`), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Add(t.Context(), s, DefaultPriority); err != nil {
		t.Fatal(err)
	}
	if status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2}); err != nil || status.State != Complete {
		t.Fatalf("%+v, %v", status, err)
	}
	equal(t, results(t, q, s.Name), want)
}

// TestImportRefuses takes in nothing that no run can come to.
func TestImportRefuses(t *testing.T) {
	q := open(t, t.TempDir())
	key := strings.Repeat("0a", 16)
	for _, r := range []study.Result{
		{Key: "../" + key}, {Key: key, NLL: 1.7e308}, {Key: key, NLL: -1}, {Key: key, ECE: -0.1}, {Key: key, ECE: 1.1}, {Key: key, Images: -1},
		{Key: key, Calibrated: -1}, {Key: key, Seconds: 1e300}, {Key: key, Accuracy: 2}, {Key: key, Curve: []study.CurvePoint{{Step: 1, DevAccuracy: 7}}},
		{Key: key, Curve: []study.CurvePoint{{Step: 2}, {Step: 1}}},
	} {
		if n, err := q.Import(t.Context(), []study.Result{{Key: strings.Repeat("1", 32), Accuracy: 0.5}, r}); !fault.IsInput(err) || n != 0 {
			t.Errorf("%+v: %d, %v", r, n, err)
		}
	}
	if n := count(t, q, "gradreg_result"); n != 0 {
		t.Errorf("%d results stayed", n)
	}
}

// TestUnreadableRows names studies that somebody else has written into the database, and goes on with the others.
func TestUnreadableRows(t *testing.T) {
	s := edited(t, small)
	q := added(t, t.TempDir(), s)
	change(t, q, "INSERT INTO gradreg_study VALUES ('bad', 'data: !x\nname: bad\n', '{}', 'active', 3, '2020-01-01T00:00:00Z')")
	change(t, q, "INSERT INTO gradreg_study SELECT '../../up', spec, identity, state, 1, created FROM gradreg_study WHERE name = 'small'")
	change(t, q, "INSERT INTO gradreg_study VALUES ('many', ?, '{}', 'active', 3, '2020-01-01T00:00:00Z')", strings.Repeat("[", 100000))
	if all, err := q.Studies(t.Context()); err != nil || len(all) != 1 || all[0].Name != s.Name {
		t.Errorf("%v, %v", all, err)
	}
	bad, err := q.Unreadable(t.Context())
	if err != nil || len(bad) != 3 {
		t.Fatalf("%v, %v", bad, err)
	}
	for i, want := range []string{`study "../../up" in the database: its name is "small"`, `study bad in the database: line 1: found the tag !x`, `study many in the database: the text has`} {
		if !strings.HasPrefix(bad[i].Error(), want) || len(bad[i].Error()) > 500 {
			t.Errorf("%.600v, expected %s", bad[i], want)
		}
	}
	if status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2}); err != nil || status.State != Complete {
		t.Errorf("%+v, %v", status, err)
	}
}

// TestClock takes up runs that a clock which was ahead has put off for hours, and those of a worker that died then.
func TestClock(t *testing.T) {
	t.Parallel()
	s := edited(t, small)
	want := undisturbed(t, s)
	everywhere(t, func(t *testing.T, place string) {
		q := added(t, place, s)
		later := time.Now().UTC().Add(2 * time.Hour)
		at := any(later)
		if !q.server() {
			at = later.Format("2006-01-02 15:04:05.000")
		}
		change(t, q, "UPDATE river_job SET scheduled_at = ?", at)
		change(t, q, "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = ? WHERE id = (SELECT min(id) FROM river_job)", at)
		log, said := heard()
		status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2, Lease: 2 * time.Second, Log: log})
		if err != nil || status.State != Complete {
			t.Fatalf("%+v, %v", status, err)
		}
		if !strings.Contains(said(), "by a clock that was ahead") {
			t.Errorf("said %q", said())
		}
		equal(t, results(t, q, s.Name), want)
	})
}

// TestLeftovers removes the folders of dead workers, and nothing else, of a folder whose name is a
// pattern that it does not match itself.
func TestLeftovers(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "of[1]")
	if err := os.Mkdir(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", parent)
	make := func(name string, locked bool) string {
		dir := filepath.Join(parent, name)
		if err := os.MkdirAll(filepath.Join(dir, "run"), 0o700); err != nil {
			t.Fatal(err)
		}
		if locked {
			if err := os.WriteFile(filepath.Join(dir, ownerLock), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	dead, old, other := make("gradreg-runs-1", true), make("gradreg-runs-2", false), make("else", true)
	living, done, err := temporary()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, filepath.Join(parent, "gradreg-runs-3")); err != nil {
		t.Logf("without a link: %v", err)
	}
	second, done2, err := temporary()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		t.Errorf("the folder of a dead worker is there: %v", err)
	}
	for _, dir := range []string{old, other, living, second} {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
	if _, err := filelock.Acquire(filepath.Join(living, ownerLock)); err == nil {
		t.Error("the folder of a living worker can be taken")
	}
	done()
	done2()
	for _, dir := range []string{living, second} {
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s is there: %v", dir, err)
		}
	}
}

// TestAutoBesideOpen finds λ for each trial of another parameter that is open: each trial is done once, and says how its λ was
// found.
func TestAutoBesideOpen(t *testing.T) {
	t.Parallel()
	s := edited(t, small, "  - name: spectreg\n    regularizers: [\"spectreg:0.01\"]\n", "", "seeds: 4", "seeds: 1",
		"datagrad:$lambda", "datagrad:auto", "    parameters: {lambda: {log: [0.5, 50]}}\n", "    train: {learning_rate: $lr}\n    parameters: {lr: {log: [1e-3, 1e-2]}}\n",
		"rounds: [0.3, 1]", "rounds: [1]", "trials: 4", "trials: 2")
	q := added(t, t.TempDir(), s)
	status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2})
	if err != nil || status.State != Complete || status.Failed > 0 {
		t.Fatalf("%+v, %v", status, err)
	}
	found := study.Results{}
	e, err := q.Study(t.Context(), s.Name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := q.Progress(t.Context(), &e.Study, found)
	if err != nil {
		t.Fatal(err)
	}
	notes := map[string]string{}
	for _, r := range p.Runs() {
		if r.Cell.Method == "datagrad" {
			notes[r.String()] = found[r.Key].Note
		}
	}
	if len(notes) != 3 {
		t.Errorf("%d runs, expected two trials and a final one: %q", len(notes), slices.Collect(maps.Keys(notes)))
	}
	for name, note := range notes {
		if !strings.Contains(note, "datagrad") {
			t.Errorf("%s: note %q", name, note)
		}
	}
}
