package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestVariants checks that every framework runs in both of its memory formats.
func TestVariants(t *testing.T) {
	formats := map[string][]string{}
	for _, v := range variants() {
		if !slices.Contains(formats[v.Engine], v.Format) {
			formats[v.Engine] = append(formats[v.Engine], v.Format)
		}
		if last := v.script[len(v.script)-1]; last != v.Format {
			t.Errorf("%v: the script is told %s", v, last)
		}
	}
	for engine, last := range map[string]string{"torch-eager": "channels_last", "torch-compile": "channels_last", "jax": "nhwc"} {
		if !slices.Equal(formats[engine], []string{"nchw", last}) {
			t.Errorf("%s runs in %v", engine, formats[engine])
		}
	}
}

// TestPeerEnvironment checks that settings of the caller's shell do not reach a peer.
func TestPeerEnvironment(t *testing.T) {
	env := peerEnvironment([]string{"HOME=/h", "OPENBLAS_NUM_THREADS=1", "KMP_BLOCKTIME=0", "OMP_NUM_THREADS=7", "XLA_FLAGS=--x"}, settingTuned, 2)
	text := strings.Join(env, "\n")
	for _, want := range []string{"HOME=/h", "OMP_NUM_THREADS=2", "NPROC=2", "MALLOC_MMAP_MAX_=0", "OMP_PROC_BIND=close"} {
		if !slices.Contains(env, want) {
			t.Errorf("lacks %s", want)
		}
	}
	for _, not := range []string{"OPENBLAS", "BLOCKTIME=0", "THREADS=7", "--x\n", "multi_thread_eigen=false"} {
		if strings.Contains(text, not) {
			t.Errorf("has %s", not)
		}
	}
	if text := strings.Join(peerEnvironment(nil, settingDefault, 1), "\n"); strings.Contains(text, "MALLOC") || !strings.Contains(text, "multi_thread_eigen=false") {
		t.Errorf("default, one thread: %s", text)
	}
}

// TestRace checks that a hopeless peer is timed once, and that a peer that fails keeps the others
// running.
func TestRace(t *testing.T) {
	var order []string
	make := func(engine string, seconds float64, failing bool) *contender {
		c := &contender{batch: 10}
		c.row.Engine = engine
		c.run = func(steps int) (float64, error) {
			order = append(order, engine)
			if failing {
				return 0, errors.New("gone")
			}
			return float64(steps) * seconds, nil
		}
		return c
	}
	list := []*contender{make(engineOurs, 5, false), make("fast", 0.1, false), make("slow", 0.3, false), make("near", 0.15, false), make("broken", 0, true)}
	if err := (Options{Rounds: 3, Seconds: 0.2}).race(list); err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		rounds int
		rate   float64
	}{{3, 2}, {3, 100}, {1, 10 / 0.3}, {3, 10 / 0.15}, {0, 0}} {
		r := list[i].result()
		if r.Rounds != want.rounds || r.ImagesPerSecond < want.rate*0.999 || r.ImagesPerSecond > want.rate*1.001 {
			t.Errorf("%s: %+v, want %+v", r.Engine, r, want)
		}
	}
	if list[4].row.Error != "gone" {
		t.Errorf("%+v", list[4].row)
	}
	if round := strings.Join(order[len(order)-6:], " "); round != "gradreg fast near gradreg fast near" {
		t.Errorf("the rounds end with %s", round)
	}
	if err := (Options{Rounds: 1, Seconds: 1}).race([]*contender{make(engineOurs, 0, true)}); err == nil {
		t.Error("our own failure is lost")
	}
}

// TestPeersAgree takes a step of a workload in every variant. It needs a Python environment of
// bench/peers/make-env.sh in GRADREG_TEST_PEERS.
func TestPeersAgree(t *testing.T) {
	environment := os.Getenv("GRADREG_TEST_PEERS")
	if environment == "" {
		t.Skip("GRADREG_TEST_PEERS names no environment made by bench/peers/make-env.sh")
	}
	opt := Options{Workloads: strings.FieldsFunc(os.Getenv("GRADREG_TEST_PEERS_WORKLOADS"), func(r rune) bool { return r == ',' }),
		Threads: []int{2}, Rounds: 1, Seconds: 0.01, Environment: environment, Scripts: filepath.Join("peers"), Log: func(s string) { t.Log(s) }}
	m, err := Compare(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range m.Cells() {
		want := 0
		for _, w := range Workloads() {
			for _, v := range variants() {
				if w.Name == c.Workload && w.runs(v.Engine) {
					want++
				}
			}
		}
		if len(c.Peers) != want || want == 0 {
			t.Errorf("%s %s: %d variants, expected %d", c.Workload, c.Method, len(c.Peers), want)
		}
		for _, r := range c.Peers {
			if r.Error != "" {
				t.Errorf("%s %s, %s: %s", r.Workload, r.Method, r.Name(), r.Error)
			}
		}
	}
}
