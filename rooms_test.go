package gradreg_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gradreg/gradreg"

// floors are the rooms of the house from the ground up: a package imports packages of lower floors, or
// of its own.
var floors = [][]string{
	{
		"sym", "stats", "internal/philox", "internal/fault", "internal/bug", "internal/build",
		"internal/plural", "internal/foreign",
		"internal/spec", "internal/strictyaml", "internal/atomicfile", "internal/boundedfile", "internal/filelock",
		"internal/tensorfile", "internal/golden", "internal/layered", "internal/symtest", "internal/kernel",
		"internal/pickle", "internal/torchfile", "internal/download", "internal/featurecache", "internal/photonet",
		"backbone",
	},
	{"internal/plan"},
	{"engine"},
	{"nn", "optim", "task", "runfolder", "gan/score"},
	{"model", "model/generative", "dataset", "dataset/augment", "dataset/folder", "dataset/picture"},
	{"internal/idxtest"},
	{"."},
	{"assess", "report", "train"},
	{"pretrained", "linear"},
	{"internal/backbonetest"},
	{"classify", "gan"},
	{"classify/figures", "tune", "gan/figures", "gan/features", "gan/comparison", "gan/dirac", "gan/separation", "gan/semisupervised"},
	{"study", "study/queue", "toy", "bench", "regtest", "internal/explain", "internal/evaluation"},
	{"internal/cli"},
	{"cmd/gradreg", "tools/precision"},
}

// list runs go list, which needs no network.
func list(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// TestRooms checks that no import runs back up.
func TestRooms(t *testing.T) {
	floor := map[string]int{}
	for i, packages := range floors {
		for _, p := range packages {
			floor[strings.TrimSuffix(module+"/"+p, "/.")] = i
		}
	}
	for _, line := range list(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...") {
		fields := strings.Fields(line)
		own, known := floor[fields[0]]
		if !known {
			t.Errorf("%s has no floor", fields[0])
			continue
		}
		for _, i := range fields[1:] {
			if f, ours := floor[i]; ours && f > own {
				t.Errorf("%s imports %s, which stands above it", fields[0], i)
			}
		}
	}
}

// TestNoPlotting checks that who trains does not bring in what draws.
func TestNoPlotting(t *testing.T) {
	for _, p := range []string{
		"classify", "tune", "assess", "dataset", "task", "engine", "gan", "gan/score", "gan/features", "train",
		"runfolder", ".",
	} {
		deps := list(t, "-deps", "./"+p)
		if len(deps) < 10 {
			t.Fatalf("%s has %d dependencies", p, len(deps))
		}
		for _, d := range deps {
			if strings.HasPrefix(d, "gonum.org/v1/plot") || d == module+"/report" {
				t.Errorf("%s brings in %s", p, d)
			}
		}
	}
	if !slices.Contains(list(t, "-deps", "./classify/figures"), "gonum.org/v1/plot") {
		t.Error("the figures are drawn by another library: this test looks for the wrong one")
	}
}
