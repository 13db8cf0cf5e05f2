package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/cli"
	"github.com/gradreg/gradreg/internal/idxtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"gradreg": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the scripts of testdata/script: a command line, its exit code, output and files
// each. Their digits are those of the folder FEW, unless a script empties GRADREG_DATA because its
// subject is the data, or how many there are: then they are those of the program.
func TestScripts(t *testing.T) {
	few := idxtest.Few(t)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("MNIST", mnistDir)
			env.Setenv("FEW", few)
			env.Setenv("GRADREG_DATA", few)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			return writeDigit(filepath.Join(env.WorkDir, "digit.png"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "oneline": oneLine, "damage": damage, "disk": disk, "sameaccuracy": sameAccuracy,
		},
		Condition: func(name string) (bool, error) {
			if name != "mount" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			dir := t.TempDir()
			err := mount(dir, "64k")
			if err == nil {
				err = exec.Command("umount", dir).Run()
			}
			return err == nil, nil
		},
	})
}

// mnistDir holds the embedded files.
var mnistDir = func() string {
	dir, err := filepath.Abs(filepath.Join("..", "..", "dataset", "mnist"))
	if err != nil {
		panic(err)
	}
	return dir
}()

// writeDigit writes the first test digit, a 7, as a picture.
func writeDigit(path string) error {
	d, err := dataset.Open(context.Background(), "mnist")
	if err != nil {
		return err
	}
	part, err := d.Test()
	if err != nil {
		return err
	}
	picture := image.NewGray(image.Rect(0, 0, 28, 28))
	for i, v := range part.Image(0) {
		picture.SetGray(i%28, i/28, color.Gray{Y: v})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// exits runs a command and checks its exit code: exits CODE gradreg ARGS….
func exits(ts *testscript.TestScript, _ bool, args []string) {
	code := args[0]
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != code {
		ts.Fatalf("exit code %s, want %s", got, code)
	}
}

// oneLine checks that the last command printed exactly one line on standard error.
func oneLine(ts *testscript.TestScript, _ bool, _ []string) {
	text := ts.ReadFile("stderr")
	if strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "gradreg: ") {
		ts.Fatalf("want one line, got %q", text)
	}
}

// mount puts a file system of the given size, in memory, on a folder, or changes the size of the one there.
func mount(dir, size string) error {
	if exec.Command("mount", "-o", "remount,size="+size, dir).Run() == nil {
		return nil
	}
	return exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).Run()
}

// disk makes a folder a disk of its own, or changes its size: disk DIR SIZE.
func disk(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	if _, err := os.Stat(dir); err != nil {
		ts.Check(os.Mkdir(dir, 0o755))
		ts.Defer(func() { exec.Command("umount", dir).Run() })
	}
	ts.Check(mount(dir, args[1]))
}

// sameAccuracy checks that gradreg eval RUN finds what the run's summary says.
func sameAccuracy(ts *testscript.TestScript, _ bool, args []string) {
	type score struct {
		TestErrorCount int     `json:"test_error_count"`
		TestNLL        float64 `json:"test_nll"`
	}
	var want, got score
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0]+"/summary.json")), &want))
	ts.Check(ts.Exec("gradreg", "eval", args[0], "--json"))
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &got))
	if got != want {
		ts.Fatalf("eval says %+v, the summary %+v", got, want)
	}
}

// damage changes a file: damage cut FILE N keeps N bytes, damage flip FILE N changes byte N, damage add FILE N
// appends N zeros.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[1])
	data, err := os.ReadFile(path)
	ts.Check(err)
	n := 0
	for _, digit := range args[2] {
		n = 10*n + int(digit-'0')
	}
	switch args[0] {
	case "cut":
		data = data[:n]
	case "flip":
		data[n] ^= 0xff
	case "add":
		data = append(data, make([]byte, n)...)
	}
	ts.Check(os.WriteFile(path, data, 0o644))
}

// TestReadme checks that every gradreg command of the README parses: it is run with --help behind it.
func TestReadme(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^\s*(?:go run \./cmd/gradreg|gradreg) ([^#\n]*)`).FindAllStringSubmatch(string(data), -1)
	if len(commands) < 5 {
		t.Fatalf("found %d commands", len(commands))
	}
	for _, c := range commands {
		if strings.ContainsAny(c[1], "$;|") {
			continue // part of a shell loop
		}
		var out, errOut bytes.Buffer
		args := append(strings.Fields(c[1]), "--help")
		if code := cli.Main(args, strings.NewReader(""), &out, &errOut); code != 0 {
			t.Errorf("gradreg %s: exit code %d: %s", c[1], code, errOut.String())
		}
	}
}
