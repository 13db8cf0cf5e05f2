package study

import (
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/tune"
)

// TestSearchIdentity checks that a study whose runs look for λ records how, and that a program which does it in another way does not
// go on with it; to others it is all the same.
func TestSearchIdentity(t *testing.T) {
	level, err := kernel.Active()
	if err != nil {
		t.Fatal(err)
	}
	const text = "name: x\ntitle: t\ndata: [mnist]\ntrain_sizes: [50]\nseeds: 2\nbaseline: none\nmethods: [{name: none}, {name: a, regularizers: [\"datagrad:1\"]}]\n"
	const open = "name: x\ntitle: t\ndata: [mnist]\ntrain_sizes: [50]\nseeds: 2\nbaseline: none\nmethods: [{name: none}, {name: a, regularizers: [\"datagrad:auto\"]}]\n"
	for text, want := range map[string]int{text: 0, open: tune.SearchVersion} {
		spec, err := Read([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		id, err := Identify(t.Context(), spec, classify.Options{})
		if err != nil || id.Search != want {
			t.Errorf("search %d, %v, expected %d: %s", id.Search, err, want, text)
		}
		s := &Study{Spec: *spec, Identity: id}
		if err := s.Here(); err != nil {
			t.Error(err)
		}
		s.Identity = Identity{Numbers: id.Numbers, CPU: level.String()} // of a program that did not record it
		if err := s.Here(); (err != nil) != (want > 0) {
			t.Errorf("begun with the search before: %v", err)
		}
	}
}

// TestKeyOfHistory gives a run that was extended, or finished early, a key of its own.
func TestKeyOfHistory(t *testing.T) {
	keys := map[string]string{}
	for what, change := range map[string]func(*classify.Config){
		"planned":        func(*classify.Config) {},
		"extended":       func(c *classify.Config) { c.Extended = []classify.Extension{{Planned: 100, At: 100}} },
		"extended later": func(c *classify.Config) { c.Extended = []classify.Extension{{Planned: 200, At: 100}} },
		"finished early": func(c *classify.Config) { c.StopAfter = 100 },
	} {
		cfg := classify.Default()
		change(&cfg)
		key, err := Key(cfg, true, Identity{Numbers: 1, CPU: "generic"})
		if err != nil || keys[key] != "" {
			t.Errorf("%s has the key of %s, %v", what, keys[key], err)
		}
		keys[key] = what
	}
}

// TestKeyOfNumbers checks that a version of the numbers changes the keys of the runs whose bits it changed, and that a
// study which an earlier program began keeps its keys.
func TestKeyOfNumbers(t *testing.T) {
	key := func(network string, numbers int) string {
		cfg := classify.Default()
		cfg.Model = model.ParseSpec(network)
		key, err := Key(cfg, true, Identity{Numbers: numbers, CPU: "generic"})
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	for network, changed := range map[string]bool{"lenet": false, "mlp": false, "resnet:depth=8": true} {
		if one, two := key(network, 1), key(network, 2); one == two {
			t.Errorf("%s has one key for versions 1 and 2", network)
		}
		if two, three := key(network, 2), key(network, 3); (two != three) != changed {
			t.Errorf("%s has keys %s for version 2 and %s for version 3", network, two, three)
		}
	}
}
