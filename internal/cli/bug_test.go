package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPanic checks that a panic becomes one line, exit code 1 and a file that holds the command and the stack.
func TestPanic(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out, errOut bytes.Buffer
	a := &app{out: &out, err: &errOut, getenv: func(string) string { return "" }}
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

// TestPanicHidesCredentials looks for passwords in what a panic of a command that has them leaves.
func TestPanicHidesCredentials(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	env := map[string]string{"GRADREG_DB": "postgres://me:env-s3cr3t@h/db", "PGPASSWORD": "pg-s3cr3t"}
	for _, args := range [][]string{
		{"worker", "--db", "postgres://me:arg-s3cr3t@h/db"}, {"worker", "--db=postgres://me:arg-s3cr3t@h/db"},
		{"worker", "--db=postgresql://h/db?user=me&password=arg-s3cr3t"},
	} {
		var out, errOut bytes.Buffer
		a := &app{out: &out, err: &errOut, getenv: func(name string) string { return env[name] }}
		a.exit(a.guarded(args, func() error { panic("dial: " + strings.Join(args, " ") + " " + env["GRADREG_DB"] + " pg-s3cr3t") }))
		paths, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(paths) != 1 {
			t.Fatalf("%d files, %v", len(paths), err)
		}
		report, err := os.ReadFile(paths[0])
		if err != nil || !strings.Contains(string(report), "dial: worker") {
			t.Fatalf("%s, %v", report, err)
		}
		if text := errOut.String() + string(report); strings.Contains(text, "s3cr3t") {
			t.Errorf("%q leaves a password: %s", args, text)
		}
		if err := os.Remove(paths[0]); err != nil {
			t.Fatal(err)
		}
	}
}

// TestQuoted checks that words come back from a shell as they were.
func TestQuoted(t *testing.T) {
	for word, want := range map[string]string{
		"runs/a-1_b.c": "runs/a-1_b.c", "my run": "'my run'", "it's": `'it'\''s'`, "$x": "'$x'", "a\x1b'b\\\n": `$'a\x1b\x27b\x5c\x0a'`,
	} {
		if got := quoted(word); got != want {
			t.Errorf("quoted(%q) is %s, want %s", word, got, want)
		}
	}
}

// TestCancelled ends a command that was interrupted before a run had begun like one whose run was saved.
func TestCancelled(t *testing.T) {
	var errOut bytes.Buffer
	a := &app{err: &errOut, getenv: func(string) string { return "" }}
	if code := a.exit(fmt.Errorf("reading: %w", context.Canceled)); code != exitInterrupted || errOut.String() != "gradreg: interrupted\n" {
		t.Errorf("exit code %d, %q", code, errOut.String())
	}
}
