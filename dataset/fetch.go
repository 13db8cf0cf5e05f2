package dataset

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gradreg/gradreg/internal/download"
	"github.com/gradreg/gradreg/internal/fault"
)

// FetchOptions say how Fetch works; the zero value is what a user wants.
type FetchOptions struct {
	// Dir is the folder that gets the folder of the set, CacheDir() if empty. It is made if need
	// be.
	Dir string
	// Mirror is the http or https address of a folder to download from instead of the set's public
	// home. What comes from it must have the same checksums.
	Mirror string
	// Client makes the requests; nil stands for one that waits 15 s for a connection and honours
	// HTTPS_PROXY.
	Client *http.Client
	// Stall is how long to wait for the next byte before trying again, 30 s if 0.
	Stall time.Duration
	// Wait is the pause after the first failure, 1 s if 0; it doubles with each one up to 32 times.
	Wait time.Duration
	// Tries is the number of failures in a row after which to give up, 6 if 0. A try that brought a
	// hundredth of the file begins a new row.
	Tries int
	// Progress, if not nil, is told what happens. It is called by one goroutine at a time, often.
	Progress func(FetchProgress)
}

// FetchProgress is what Fetch is doing.
type FetchProgress struct {
	File string
	// Done and Total are bytes of all downloads of the set; Done goes back where a server cannot
	// resume.
	Done, Total int64
	// Note is one line on what went wrong and what follows from it, empty most of the time.
	Note string
}

// FetchResult is what Fetch did.
type FetchResult struct {
	Name   string `json:"name"`
	Folder string `json:"folder"` // that holds the files; empty if they are embedded in the program
	// AlreadyThere is true if nothing was to do.
	AlreadyThere bool `json:"already_there"`
	// DownloadedBytes came in this call, ResumedBytes had come in an earlier one that was broken
	// off.
	DownloadedBytes int64 `json:"downloaded_bytes"`
	ResumedBytes    int64 `json:"resumed_bytes"`
}

// staging is the folder, beside those of the sets, in which downloads grow.
const staging = ".fetch"

// Fetch downloads a data set from its public home, so that Open finds it. Its folder appears under
// its name whole, checked and on the disk, or not at all; the order of writes is:
//
//  1. A file grows as DIR/.fetch/NAME/FILE.part. An error or a kill leaves it there, and the next call goes on
//     from its end. It is done when size and SHA-256 are the published ones.
//  2. The folder DIR/.fetch/NAME/ready gets the files of the set, as published or, from a .tar.gz archive,
//     unpacked. They are parsed.
//  3. The folder is renamed to DIR/NAME, and DIR/.fetch/NAME is removed.
//
// What was in DIR/NAME before is replaced if it is nothing but files of this set that are
// incomplete or damaged; if all is well with them, nothing is downloaded. Two calls at once, also
// of two processes, take turns.
//
// Errors of the network, the servers (5xx, 408, 425, 429) and of checksums after a resumption are
// tried again; an unknown name, an unusable Mirror or Dir are the input's fault; when ctx ends, its
// error is returned.
func Fetch(ctx context.Context, name string, opt FetchOptions) (FetchResult, error) {
	if err := fault.NoContext(ctx); err != nil {
		return FetchResult{}, err
	}
	s, err := find(name)
	if err != nil {
		return FetchResult{}, err
	}
	return s.fetch(ctx, opt)
}

func (s *row) fetch(ctx context.Context, opt FetchOptions) (FetchResult, error) {
	if s.Embedded {
		return FetchResult{Name: s.Name, AlreadyThere: true}, nil
	}
	f, err := newFetch(s, opt)
	if err != nil {
		return FetchResult{}, err
	}
	release, err := f.lock(ctx)
	if err != nil {
		return FetchResult{}, err
	}
	defer release()
	if s.isWhole(f.target) {
		f.result.AlreadyThere = true
		return f.result, os.RemoveAll(f.dir)
	}
	if err := s.checkReplaceable(f.target); err != nil {
		return FetchResult{}, err
	}
	for _, d := range s.downloads {
		if err := f.download(ctx, d); err != nil {
			return f.result, fmt.Errorf("fetching %s: %w", s.Name, err)
		}
		f.before += d.size
	}
	if err := f.install(); err != nil {
		return f.result, fmt.Errorf("fetching %s: %w", s.Name, err)
	}
	return f.result, nil
}

// fetch is one call of Fetch.
type fetch struct {
	*row
	opt    FetchOptions
	home   *url.URL // of a folder
	target string   // DIR/NAME
	dir    string   // DIR/.fetch/NAME
	result FetchResult

	before, total int64 // bytes of the downloads that are done, of all
}

func newFetch(s *row, opt FetchOptions) (*fetch, error) {
	f := &fetch{row: s, opt: opt}
	home := s.home
	if opt.Mirror != "" {
		home = opt.Mirror
	}
	var err error
	if f.home, err = download.Folder(home); err != nil {
		return nil, err
	}
	for _, d := range s.downloads {
		f.total += d.size
	}
	root := opt.Dir
	if root == "" {
		if root, err = CacheDir(); err != nil {
			return nil, fault.Inputf("%w; name a folder for the data sets", err)
		}
	}
	f.target, f.dir = filepath.Join(root, s.Name), filepath.Join(root, staging, s.Name)
	f.result = FetchResult{Name: s.Name, Folder: f.target}
	if err := os.MkdirAll(filepath.Dir(f.dir), 0o777); err != nil {
		return nil, fault.Input(err)
	}
	return f, nil
}

// lock waits until no other process fetches this set to the same folder.
func (f *fetch) lock(ctx context.Context) (release func(), err error) {
	path := f.dir + ".lock"
	return download.Lock(ctx, path, func() {
		f.note("waiting for another process that fetches %s (it holds %s)", f.Name, path)
	})
}

// path returns where a download grows.
func (f *fetch) path(d remoteFile) string { return filepath.Join(f.dir, d.name+".part") }

// download brings one file to f.dir, complete and correct.
func (f *fetch) download(ctx context.Context, want remoteFile) error {
	file := download.File{
		From: f.home.JoinPath(want.name), // a query of a mirror's address, perhaps a token, stays behind the path
		Path: f.path(want), Size: want.size, SHA256: want.sha256,
	}
	got, err := download.Get(ctx, file, download.Options{
		Client: f.opt.Client, Stall: f.opt.Stall, Wait: f.opt.Wait, Tries: f.opt.Tries,
		Note: func(text string) { f.note("%s", text) },
		Progress: func(done, _ int64) {
			if f.opt.Progress != nil {
				f.opt.Progress(FetchProgress{File: want.name, Done: f.before + done, Total: f.total})
			}
		},
	})
	f.result.DownloadedBytes += got.Downloaded
	f.result.ResumedBytes += got.Resumed
	return err
}

// note tells what happens.
func (f *fetch) note(format string, args ...any) {
	if f.opt.Progress != nil {
		f.opt.Progress(FetchProgress{Done: f.before, Total: f.total, Note: fmt.Sprintf(format, args...)})
	}
}
