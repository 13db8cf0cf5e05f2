package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gradreg/gradreg/internal/foreign"
)

// part is a file that is being downloaded. What it has to be is mostly known beforehand, so that size
// and digest say whether a resumed download is one file, and no ETag of an earlier answer has to be
// kept for that.
type part struct {
	File
	opt    Options
	result Result
	url    string // as messages show it
	file   *os.File
	have   int64 // bytes in file
	// fresh is true if all of them came in one answer of the server.
	fresh bool
}

// permanent marks an error that another try would not mend.
type permanent struct{ error }

// Unwrap returns the error itself.
func (e permanent) Unwrap() error { return e.error }

// Get brings a file to its path, complete and correct. What an earlier call left there is gone on
// from; an error leaves there what came. Errors of the network, of servers (5xx, 408, 425, 429) and
// of digests after a resumption are tried again; when ctx ends, its error is returned.
func Get(ctx context.Context, file File, opt Options) (Result, error) {
	p := &part{File: file, opt: opt.filled(), url: Shown(file.From)}
	if err := p.open(); err != nil {
		return p.result, err
	}
	err := p.complete(ctx)
	if err == nil {
		err = p.file.Sync()
	}
	return p.result, errors.Join(err, p.file.Close())
}

// open opens the file, which an earlier call may have left.
func (p *part) open() error {
	if err := os.MkdirAll(filepath.Dir(p.Path), 0o777); err != nil {
		return err
	}
	file, err := os.OpenFile(p.Path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	p.file = file
	if p.have, err = file.Seek(0, io.SeekEnd); err != nil {
		file.Close()
		return err
	}
	p.result.Resumed = p.have
	return nil
}

// complete tries until the file is what it should be, or there is no hope.
func (p *part) complete(ctx context.Context) error {
	best := p.have // the most that was reached
	again := false // whether a complete file was wrong before
	for failed := 0; ; {
		if p.Size > 0 && p.have >= p.Size {
			whole := p.fresh
			err := p.check()
			if err == nil || whole || again {
				return err
			}
			p.note("%v, perhaps for it came in pieces; downloading it again", err)
			again = true
		}
		err := p.try(ctx)
		if err == nil {
			continue // to check
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var hopeless permanent
		if errors.As(err, &hopeless) {
			return err
		}
		if failed++; p.have >= best+max(1, p.Size/100) {
			best, failed = p.have, 1
		}
		if failed >= p.opt.Tries {
			return fmt.Errorf("gave up after %d failures in a row: %w", failed, err)
		}
		wait := max(p.opt.Wait<<min(failed-1, 5), retryAfter(err))
		p.note("%v; trying again in %v", err, wait)
		if err := Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// restart throws away what has come.
func (p *part) restart() error {
	p.have, p.result.Resumed, p.fresh = 0, 0, true
	if err := p.file.Truncate(0); err != nil {
		return permanent{err}
	}
	_, err := p.file.Seek(0, io.SeekStart)
	return err
}

// check compares a file of at least the right size with the published digest, and throws away a
// wrong one.
func (p *part) check() error {
	if p.have > p.Size {
		return errors.Join(fmt.Errorf("%s: %d bytes came, expected %d", p.url, p.have, p.Size), p.restart())
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	h := sha256.New()
	if _, err := io.Copy(h, p.file); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); !strings.HasPrefix(got, p.SHA256) {
		return errors.Join(
			fmt.Errorf("%s: the SHA-256 of what came is %s, expected %s", p.url, got, p.SHA256),
			p.restart(),
		)
	}
	return nil
}

// errStalled ends a request that brings nothing.
var errStalled = errors.New("stalled")

// try makes one request for what is missing and appends what comes.
func (p *part) try(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	watchdog := time.AfterFunc(p.opt.Stall, func() { cancel(errStalled) })
	defer watchdog.Stop()
	err := p.request(ctx, func() { watchdog.Reset(p.opt.Stall) })
	if err != nil && context.Cause(ctx) == errStalled {
		return fmt.Errorf("%s: no byte came for %v, after %d of %d", p.url, p.opt.Stall, p.have, p.Size)
	}
	return err
}

// request is try without the watchdog, which it tells that something came.
func (p *part) request(ctx context.Context, alive func()) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.From.String(), nil)
	if err != nil {
		return permanent{err}
	}
	req.Header.Set("User-Agent", "gradreg (github.com/gradreg/gradreg)")
	req.Header.Set("Accept-Encoding", "identity")
	if p.have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", p.have))
	}
	resp, err := p.opt.Client.Do(req)
	if err != nil {
		return p.shownError(err)
	}
	defer resp.Body.Close()
	alive()
	if err := p.accept(resp); err != nil {
		return err
	}
	return p.receive(resp.Body, alive)
}

// shownError returns an error of net/http with the address that is shown: its own holds the query,
// also of where a server sent it on.
func (p *part) shownError(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%s: %w", p.url, e.Err)
	}
	return err
}

// accept looks at the head of an answer, and makes the file ready for its body.
func (p *part) accept(resp *http.Response) error {
	switch code := resp.StatusCode; {
	case code == http.StatusPartialContent && p.have > 0:
		first, total, ok := ContentRange(resp.Header.Get("Content-Range"))
		if err := p.learn(total); err != nil {
			return err
		}
		if ok && first == p.have && (total < 0 || total == p.Size) {
			p.fresh = false
			return nil
		}
		err := fmt.Errorf(
			"%s: asked for the bytes from %d of %d, the server sends %q", p.url, p.have,
			p.Size, foreign.Short(resp.Header.Get("Content-Range"), maxQuoted),
		)
		return errors.Join(err, p.restart())
	case code == http.StatusRequestedRangeNotSatisfiable && p.have > 0:
		return errors.Join(fmt.Errorf("%s: the server has no bytes from %d on", p.url, p.have), p.restart())
	case code == http.StatusOK:
		if err := p.learn(resp.ContentLength); err != nil {
			return err
		}
		if n := resp.ContentLength; n >= 0 && n != p.Size {
			return permanent{fmt.Errorf("%s: the server announces %d bytes, expected %d", p.url, n, p.Size)}
		}
		return p.restart()
	default:
		return statusError(p.url, resp)
	}
}

// learn takes the size that a server announces where none is known.
func (p *part) learn(size int64) error {
	if p.Size > 0 {
		return nil
	}
	if size < 1 || size > p.Limit {
		return permanent{fmt.Errorf("%s: the server announces %d bytes, expected 1 to %d", p.url, size, p.Limit)}
	}
	p.Size = size
	return nil
}

// receive appends a body to the file.
func (p *part) receive(body io.Reader, alive func()) error {
	buffer := make([]byte, 64<<10)
	for {
		n, err := body.Read(buffer)
		if n > 0 {
			alive()
			if p.have+int64(n) > p.Size {
				return permanent{
					errors.Join(
						fmt.Errorf("%s: the server sends more than the expected %d bytes", p.url, p.Size),
						p.restart(),
					),
				}
			}
			if _, err := p.file.Write(buffer[:n]); err != nil {
				return permanent{err}
			}
			p.have += int64(n)
			p.result.Downloaded += int64(n)
			p.report()
		}
		switch {
		case err == nil:
		case err == io.EOF && p.have == p.Size:
			return nil
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
			return fmt.Errorf("%s: the connection ended after %d of %d bytes", p.url, p.have, p.Size)
		default:
			return fmt.Errorf("%s: after %d of %d bytes: %w", p.url, p.have, p.Size, err)
		}
	}
}

// report tells how far it is.
func (p *part) report() {
	if p.opt.Progress != nil {
		p.opt.Progress(p.have, p.Size)
	}
}

// note tells what went wrong and what follows from it.
func (p *part) note(format string, args ...any) {
	if p.opt.Note != nil {
		p.opt.Note(fmt.Sprintf(format, args...))
	}
}

// ContentRange parses "bytes FIRST-LAST/TOTAL", where TOTAL may be *, returned as -1.
func ContentRange(text string) (first, total int64, ok bool) {
	span, size, ok := strings.Cut(strings.TrimPrefix(text, "bytes "), "/")
	if !ok {
		return 0, 0, false
	}
	from, _, ok := strings.Cut(span, "-")
	if !ok {
		return 0, 0, false
	}
	first, err := strconv.ParseInt(strings.TrimSpace(from), 10, 64)
	if err != nil {
		return 0, 0, false
	}
	if size == "*" {
		return first, -1, true
	}
	total, err = strconv.ParseInt(size, 10, 64)
	return first, total, err == nil && total >= 0
}

// busy is an answer of a server that asks to come again.
type busy struct {
	error
	after time.Duration
}

// maxRetryAfter bounds how long a server can make us wait.
const maxRetryAfter = time.Minute

// statusError makes an error of an answer that has no file.
func statusError(address string, resp *http.Response) error {
	err := fmt.Errorf("%s: the server answers %s", address, foreign.Short(foreign.Line(resp.Status), maxQuoted))
	switch code := resp.StatusCode; {
	case code >= 500, code == http.StatusRequestTimeout, code == http.StatusTooEarly,
		code == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // as a date it is left to our own pause
		return busy{err, min(max(0, time.Duration(seconds)*time.Second), maxRetryAfter)}
	}
	return permanent{err}
}

// retryAfter returns how long the server wants us to wait.
func retryAfter(err error) time.Duration {
	var b busy
	if errors.As(err, &b) {
		return b.after
	}
	return 0
}
