package queue

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/idxtest"
	"github.com/gradreg/gradreg/study"
)

// few is the folder of the digits that studies here train on, for DataDirs.
var few []string

// TestMain makes a worker process of the test program where the environment asks for one.
func TestMain(m *testing.M) {
	if place := os.Getenv(workerPlace); place != "" {
		few = []string{os.Getenv(workerDigits)}
		os.Exit(workerProcess(place))
	}
	os.Exit(idxtest.Main(m, &few))
}

// everywhere runs a test on a SQLite file, and on a PostgreSQL server where GRADREG_TEST_POSTGRES holds the address of one.
// Each test has a database of its own.
func everywhere(t *testing.T, f func(t *testing.T, place string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, t.TempDir()) })
	t.Run("postgres", func(t *testing.T) { f(t, database(t)) })
}

// database makes a database on the server and returns its address.
func database(t *testing.T) string {
	t.Helper()
	address := os.Getenv("GRADREG_TEST_POSTGRES")
	if address == "" {
		t.Skip("GRADREG_TEST_POSTGRES holds no address of a PostgreSQL server; .ci/postgres starts one")
	}
	b := make([]byte, 6)
	rand.Read(b)
	name := "gradreg_" + hex.EncodeToString(b)
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Exec("DROP DATABASE " + name + " WITH (FORCE)")
		db.Close()
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// small is a study of short runs: two cells without tuning and one with two rounds of it.
const small = `
name: small
title: Short runs
data: [mnist]
train_sizes: [40]
train: {steps: 30, batch: 10, model: "mlp:hidden=12", checkpoint_every: 5}
methods:
  - name: none
  - name: spectreg
    regularizers: ["spectreg:0.01"]
  - name: datagrad
    regularizers: ["datagrad:$lambda"]
    parameters: {lambda: {log: [0.5, 50]}}
baseline: none
seeds: 4
attempts: 100
tuning: {trials: 4, rounds: [0.3, 1], keep: 2}
`

// edited returns a study with texts replaced by others, in pairs.
func edited(t *testing.T, text string, pairs ...string) study.Study {
	t.Helper()
	s, err := study.Read([]byte(strings.NewReplacer(pairs...).Replace(text)))
	if err != nil {
		t.Fatal(err)
	}
	id, err := study.Identify(t.Context(), s, classify.Options{DataDirs: few})
	if err != nil {
		t.Fatal(err)
	}
	return study.Study{Spec: *s, Identity: id}
}

// open opens a queue.
func open(t *testing.T, place string) *Queue {
	t.Helper()
	q, err := Open(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	return q
}

// added opens a queue with a study.
func added(t *testing.T, place string, s study.Study) *Queue {
	t.Helper()
	q := open(t, place)
	if err := q.Add(t.Context(), s, DefaultPriority); err != nil {
		t.Fatal(err)
	}
	return q
}

// results returns the results of the runs that the study needs, without what differs between two times of the same run.
func results(t *testing.T, q *Queue, name string) study.Results {
	t.Helper()
	e, err := q.Study(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	found := study.Results{}
	p, err := q.Progress(t.Context(), &e.Study, found)
	if err != nil {
		t.Fatal(err)
	}
	out := study.Results{}
	for _, run := range p.Runs() {
		r, ok := found[run.Key]
		if !ok {
			t.Fatalf("%s, seed %d: no result", run.Cell, run.Config.Seed)
		}
		r.Seconds, r.Worker, r.Finished = 0, "", ""
		out[run.Key] = r
	}
	if n := count(t, q, "gradreg_result"); n != len(out) {
		t.Errorf("%d results of %d runs", n, len(out))
	}
	return out
}

// count returns the number of rows of a table.
func count(t *testing.T, q *Queue, table string) int {
	t.Helper()
	var n int
	if err := q.pool.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// column returns the only column of a query's result.
func column[T any](t *testing.T, q *Queue, query string) []T {
	t.Helper()
	rows, err := q.pool.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// references are the results of studies that nobody disturbed, by the study's text: several tests compare with the same.
var references sync.Map // string → *reference

type reference struct {
	once    sync.Once
	results study.Results // nil if the work failed
}

// undisturbed returns the results of a study that one worker did in one go, in whichever test asked first.
func undisturbed(t *testing.T, s study.Study) study.Results {
	t.Helper()
	text, err := yaml.Marshal(s.Spec)
	if err != nil {
		t.Fatal(err)
	}
	found, _ := references.LoadOrStore(string(text), new(reference))
	r := found.(*reference)
	r.once.Do(func() { r.results = inOneGo(t, s) })
	if r.results == nil {
		t.Fatal("the undisturbed study failed in another test")
	}
	return maps.Clone(r.results)
}

// inOneGo lets one worker do a study.
func inOneGo(t *testing.T, s study.Study) study.Results {
	t.Helper()
	q := added(t, t.TempDir(), s)
	status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2})
	if err != nil || status.State != Complete {
		t.Fatalf("%+v, %v", status, err)
	}
	return results(t, q, s.Name)
}

// equal compares results bit for bit.
func equal(t *testing.T, got, want study.Results) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d results, expected %d", len(got), len(want))
	}
	for key, w := range want {
		if g := got[key]; fmt.Sprintf("%+v", g) != fmt.Sprintf("%+v", w) {
			t.Errorf("result %s is %+v, expected %+v", key, g, w)
		}
	}
}

// until waits for a condition.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for began := time.Now(); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}

// checkpoints returns the checkpoints in a folder of runs.
func checkpoints(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*", "checkpoint.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// underWay counts the runs of a folder that have taken steps; at step 0 there is a checkpoint, too.
func underWay(t *testing.T, dir string) (n int) {
	t.Helper()
	for _, path := range checkpoints(t, dir) {
		if info, err := os.Stat(filepath.Join(filepath.Dir(path), "metrics.jsonl")); err == nil && info.Size() > 0 {
			n++
		}
	}
	return n
}

// quick are waits of tests: as in the order of a worker's own, but short.
var quick = times{
	tick: 50 * time.Millisecond, look: 200 * time.Millisecond, other: 300 * time.Millisecond,
	retry: 100 * time.Millisecond, idle: 100 * time.Millisecond, wake: time.Second, upload: 500 * time.Millisecond,
}
