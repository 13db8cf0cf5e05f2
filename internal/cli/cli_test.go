package cli_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"gradreg": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the scripts of testdata/script: a command line, its exit code, output and files each.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("MNIST", mnistDir)
			return writeDigit(filepath.Join(env.WorkDir, "digit.png"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "oneline": oneLine, "damage": damage,
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
	d, err := dataset.Open("mnist")
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
