package cli

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestPanic checks that a panic becomes one line, exit code 1 and a file that holds the command and the stack.
func TestPanic(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out, errOut bytes.Buffer
	a := &app{out: &out, err: &errOut}
	code := a.exit(a.guarded([]string{"train", "--seed", "7"}, func() error { panic(errors.New("index out of range")) }))
	if code != exitFailed || out.Len() > 0 {
		t.Errorf("exit code %d, output %q", code, out.String())
	}
	m := regexp.MustCompile(`^gradreg: this is a bug: index out of range; .* the file (.*)\n$`).FindStringSubmatch(errOut.String())
	if m == nil {
		t.Fatalf("message %q", errOut.String())
	}
	report, err := os.ReadFile(m[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"--seed" "7"`, "index out of range", "bug_test.go"} {
		if !strings.Contains(string(report), want) {
			t.Errorf("the report lacks %s: %s", want, report)
		}
	}
}

// TestQuoted checks that words come back from a shell as they were.
func TestQuoted(t *testing.T) {
	for word, want := range map[string]string{
		"runs/a-1_b.c": "runs/a-1_b.c", "my run": "'my run'", "it's": `'it'\''s'`, "$x": "'$x'",
	} {
		if got := quoted(word); got != want {
			t.Errorf("quoted(%q) is %s, want %s", word, got, want)
		}
	}
}
