// Package download brings files from servers, in pieces if need be: what was broken off goes on from
// its end, and a file is right when its size and its SHA-256 are those that its publisher says.
package download

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/filelock"
	"github.com/gradreg/gradreg/internal/foreign"
)

// File is a file to download.
type File struct {
	From *url.URL
	Path string // where it grows
	Size int64  // in bytes; 0 if it is what the server says, up to Limit
	// Limit bounds a size that is not known beforehand.
	Limit int64
	// SHA256 is the digest in hex digits, or its first digits if no more are published, or empty.
	SHA256 string
}

// Options say how Get works; the zero value is what a user wants.
type Options struct {
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
	// Progress, if not nil, is told how many bytes of how many are there, often.
	Progress func(done, size int64)
	// Note, if not nil, is told in one line what went wrong and what follows from it.
	Note func(string)
}

// filled returns the options with what is used in place of zeros.
func (o Options) filled() Options {
	if o.Client == nil {
		o.Client = defaultClient()
	}
	if o.Stall == 0 {
		o.Stall = 30 * time.Second
	}
	if o.Wait == 0 {
		o.Wait = time.Second
	}
	if o.Tries == 0 {
		o.Tries = 6
	}
	return o
}

// Result is what Get did: bytes that came in this call, and that an earlier one had left.
type Result struct{ Downloaded, Resumed int64 }

// Folder returns the address of a folder on a server. What cannot be one is the input's fault.
func Folder(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fault.Inputf(
			"mirror %q: expected the address of a folder, http://… or https://…",
			foreign.Short(unusable(address), maxQuoted),
		)
	}
	return u, nil
}

// maxQuoted bounds what messages quote of addresses and answers, in bytes.
const maxQuoted = 200

// unusable returns what was meant as an address, without what may be credentials.
func unusable(home string) string {
	home = foreign.Hide(home)
	if at := strings.LastIndexByte(home, '@'); at >= 0 && !strings.Contains(home, "://") {
		return "…" + home[at:]
	}
	return home
}

// Shown returns an address for messages: without user, password and query, which may be
// credentials.
func Shown(u *url.URL) string {
	bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return foreign.Short(bare.String(), maxQuoted)
}

// defaultClient returns a client without a time limit for an answer, which is opt.Stall.
func defaultClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout: 15 * time.Second,
		ForceAttemptHTTP2:   true,
	}}
}

// lockPoll is how often Lock looks whether it is its turn.
const lockPoll = 200 * time.Millisecond

// Lock waits until no other process holds the lock at path. waiting is called if it has to.
func Lock(ctx context.Context, path string, waiting func()) (release func(), err error) {
	for first := true; ; first = false {
		release, err := filelock.Acquire(path)
		if err == nil {
			return release, nil
		}
		if !errors.Is(err, filelock.ErrHeld) {
			return nil, fault.Inputf("lock %s: %w", path, err)
		}
		if first {
			waiting()
		}
		if err := Sleep(ctx, lockPoll); err != nil {
			return nil, err
		}
	}
}

// Sleep waits, or returns the error of the context that ends before.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
