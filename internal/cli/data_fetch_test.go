package cli_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestFetch runs the scripts of testdata/fetch, with the address of a mirror of the real Fashion-MNIST in MIRROR.
// Below it, missing has no files, wrong has others, and broken breaks off the largest file unless it is
// resumed.
func TestFetch(t *testing.T) {
	files := fashionFiles(t)
	serve := func(w http.ResponseWriter, r *http.Request) {
		dir, name := filepath.Split(r.URL.Path)
		data, ok := files[name]
		switch {
		case !ok || dir == "/missing/":
			http.NotFound(w, r)
		case dir == "/wrong/":
			w.Header().Set("Content-Length", strconv.Itoa(len(data)))
			w.Write(make([]byte, len(data)))
		case dir == "/broken/" && name == "train-images-idx3-ubyte.gz" && r.Header.Get("Range") == "":
			w.Header().Set("Content-Length", strconv.Itoa(len(data)))
			w.Write(data[:len(data)/2])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		default:
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(data)))
		}
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "fetch"),
		Setup: func(env *testscript.Env) error {
			server := httptest.NewServer(http.HandlerFunc(serve))
			env.Defer(server.Close)
			env.Setenv("MIRROR", server.URL)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "oneline": oneLine, "damage": damage, "disk": disk},
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

// fashionFiles returns the files at Fashion-MNIST's public home. Debian's package has their compressed streams under
// gzip headers without the authors' file names and times, which are put back.
func fashionFiles(t *testing.T) map[string][]byte {
	const folder = "/usr/share/datasets/fashion-mnist"
	files := map[string][]byte{}
	for part, time := range map[string]uint32{"train": 1504176606, "t10k": 1504176627} {
		for _, kind := range []string{"-images-idx3-ubyte", "-labels-idx1-ubyte"} {
			data, err := os.ReadFile(filepath.Join(folder, part+kind+".gz"))
			if errors.Is(err, fs.ErrNotExist) {
				t.Skipf("needs the Debian package dataset-fashion-mnist: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			header := binary.LittleEndian.AppendUint32([]byte{0x1f, 0x8b, 8, 8}, time)
			header = append(append(append(header, 0, 3), part+kind...), 0)
			files[part+kind+".gz"] = append(header, data[10:]...)
		}
	}
	return files
}
