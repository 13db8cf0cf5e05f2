package cli

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnreadableStudies names studies that somebody else has written into the database, and goes on with the others.
func TestUnreadableStudies(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "fine.yaml")
	text := "name: fine\ntitle: Short\ndata: [mnist]\ntrain_sizes: [40]\ntrain: {steps: 5, batch: 10, model: \"mlp:hidden=12\"}\nmethods: [{name: none}]\nbaseline: none\nseeds: 1\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	gradreg := func(args ...string) (int, string, string) {
		var out, stderr bytes.Buffer
		code := Main(append(args, "--dir", dir), strings.NewReader(""), &out, &stderr)
		return code, out.String(), stderr.String()
	}
	if code, _, stderr := gradreg("study", "run", file, "--no-work"); code != 0 {
		t.Fatal(stderr)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "study.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO gradreg_study VALUES ('bad', 'data: !x\nname: bad\n', '{}', 'active', 3, '2020-01-01T00:00:00Z')"); err != nil {
		t.Fatal(err)
	}
	const named = "study bad in the database: line 1: found the tag !x, expected a value without one; it is left out"
	for _, args := range [][]string{{"study", "status"}, {"worker", "--once"}, {"study", "status"}} {
		if code, _, stderr := gradreg(args...); code != 0 || strings.Count(stderr, named) != 1 {
			t.Errorf("%q: code %d, %s", args, code, stderr)
		}
	}
	if _, out, _ := gradreg("study", "status"); !strings.Contains(out, "complete  1 of 1") {
		t.Errorf("%s", out)
	}
}
