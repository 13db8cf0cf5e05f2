package dataset

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gradreg/gradreg/internal/fault"
)

// home is a server of made-up downloads. Its answers are right, except where misbehave says otherwise.
type home struct {
	*httptest.Server

	mu     sync.Mutex
	data   map[string][]byte // by path
	ranges []string          // the Range header of every request
	bad    misbehaviour
}

// misbehaviour answers request number n and returns true, or leaves it to the server.
type misbehaviour func(n int, w http.ResponseWriter, r *http.Request, data []byte) bool

// misbehave sets what the server does wrong from now on.
func (h *home) misbehave(bad misbehaviour) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bad = bad
}

// asked returns the Range headers of the requests so far.
func (h *home) asked() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.ranges)
}

func newHome(t testing.TB) *home {
	h := &home{data: map[string][]byte{}}
	h.Server = httptest.NewServer(http.HandlerFunc(h.serve))
	t.Cleanup(h.Close)
	return h
}

func (h *home) serve(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	n := len(h.ranges)
	h.ranges = append(h.ranges, r.Header.Get("Range"))
	data, ok := h.data[r.URL.Path]
	bad := h.bad
	h.mu.Unlock()
	switch {
	case !ok:
		http.NotFound(w, r)
	case bad != nil && bad(n, w, r, data):
	default:
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}
}

// publish returns the set with its download replaced by data.
func (h *home) publish(s row, name string, data []byte) row {
	h.mu.Lock()
	h.data["/"+name] = data
	h.mu.Unlock()
	sum := sha256.Sum256(data)
	s.home = h.URL + "/"
	s.downloads = append(s.downloads, remoteFile{name, int64(len(data)), hex.EncodeToString(sum[:])})
	return s
}

// tiny is CIFAR-10 with files of the given number of records, whose pixels are noise, published on the server.
func (h *home) tiny(t testing.TB, records int) row {
	s := cifar10()
	s.downloads, s.files = nil, append([]file(nil), s.files...)
	noise := rand.New(rand.NewPCG(1, 2))
	var entries []entry
	for i := range s.files {
		data := make([]byte, records*(1+cifarImage))
		for k := range data {
			data[k] = byte(noise.Uint32())
		}
		for k := 0; k < len(data); k += 1 + cifarImage {
			data[k] %= 10
		}
		sum := sha256.Sum256(data)
		s.files[i].size, s.files[i].sha256 = len(data), hex.EncodeToString(sum[:])
		entries = append(entries, entry{name: "cifar-10-batches-bin/" + s.files[i].name, data: data})
	}
	return h.publish(s, "cifar-10-binary.tar.gz", tarGz(t, entries))
}

// entry is an entry of an archive; a file, if it has no type.
type entry struct {
	name string
	data []byte
	kind byte
	link string
}

func tarGz(t testing.TB, entries []entry) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Size: int64(len(e.data)), Mode: 0o644, Typeflag: tar.TypeReg, Linkname: e.link}
		if e.kind != 0 {
			h.Typeflag = e.kind
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hasty are options that lose no time.
func hasty(dir string) FetchOptions {
	return FetchOptions{Dir: dir, Wait: time.Millisecond, Tries: 4}
}

// checkWhole checks that the set is in its folder, that it is what was published, and that nothing else is left.
func checkWhole(t *testing.T, s row, dir string) {
	t.Helper()
	if !s.isWhole(filepath.Join(dir, s.Name)) {
		t.Errorf("%s is not whole", s.Name)
	}
	if _, err := os.Stat(filepath.Join(dir, staging, s.Name)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of the download is left: %v", err)
	}
	at, _, err := s.locate([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, train := range []bool{true, false} {
		if part, err := s.part(at, train); err != nil || part.Len() == 0 {
			t.Errorf("the part cannot be read: %v", err)
		}
	}
}

// checkAbsent checks that the set's folder is not there.
func checkAbsent(t *testing.T, s row, dir string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, s.Name)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the set's folder is there: %v", err)
	}
}

func TestFetch(t *testing.T) {
	h := newHome(t)
	fashion := fashionMNIST()
	fashion.downloads, fashion.files = nil, append([]file(nil), fashion.files...)
	for i, f := range fashion.files {
		raw := binary.BigEndian.AppendUint32(nil, 0x801)
		raw = append(binary.BigEndian.AppendUint32(raw, 3), 0, 1, 2)
		if i%2 == 0 {
			raw = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 0x803), 3)
			raw = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(raw, 28), 28)
			raw = append(raw, make([]byte, 3*784)...)
		}
		sum := sha256.Sum256(raw)
		fashion.files[i].sha256 = hex.EncodeToString(sum[:])
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(raw)
		z.Close()
		fashion = h.publish(fashion, f.name+".gz", b.Bytes())
	}
	for _, s := range []row{h.tiny(t, 3), fashion} {
		dir := t.TempDir()
		opt := hasty(dir)
		var last FetchProgress
		opt.Progress = func(p FetchProgress) {
			if p.Done < last.Done || p.Note != "" {
				t.Errorf("after %+v came %+v", last, p)
			}
			last = p
		}
		got, err := s.fetch(t.Context(), opt)
		if err != nil || got.AlreadyThere || got.ResumedBytes != 0 || got.DownloadedBytes != last.Total || last.Done != last.Total {
			t.Errorf("%s: %+v, %v, last report %+v", s.Name, got, err, last)
		}
		checkWhole(t, s, dir)
		before := len(h.asked())
		if got, err = s.fetch(t.Context(), opt); err != nil || !got.AlreadyThere || len(h.asked()) != before {
			t.Errorf("%s again: %+v, %v, %d requests", s.Name, got, err, len(h.asked())-before)
		}
	}
}

// send writes a head with the announced length, part of the data, and breaks the connection off.
func send(w http.ResponseWriter, announced int, data []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(announced))
	w.Write(data)
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// TestFetchServers checks what is made of every kind of bad server.
func TestFetchServers(t *testing.T) {
	first := func(f func(w http.ResponseWriter, r *http.Request, data []byte)) misbehaviour {
		return func(n int, w http.ResponseWriter, r *http.Request, data []byte) bool {
			if n == 0 {
				f(w, r, data)
			}
			return n == 0
		}
	}
	always := func(f func(w http.ResponseWriter, r *http.Request, data []byte)) misbehaviour {
		return func(_ int, w http.ResponseWriter, r *http.Request, data []byte) bool {
			f(w, r, data)
			return true
		}
	}
	half := func(w http.ResponseWriter, _ *http.Request, data []byte) { send(w, len(data), data[:len(data)/2]) }
	hang := func(r *http.Request) {
		select { // Close waits for handlers
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
	}
	damaged := func(data []byte) []byte {
		data = bytes.Clone(data)
		data[100] ^= 1
		return data
	}
	// then answers the requests after the first.
	then := func(f func(w http.ResponseWriter, r *http.Request, data []byte)) misbehaviour {
		return func(n int, w http.ResponseWriter, r *http.Request, data []byte) bool {
			if n == 0 {
				half(w, r, data)
			}
			if n == 1 {
				f(w, r, data)
			}
			return n < 2
		}
	}
	for name, c := range map[string]struct {
		misbehave misbehaviour
		requests  int
		times     float64 // how many times the file's bytes came
		says      string  // of the error; none if empty
	}{
		"truncates once": {first(half), 2, 1, ""},
		"truncates always in the same place and ignores Range": {always(half), 4, 2, "gave up after 4 failures"},
		"truncates what it does not announce": {first(func(w http.ResponseWriter, _ *http.Request, data []byte) {
			w.Write(data[:len(data)/2])
			w.(http.Flusher).Flush()
		}), 2, 1, ""},
		"stalls in the middle": {first(func(w http.ResponseWriter, r *http.Request, data []byte) {
			w.Header().Set("Content-Length", strconv.Itoa(len(data)))
			w.Write(data[:len(data)/2])
			w.(http.Flusher).Flush()
			hang(r)
		}), 2, 1, ""},
		"stalls before it answers": {first(func(w http.ResponseWriter, r *http.Request, _ []byte) { hang(r) }), 2, 1, ""},
		"ignores Range":            {then(func(w http.ResponseWriter, r *http.Request, data []byte) { w.Write(data) }), 2, 1.5, ""},
		"sends another range": {then(func(w http.ResponseWriter, r *http.Request, data []byte) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 5-%d/%d", len(data)-1, len(data)))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(data[5:])
		}), 3, 1.5, ""},
		"resumes another file": {then(func(w http.ResponseWriter, r *http.Request, data []byte) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", len(data)/2, len(data)+6, len(data)+7))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(data)
		}), 3, 1.5, ""},
		"has no such range": {then(func(w http.ResponseWriter, r *http.Request, data []byte) {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		}), 3, 1.5, ""},
		"resumes other bytes": {func(n int, w http.ResponseWriter, r *http.Request, data []byte) bool {
			if n == 0 {
				send(w, len(data), damaged(data)[:len(data)/2])
			}
			return false
		}, 3, 2, ""},
		"announces less": {always(func(w http.ResponseWriter, _ *http.Request, data []byte) { w.Write(data[:10]) }), 1, 0, "announces 10 bytes"},
		"announces more": {always(func(w http.ResponseWriter, _ *http.Request, data []byte) { send(w, len(data)+9, data) }), 1, 0, "announces"},
		"sends more": {always(func(w http.ResponseWriter, _ *http.Request, data []byte) {
			w.(http.Flusher).Flush()
			w.Write(data)
			w.Write(make([]byte, 1<<20))
		}), 1, 1, "more than the expected"},
		"sends wrong bytes": {always(func(w http.ResponseWriter, _ *http.Request, data []byte) { w.Write(damaged(data)) }), 1, 1, "SHA-256"},
		"sends wrong bytes in pieces, for ever": {func(n int, w http.ResponseWriter, r *http.Request, data []byte) bool {
			data = damaged(data)
			if n%2 == 0 {
				half(w, r, data)
			}
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
			return true
		}, 4, 2, "SHA-256"},
		"has no file": {always(func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(http.StatusNotFound) }), 1, 0, "404 Not Found"},
		"is down":     {always(func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(http.StatusInternalServerError) }), 4, 0, "gave up after 4 failures"},
		"is busy": {func(n int, w http.ResponseWriter, _ *http.Request, _ []byte) bool {
			if n < 3 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return n < 3
		}, 4, 1, ""},
		"sends a range unasked": {always(func(w http.ResponseWriter, _ *http.Request, data []byte) { w.WriteHeader(http.StatusPartialContent) }), 1, 0, "206"},
		"redirects for ever": {always(func(w http.ResponseWriter, r *http.Request, _ []byte) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}), 40, 0, "redirects"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			h.Config.ErrorLog = nil
			s, dir := h.tiny(t, 5), t.TempDir()
			h.misbehave(c.misbehave)
			opt := hasty(dir)
			stalls := strings.HasPrefix(name, "stalls")
			if stalls {
				opt.Stall = 200 * time.Millisecond
			}
			got, err := s.fetch(t.Context(), opt)
			size := float64(s.downloads[0].size)
			// On a machine that stands still for a while, a server stalls more often than it means to.
			requests := len(h.asked()) == c.requests || stalls && len(h.asked()) > c.requests
			if times := float64(got.DownloadedBytes) / size; !requests || times < c.times-0.01 || times > c.times+0.01 {
				t.Errorf("%d requests %q, file came %.2f times; expected %d and %.2f", len(h.asked()), h.asked(), times, c.requests, c.times)
			}
			if c.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				checkWhole(t, s, dir)
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") || fault.IsInput(err) {
				t.Errorf("error is %v, expected one line with %q", err, c.says)
			}
			checkAbsent(t, s, dir)
			// The next call of a server that has come to reason succeeds.
			h.misbehave(nil)
			if _, err := s.fetch(t.Context(), hasty(dir)); err != nil {
				t.Fatal(err)
			}
			checkWhole(t, s, dir)
		})
	}
}

// TestFetchCancel checks that the end of the context ends a download at once, that what has come stays, and that
// the next call asks only for the rest.
func TestFetchCancel(t *testing.T) {
	h := newHome(t)
	s, dir := h.tiny(t, 5), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	h.misbehave(func(n int, w http.ResponseWriter, r *http.Request, data []byte) bool {
		if n == 0 {
			w.Header().Set("Content-Length", strconv.Itoa(len(data)))
			w.Write(data[:len(data)/3])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}
		return n == 0
	})
	opt := hasty(dir)
	size := s.downloads[0].size
	opt.Progress = func(p FetchProgress) {
		if p.Done == size/3 {
			cancel()
		}
	}
	if _, err := s.fetch(ctx, opt); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	checkAbsent(t, s, dir)
	got, err := s.fetch(t.Context(), hasty(dir))
	if err != nil || got.ResumedBytes != size/3 || got.DownloadedBytes != size-size/3 {
		t.Errorf("%+v, %v", got, err)
	}
	if want := fmt.Sprintf("bytes=%d-", size/3); h.asked()[1] != want {
		t.Errorf("asked for %q, expected %q", h.asked()[1], want)
	}
	checkWhole(t, s, dir)
}

// TestFetchTurns checks that of calls at the same time one downloads, and the others wait and find all done.
func TestFetchTurns(t *testing.T) {
	h := newHome(t)
	s, dir := h.tiny(t, 5), t.TempDir()
	var group sync.WaitGroup
	var results [3]FetchResult
	for i := range results {
		group.Go(func() {
			var err error
			if results[i], err = s.fetch(t.Context(), hasty(dir)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	downloaded := 0
	for _, r := range results {
		if !r.AlreadyThere {
			downloaded++
		}
	}
	if downloaded != 1 || len(h.asked()) != 1 {
		t.Errorf("%d calls downloaded, with %d requests", downloaded, len(h.asked()))
	}
	checkWhole(t, s, dir)
}

// TestFetchReplaces checks what becomes of a folder that is already there.
func TestFetchReplaces(t *testing.T) {
	h := newHome(t)
	s, dir := h.tiny(t, 3), t.TempDir()
	target := filepath.Join(dir, s.Name)
	put := func(name string, data []byte) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(target, 0o777), os.WriteFile(filepath.Join(target, name), data, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	put("test_batch.bin", []byte("damaged"))
	put("thesis.txt", []byte("mine"))
	if _, err := s.fetch(t.Context(), hasty(dir)); !fault.IsInput(err) || !strings.Contains(err.Error(), "thesis.txt") || len(h.asked()) != 0 {
		t.Errorf("somebody's file: %v, %d requests", err, len(h.asked()))
	}
	if data, err := os.ReadFile(filepath.Join(target, "thesis.txt")); string(data) != "mine" {
		t.Errorf("somebody's file is gone: %v", err)
	}
	if err := os.Remove(filepath.Join(target, "thesis.txt")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.fetch(t.Context(), hasty(dir)); err != nil {
		t.Error(err)
	}
	checkWhole(t, s, dir)

	// The archive itself, put there by hand, is the set too.
	other := t.TempDir()
	if err := errors.Join(os.MkdirAll(filepath.Join(other, s.Name), 0o777),
		os.WriteFile(filepath.Join(other, s.Name, s.downloads[0].name), h.data["/"+s.downloads[0].name], 0o666)); err != nil {
		t.Fatal(err)
	}
	if got, err := s.fetch(t.Context(), hasty(other)); err != nil || !got.AlreadyThere {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestFetchLeftovers checks that a complete download which could not be installed is not downloaded again, and that
// one that is too long, or wrong, is.
func TestFetchLeftovers(t *testing.T) {
	h := newHome(t)
	s := h.tiny(t, 3)
	archive := h.data["/"+s.downloads[0].name]
	wrong := bytes.Clone(archive)
	wrong[0] ^= 1
	for name, c := range map[string]struct {
		left     []byte
		requests int
	}{"complete": {archive, 0}, "too long": {append(bytes.Clone(archive), 1), 1}, "wrong": {wrong, 1}} {
		t.Run(name, func(t *testing.T) {
			before, dir := len(h.asked()), t.TempDir()
			at := filepath.Join(dir, staging, s.Name)
			if err := errors.Join(os.MkdirAll(filepath.Join(at, "ready"), 0o777),
				os.WriteFile(filepath.Join(at, "ready", "test_batch.bin"), nil, 0o666),
				os.WriteFile(filepath.Join(at, s.downloads[0].name+".part"), c.left, 0o666)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.fetch(t.Context(), hasty(dir)); err != nil || len(h.asked())-before != c.requests {
				t.Errorf("%v, %d requests, expected %d", err, len(h.asked())-before, c.requests)
			}
			checkWhole(t, s, dir)
		})
	}
}

// TestFetchHostile checks that an archive is refused for what is in it, even if its checksum is the published one.
func TestFetchHostile(t *testing.T) {
	h := newHome(t)
	s := h.tiny(t, 1)
	s.downloads = nil
	s = h.publish(s, "cifar-10-binary.tar.gz", tarGz(t, []entry{{name: "../../escaped", data: []byte("x")}}))
	dir := t.TempDir()
	if _, err := s.fetch(t.Context(), hasty(dir)); err == nil || !strings.Contains(err.Error(), "leads out") {
		t.Error(err)
	}
	checkAbsent(t, s, dir)
}

func TestFetchInput(t *testing.T) {
	for name, opt := range map[string]FetchOptions{
		"cifar11":  hasty(t.TempDir()),
		"cifar10":  {Dir: t.TempDir(), Mirror: "ftp://x"},
		"cifar100": {Dir: filepath.Join(os.DevNull, "x")},
	} {
		if _, err := Fetch(t.Context(), name, opt); !fault.IsInput(err) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s with %+v: %v", name, opt, err)
		}
	}
	if got, err := Fetch(t.Context(), "mnist", FetchOptions{}); err != nil || !got.AlreadyThere || got.Folder != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestPublic checks the addresses and that the parts of the table agree with each other.
func TestPublic(t *testing.T) {
	want := []string{
		"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-images-idx3-ubyte.gz",
		"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-labels-idx1-ubyte.gz",
		"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-images-idx3-ubyte.gz",
		"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz",
		"https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
		"https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
	}
	var got []string
	for _, s := range rows() {
		for _, d := range s.downloads {
			got = append(got, s.home+d.name)
		}
		for _, f := range s.files {
			if len(f.sha256) != 64 {
				t.Errorf("%s has a digest of %d digits", f.name, len(f.sha256))
			}
		}
		seen := map[string]bool{}
		for _, c := range s.Classes {
			if seen[c] {
				t.Errorf("%s has the class %s twice", s.Name, c)
			}
			seen[c] = true
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("addresses %q, expected %q", got, want)
	}
	if n := len(cifar100().Classes); n != 100 {
		t.Errorf("%d classes of CIFAR-100", n)
	}
}

// TestMirrorWithQuery keeps what stands behind a mirror's path, where servers expect a token,
// behind the file's.
func TestMirrorWithQuery(t *testing.T) {
	h := newHome(t)
	s := h.tiny(t, 1)
	var asked []string
	h.misbehave(func(_ int, _ http.ResponseWriter, r *http.Request, _ []byte) bool {
		asked = append(asked, r.URL.String()+" "+r.Header.Get("Authorization"))
		return false
	})
	h.data["/sets/cifar-10-binary.tar.gz"] = h.data["/cifar-10-binary.tar.gz"]
	mirror := strings.Replace(h.URL, "http://", "http://user:word@", 1) + "/sets?token=a%2Fb"
	if _, err := s.fetch(context.Background(), FetchOptions{Dir: t.TempDir(), Mirror: mirror}); err != nil {
		t.Fatal(err)
	}
	if want := "/sets/cifar-10-binary.tar.gz?token=a%2Fb Basic dXNlcjp3b3Jk"; len(asked) != 1 || asked[0] != want {
		t.Errorf("asked for %q, expected %q", asked, want)
	}
}
