package foreign

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"café 猫 👩‍🔬 a\\b":           "café 猫 👩‍🔬 a\\b",
		"\x1b[31mred\x1b]0;title\a": `\u001b[31mred\u001b]0;title\u0007`,
		"two\nlines\tand\rmore":     `two\nlines\tand\rmore`,
		"\u202ertl\u009b1m\ufeff":   `\u202ertl\u009b1m\ufeff`,
		"no\xffutf8\xc3":            `no\xffutf8\xc3`,
		"tag\U000e0041":             `tag\udb40\udc41`,
	} {
		if got := Line(text); got != want {
			t.Errorf("Line(%q) is %s, want %s", text, got, want)
		}
	}
	if got := Lines("a\n\tb\x1b"); got != "a\n\tb\\u001b" {
		t.Errorf("Lines: %q", got)
	}
}

func TestShort(t *testing.T) {
	long := "x.yaml: found " + strings.Repeat("é", 500_000) + ", expected a number"
	got := Short(long, 100)
	if len(got) > 150 || !strings.HasPrefix(got, "x.yaml: found") || !strings.HasSuffix(got, "expected a number") || !utf8.ValidString(got) {
		t.Errorf("%q", got)
	}
	if Short("as it is", 8) != "as it is" {
		t.Error("a short text is changed")
	}
}

// TestWriter checks that a character may come in pieces, and that JSON keeps its meaning.
func TestWriter(t *testing.T) {
	text := "a\x1b猫\u202e\n\t\xff👩"
	var b bytes.Buffer
	w := NewWriter(&b)
	for i := range len(text) {
		if n, err := w.Write([]byte{text[i]}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if err := w.Flush(); err != nil || b.String() != "a\\u001b猫\\u202e\n\t\\xff👩" {
		t.Errorf("%q, %v", b.String(), err)
	}
	b.Reset()
	w.Write([]byte("end\xe7"))
	if w.Flush(); b.String() != `end\xe7` {
		t.Errorf("%q", b.String())
	}
	b.Reset()
	want := "\x1b[1m\u009b\u202e\U000e0041\n\""
	if err := json.NewEncoder(w).Encode(want); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || got != want || strings.ContainsAny(b.String(), "\u009b\u202e") {
		t.Errorf("%q as JSON is %q, %v", want, b.String(), err)
	}
}

func TestCell(t *testing.T) {
	for text, want := range map[string]string{
		"=cmd|calc": "'=cmd|calc", "@SUM(A1)": "'@SUM(A1)", "+1+1": "'+1+1", "-2+3": "'-2+3", "\t=1": "'\t=1", "\r=1": `'\r=1`,
		"+0.5": "+0.5", "-3e-05": "-3e-05", "-": "-", "": "", "none": "none", "a=b": "a=b",
	} {
		if got := Cell(text); got != want {
			t.Errorf("Cell(%q) is %q, want %q", text, got, want)
		}
	}
}

func TestMarkdown(t *testing.T) {
	for text, want := range map[string]string{
		"a|b":                          `a\|b`,
		`a\|b`:                         `a\\\|b`,
		"<script>x</script>":           "&lt;script>x&lt;/script>",
		"see [here](http://evil)":      `see [here\](http://evil)`,
		"![x](y) [a][b]\n[b]: http://": `![x\](y) [a\][b] [b\]: http://`,
		"+0.39 [+0.29, +0.53]":         "+0.39 [+0.29, +0.53]",
		"\x1b[0m":                      `\\u001b[0m`,
	} {
		if got := Markdown(text); got != want {
			t.Errorf("Markdown(%q) is %s, want %s", text, got, want)
		}
	}
	if got := Code("a`<b>`"); got != "a'<b>'" {
		t.Error(got)
	}
}

func TestHide(t *testing.T) {
	for text, want := range map[string]string{
		"unknown command \"postgres://me:s3cr3t@h:5432/db\"":      "unknown command \"postgres://me:…@h:5432/db\"",
		"open postgres:/me:s3cr3t@h/db: no such file":             "open postgres:/me:…@h/db: no such file",
		"http://me:s3@cr3t@h/x: 404":                              "http://…@h/x: 404",
		"postgres://me:s3/cr3t@h/db":                              "postgres://me:…@h/db",
		"https://t0ken@h/x?token=s3cr3t&sig=s3cr3t, expected 1":   "https://…@h/x?token=…&sig=…",
		"host=h user=me password=s3cr3t dbname=x":                 "host=h user=me password=… dbname=x",
		"postgres://me@host/db and https://go.dev/x are no worry": "postgres://me@host/db and https://go.dev/x are no worry",
	} {
		got := Hide(text)
		if strings.Contains(got, "cr3t") || strings.Contains(got, "t0ken") || !strings.HasPrefix(got, want) {
			t.Errorf("Hide(%q) is %q, want %q", text, got, want)
		}
	}
}

func TestWithout(t *testing.T) {
	address := `postgres://me:a%2fb"c@h/db`
	for _, text := range []string{address, "a/b\"c", `"a/b\"c"`, "a%2Fb%22c", `a%2fb"c`} {
		if got := Without("so "+text+" ends", address); strings.Contains(got, "a/b") || strings.Contains(strings.ToLower(got), "a%2fb") {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	for _, harmless := range []string{"https://h/x", "postgres://me@h/db"} {
		if got := Without("at "+harmless, harmless); got != "at "+harmless {
			t.Error(got)
		}
	}
	if got := Without("in s1gned", "https://h/x?X-Sig=s1gned"); got != "in …" {
		t.Error(got)
	}
}

// FuzzForeign checks that no text gets through as a command.
func FuzzForeign(f *testing.F) {
	for _, seed := range []string{"", "a", "\x1b]0;x\a", "=1", "\xc3", "\u202e|[x](y)", "http://a:b@c?d=e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, got := range map[string]string{"Line": Line(text), "Markdown": Markdown(text), "Cell": Cell(text)} {
			keep := ""
			if name == "Cell" {
				keep = "\n\t"
			}
			for _, r := range got {
				if disturbs(r) && !strings.ContainsRune(keep, r) || !utf8.ValidString(got) {
					t.Fatalf("%s(%q) is %q", name, text, got)
				}
			}
		}
		if Line(Line(text)) != Line(text) || len(Short(text, 30)) > 100 {
			t.Fatalf("%q", text)
		}
		document := XML([]byte("<a>" + strings.NewReplacer("<", "", "&", "").Replace(text) + "</a>"))
		for d := xml.NewDecoder(bytes.NewReader(document)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("XML of %q: %v", text, err)
			}
		}
		Hide(text)
	})
}
