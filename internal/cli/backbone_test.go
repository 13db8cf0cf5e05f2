package cli_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestBackbone runs the scripts of testdata/backbone, with the address of a mirror in MIRROR that
// has a small safetensors file under every name, and a config.json, and with files of weights in
// WEIGHTS.
func TestBackbone(t *testing.T) {
	weights, err := filepath.Abs(filepath.Join("..", "..", "backbone", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(weights, "all.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	config := []byte(`{"architecture": "resnet18", "pretrained_cfg": {"mean": [0.485, 0.456, 0.406],
		"std": [0.229, 0.224, 0.225], "input_size": [3, 224, 224], "crop_pct": 0.95,
		"interpolation": "bicubic", "license": "apache-2.0"}}`)
	serve := func(w http.ResponseWriter, r *http.Request) {
		data := file
		if filepath.Base(r.URL.Path) == "config.json" {
			data = config
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "backbone"),
		Setup: func(env *testscript.Env) error {
			server := httptest.NewServer(http.HandlerFunc(serve))
			env.Defer(server.Close)
			env.Setenv("MIRROR", server.URL)
			env.Setenv("WEIGHTS", weights)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "oneline": oneLine},
	})
}
