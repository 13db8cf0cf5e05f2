package cli_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/gradreg/gradreg/internal/cli"
)

// run runs the program.
func run(args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = cli.Main(args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// TestCredentialsInAWrongPlace gives the addresses of a database and of a mirror where they do not
// belong.
func TestCredentialsInAWrongPlace(t *testing.T) {
	t.Chdir(t.TempDir())
	const db = "postgres://me:s3cr3t@127.0.0.1:1/db"
	for _, args := range [][]string{
		{db}, {"study", "run", db}, {"study", "check", db}, {"study", "show", db}, {"study", "verify", db}, {"study", "import", db},
		{"study", "report", db}, {"study", "status", db}, {"study", "cancel", db}, {"study", "run", "wd-table", "--jobs", db},
		{"study", "run", "wd-table", "--dir", db}, {"worker", "--lease", db}, {"worker", "--jobs=" + db}, {"reproduce", db}, {"train", "--data", db},
		{"train", "--data-dir", db, "--data", "cifar10"}, {"train", "--config", db}, {"train", "--resume", db}, {"train", "--model", db},
		{"train", "--reg", db}, {"train", "--steps", db}, {"eval", db}, {"predict", db}, {"predict", "--model", db, "x.png"},
		{"data", "show", db}, {"data", "verify", db}, {"data", "fetch", db}, {"models", "show", db}, {"regularizers", "show", db}, {"help", db},
		{"train", "--" + db}, {"train", "--data", "host=h password=s3cr3t"}, {"bench", "--workload", db}, {"toy", db}, {"explain", db},
		{"data", "fetch", "fashion-mnist", "--mirror", "ftp://me:s3cr3t@127.0.0.1/x"}, {"data", "fetch", "fashion-mnist", "--mirror", "http://me:s3cr3t@127.0.0.1:port/x"},
		{"data", "fetch", "fashion-mnist", "--mirror", "me:s3cr3t@127.0.0.1/x"},
	} {
		for _, form := range [][]string{args, append([]string{"--json"}, args...)} {
			code, out, errOut := run(form...)
			if code == 0 || strings.Contains(out+errOut, "s3cr3t") {
				t.Errorf("%q: exit code %d, %s%s", form, code, out, errOut)
			}
		}
	}
	if list, err := os.ReadDir("."); err != nil || len(list) > 0 {
		t.Errorf("left behind: %v, %v", list, err)
	}
}

// TestLongEcho checks that a message stays one line of a readable length.
func TestLongEcho(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for _, args := range [][]string{{"train", "--model", long}, {"train", "--reg", "datagrad:" + long}, {"--json", "train", "--model", "lenet:" + long}, {long}} {
		code, out, errOut := run(args...)
		if code != 2 || len(out)+len(errOut) > 3000 || strings.Count(errOut, "\n") != 1 {
			t.Errorf("%.40q: exit code %d, %d bytes: %.300s", args, code, len(out)+len(errOut), errOut)
		}
	}
}

// commands returns the characters of a text that a terminal would obey.
func commands(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\u202e' {
			return r
		}
		return -1
	}, text)
}

// TestForeignNames trains on classes whose names are commands of terminals and formulas of
// spreadsheets.
func TestForeignNames(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	photos := "photos\x1b[2J\n"
	names := []string{"\x1b[31mred\x1b]0;title\a", "=cmd|calc", "new\nline\u202e", "<script>"}
	for k, name := range names {
		for i := range 8 {
			for p, part := range []string{"train", "test"} {
				writeStripes(t, filepath.Join(photos, part, name, fmt.Sprintf("%d.png", i)), k, i+8*p)
			}
		}
	}
	bad := filepath.Join(photos, "train", names[0], "bad\x1b[1m\n.png")
	if err := os.WriteFile(bad, []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	picture := filepath.Join(photos, "test", names[0], "0.png")
	for _, args := range [][]string{
		{"data", "show", photos},
		{"train", "--data", photos, "--size", "32", "--model", "mlp:hidden=8", "--steps", "3", "--batch", "8", "--out", "r"},
		{"eval", "r", "--out", "e", "--html", "e.html"},
		{"predict", "--run", "r", picture},
		{"predict", "--run", "r", bad},
		{"train", "--data", photos, "--size", "32", "--model", "mlp:hidden=8", "--steps", "3", "--out", "r\x1b[1m"},
		{"eval", "none\x1b[1m\u202e"},
		{"data", "show", photos, "--out", "sheet\n.png"},
		{"eval", "r", "--out", "pictures\n.png", "--html", "page\n.png"},
		{"explain", "--reg", "datagrad:1", "--out", "graph\n.png"},
		{"study", "check", "none\x9b1m\x07"},
	} {
		for _, form := range [][]string{args, append([]string{"--json"}, args...)} {
			if len(form) != len(args) && args[0] != "predict" && args[0] != "eval" {
				continue
			}
			code, out, errOut := run(form...)
			t.Logf("%q: exit code %d\n%s%s", form, code, out, errOut)
			if found := commands(out + errOut); found != "" {
				t.Errorf("%q prints %q: %q", form, found, out+errOut)
			}
			if strings.Contains(out+errOut, "new\nline") || strings.Contains(out+errOut, "\n.png") {
				t.Errorf("%q: a name breaks a line: %s%s", form, out, errOut)
			}
		}
	}
	checkWellFormed(t, filepath.Join(dir, "e"))
	checkWellFormed(t, filepath.Join(dir, "r"))
}

// checkWellFormed parses the SVG files of a folder, and looks for formulas in its CSV files.
func checkWellFormed(t *testing.T, dir string) {
	t.Helper()
	seen := map[string]bool{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		path, ext := filepath.Join(dir, e.Name()), filepath.Ext(e.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		seen[ext] = true
		switch ext {
		case ".svg":
			for d := xml.NewDecoder(bytes.NewReader(data)); err != io.EOF; {
				if _, err = d.Token(); err != nil && err != io.EOF {
					t.Fatalf("%s: %v", path, err)
				}
			}
		case ".csv":
			rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				for _, cell := range row {
					if strings.HasPrefix(cell, "=") || commands(cell) != "" {
						t.Errorf("%s: cell %q", path, cell)
					}
				}
			}
		case ".json":
			if !json.Valid(data) {
				t.Errorf("%s is no JSON", path)
			}
		}
	}
	if !seen[".svg"] || !seen[".csv"] {
		t.Errorf("%s holds %v", dir, seen)
	}
}

// writeStripes writes a picture of stripes that lean by class.
func writeStripes(t *testing.T, path string, class, shift int) {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 32, 32))
	m.SetGray(0, 0, color.Gray{Y: uint8(shift)}) // no two alike
	for y := range 32 {
		for x := 1; x < 32; x++ {
			m.SetGray(x, y, color.Gray{Y: uint8(255 * ((class*x + (4-class)*y + shift) / 4 % 2))})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestForeignMirror fetches from a server that answers with commands for terminals, by an address
// with credentials.
func TestForeignMirror(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	asked := make(chan string, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			request := make([]byte, 4096)
			n, _ := c.Read(request)
			select {
			case asked <- string(request[:n]):
			default:
			}
			fmt.Fprintf(c, "HTTP/1.1 404 Gone\x1b]0;title\x07%s\r\nContent-Length: 0\r\n\r\n", strings.Repeat("x", 3000))
			c.Close()
		}
	}()
	mirror := fmt.Sprintf("http://me:s3cr3t@%s/sub?token=t0ken", l.Addr())
	for _, form := range []string{"--plain", "--json", "--json=lines"} {
		code, out, errOut := run("data", "fetch", "fashion-mnist", "--data-dir", t.TempDir(), "--mirror", mirror, form)
		text := out + errOut
		if code != 1 || strings.Contains(text, "s3cr3t") || strings.Contains(text, "t0ken") || commands(text) != "" || len(text) > 1000 {
			t.Errorf("%s: exit code %d, %d bytes: %q", form, code, len(text), text)
		}
		if !strings.Contains(text, "/sub/") || !strings.Contains(text, "404 Gone") {
			t.Errorf("%s: %q does not say what and why", form, text)
		}
	}
	if request := <-asked; !strings.HasPrefix(request, "GET /sub/train-images-idx3-ubyte.gz?token=t0ken HTTP") || !strings.Contains(request, "Authorization: Basic") {
		t.Errorf("asked for %q", request)
	}
}

// TestBarsOnTheScreen checks that whatever redraws a line writes to the terminal itself, since the
// other outputs escape what moves the cursor.
func TestBarsOnTheScreen(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	bars := 0
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range []string{"mpb.WithOutput(", `Fprintf(a.err, "\r`} {
			for _, part := range strings.Split(string(text), call)[1:] {
				if bars++; call == "mpb.WithOutput(" && strings.HasPrefix(part, "a.screen)") {
					continue
				}
				t.Errorf("%s: %s%.20s…, expected a.screen", path, call, part)
			}
		}
	}
	if bars == 0 {
		t.Error("found no bar")
	}
}
