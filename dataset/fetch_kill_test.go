package dataset

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gradreg/gradreg/internal/download"
)

// killed is what the process that gets killed has to fetch, as JSON in the environment variable killedVariable.
type killed struct {
	Home, Name string
	Size       int64
	SHA256     string
	FileSize   int
	FileSHA256 []string
	Dir        string
}

const killedVariable = "GRADREG_TEST_FETCH"

// row returns the set that a killed process fetches.
func (k killed) row() row {
	s := cifar10()
	s.home, s.downloads, s.files = k.Home, []remoteFile{{k.Name, k.Size, k.SHA256}}, append([]file(nil), s.files...)
	for i := range s.files {
		s.files[i].size, s.files[i].sha256 = k.FileSize, k.FileSHA256[i]
	}
	return s
}

// TestFetchProcess is not a test but the process that TestFetchKilled kills.
func TestFetchProcess(t *testing.T) {
	text, ok := os.LookupEnv(killedVariable)
	if !ok {
		t.Skip("it is run by TestFetchKilled")
	}
	var k killed
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		t.Fatal(err)
	}
	s := k.row()
	if _, err := s.fetch(context.Background(), hasty(k.Dir)); err != nil {
		t.Fatal(err)
	}
}

// TestFetchKilled kills processes at random moments of a download and its installation: at every moment the set's
// folder is absent or whole, and what had come need not come again.
func TestFetchKilled(t *testing.T) {
	h := newHome(t)
	s, dir := h.tiny(t, 40), t.TempDir()
	k := killed{Home: s.home, Name: s.downloads[0].name, Size: s.downloads[0].size, SHA256: s.downloads[0].sha256, FileSize: s.files[0].size, Dir: dir}
	for _, f := range s.files {
		k.FileSHA256 = append(k.FileSHA256, f.sha256)
	}
	text, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	var sent atomic.Int64 // bytes of all answers
	h.misbehave(func(_ int, w http.ResponseWriter, r *http.Request, data []byte) bool {
		first := 0
		if from, _, ok := download.ContentRange(rangeOf(r)); ok {
			first = int(from)
			w.Header().Set("Content-Range", "bytes "+strconv.Itoa(first)+"-"+strconv.Itoa(len(data)-1)+"/"+strconv.Itoa(len(data)))
			w.WriteHeader(http.StatusPartialContent)
		}
		for piece := data[first:]; len(piece) > 0; { // 40 pieces, 80 ms
			n := min(len(piece), len(data)/40)
			if _, err := w.Write(piece[:n]); err != nil {
				return true
			}
			w.(http.Flusher).Flush()
			sent.Add(int64(n))
			piece = piece[n:]
			time.Sleep(2 * time.Millisecond)
		}
		return true
	})
	random := rand.New(rand.NewPCG(7, uint64(time.Now().UnixNano())))
	target := filepath.Join(dir, s.Name)
	kills := 0
	for range 8 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFetchProcess$")
		cmd.Env = append(os.Environ(), killedVariable+"="+string(text))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(10+random.IntN(60)) * time.Millisecond)
		cmd.Process.Kill()
		if err := cmd.Wait(); err != nil {
			kills++
		}
		if _, err := os.Stat(target); err == nil && !s.isWhole(target) {
			t.Fatal("the folder is there, but not whole")
		}
	}
	if _, err := s.fetch(t.Context(), hasty(dir)); err != nil {
		t.Fatal(err)
	}
	checkWhole(t, s, dir)
	if kills == 0 {
		t.Skip("nothing was killed: the machine stood still while it should have been")
	}
	// A kill loses what is on its way. Without resumption a process would send all that those before it had sent.
	if sent.Load() > 2*k.Size {
		t.Errorf("%d bytes were sent for a file of %d, after %d kills, with the ranges %q", sent.Load(), k.Size, kills, h.asked())
	}
}

// rangeOf returns the range that is asked for, in the form of a Content-Range.
func rangeOf(r *http.Request) string {
	if text := r.Header.Get("Range"); text != "" {
		return "bytes " + text[len("bytes="):] + "/*"
	}
	return ""
}
