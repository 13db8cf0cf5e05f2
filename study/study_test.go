package study

import "testing"

func TestBuiltins(t *testing.T) {
	for _, name := range Builtins() {
		s, _, err := Builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		st := Study{Spec: *s, Identity: Identity{Digests: map[string]string{"mnist": "x"}}}
		p, err := st.Progress(Results{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Runs()[:3] {
			t.Log(r.Key, r.Config)
		}
		t.Log(name, len(p.Runs()))
	}
}
