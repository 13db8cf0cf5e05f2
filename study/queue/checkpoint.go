package queue

import (
	"archive/tar"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
)

// stateFiles are what a run folder resumes from. The order is that in which a run writes them
// first.
var stateFiles = []string{"config.yaml", "metrics.jsonl", "checkpoint.safetensors"}

// maxState is what both databases take as one value, in bytes.
const maxState = 1e9

// saver returns what a run calls after a checkpoint: it copies the state to the database. Without a
// database the run goes on; a later checkpoint will do.
func (w *worker) saver(ctx context.Context, key string, steps int) func(int) error {
	last := time.Now()
	return func(step int) error {
		stopping := ctx.Err() != nil
		if step == steps || !stopping && time.Since(last) < min(w.opt.times.upload, w.opt.Lease/3) {
			return nil
		}
		last = time.Now()
		c, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		if err := w.queue.save(c, key, step, w.dir(key)); err != nil {
			w.log("%v; the run goes on without a checkpoint in the database", err)
		}
		return nil
	}
}

// save writes the state of a run folder to the database, unless a later one is there.
func (q *Queue) save(ctx context.Context, key string, step int, dir string) error {
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	for _, name := range stateFiles {
		data, err := boundedfile.Read(filepath.Join(dir, name), maxState)
		if err != nil {
			return err
		}
		if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}); err != nil {
			return err
		}
		if _, err := t.Write(data); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	_, err := q.pool.ExecContext(ctx, q.bind(`INSERT INTO gradreg_checkpoint (key, step, state) VALUES (?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET step = excluded.step, state = excluded.state WHERE gradreg_checkpoint.step < excluded.step`), key, step, b.Bytes())
	return err
}

// restore makes a run folder of the state in the database, if there is one and the folder is not
// there.
func (q *Queue) restore(ctx context.Context, key, dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var state []byte
	err := q.pool.QueryRowContext(ctx, q.bind("SELECT state FROM gradreg_checkpoint WHERE key = ?"), key).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	part := dir + ".part"
	if err := errors.Join(os.RemoveAll(part), os.MkdirAll(part, 0o777)); err != nil {
		return err
	}
	if err := unpack(state, part); err != nil {
		os.RemoveAll(part)
		return fmt.Errorf("the state of run %s in the database: %w", key, err)
	}
	return os.Rename(part, dir)
}

// unpack writes the files of a state, which others may have written, to a folder. A few bytes of a
// tar file can stand for a file of any size.
func unpack(state []byte, dir string) error {
	t := tar.NewReader(bytes.NewReader(state))
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fault.Input(err)
		}
		if !slices.Contains(stateFiles, h.Name) || h.Typeflag != tar.TypeReg || h.Size > int64(len(state)) {
			return fault.Inputf(
				"found %.80q of %d bytes, expected the files %s", h.Name, h.Size,
				strings.Join(stateFiles, ", "),
			)
		}
		data, err := io.ReadAll(io.LimitReader(t, h.Size))
		if err != nil {
			return fault.Input(err)
		}
		if err := os.WriteFile(filepath.Join(dir, h.Name), data, 0o644); err != nil {
			return err
		}
	}
}
