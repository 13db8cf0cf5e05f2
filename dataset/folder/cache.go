package folder

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gradreg/gradreg/internal/atomicfile"
)

// packEnding ends the names of the cache's files.
const packEnding = ".pictures"

// packPath returns the file of the cache for this folder, size and fit.
func (o *opening) packPath() (string, error) {
	dir, err := o.absolute()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%d\x00%s\x00%s", packVersion, o.Size, o.Fit, dir))
	return filepath.Join(o.Cache, hex.EncodeToString(sum[:16])+packEnding), nil
}

// cached is what the cache has of a folder; nil if it has nothing.
type cached struct {
	file  *os.File
	index map[[32]byte]entry
	side  int
}

// openCache opens the cache's file. Whatever is wrong with it costs the time to decode.
func (o *opening) openCache() *cached {
	if o.Cache == "" {
		return nil
	}
	path, err := o.packPath()
	if err != nil {
		o.report.note("the cache cannot be used: %v", err)
		return nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		var info fs.FileInfo
		if info, err = f.Stat(); err == nil {
			c := &cached{file: f, side: o.Size}
			if c.index, err = readIndex(f, info.Size(), packHeader{o.Size, o.Fit}); err == nil {
				now := time.Now()
				os.Chtimes(path, now, now) // used: the last to give way
				return c
			}
		}
		f.Close()
	}
	o.report.note("the cache is made anew: %s: %v", path, err)
	return nil
}

func (c *cached) close() {
	if c != nil {
		c.file.Close()
	}
}

// has reports whether there is an image of a file.
func (c *cached) has(f *file) bool {
	if c == nil {
		return false
	}
	_, ok := c.index[f.hash]
	return ok
}

// load reads image i of a file; false if there is none, or it is damaged.
func (c *cached) load(f *file, to images, i int) bool {
	if !c.has(f) {
		return false
	}
	e := c.index[f.hash]
	to.grey[i] = e.planes == 1
	planes := to.stored(i)
	if _, err := c.file.ReadAt(planes, e.offset); err != nil || checksum(planes) != e.sum {
		return false
	}
	if e.planes == 1 {
		to.spread(i)
	}
	f.width, f.height = e.width, e.height
	return true
}

// writeCache keeps the images, whole or not at all. A failure is a note, for the images are there.
func (o *opening) writeCache(files []*file, loaded images) {
	if o.Cache == "" {
		return
	}
	limit := o.CacheLimit
	if limit == 0 {
		limit = defaultCacheLimit
	}
	entries := make([]entry, len(files))
	size := packSize(len(files))
	for i, f := range files {
		data := loaded.stored(i)
		entries[i] = entry{
			hash: f.hash, width: f.width, height: f.height, planes: len(data) / (o.Size * o.Size),
			sum: checksum(data),
		}
		size += int64(len(data))
	}
	if size > limit {
		o.report.note("the images are not kept: they take %d bytes, and the cache may take %d", size, limit)
		return
	}
	path, err := o.packPath()
	if err == nil {
		err = os.MkdirAll(o.Cache, 0o777)
	}
	if err == nil {
		makeRoom(path, limit-size)
		err = atomicfile.Write(path, func(w io.Writer) error {
			if err := writeIndex(w, packHeader{o.Size, o.Fit}, entries); err != nil {
				return err
			}
			for i := range files {
				if _, err := w.Write(loaded.stored(i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		o.report.note("the images are not kept: %v", err)
	}
}

// abandoned is the age at which a temporary file belongs to no process any more.
const abandoned = 24 * time.Hour

// makeRoom removes the files of the cache that were used longest ago, besides the one at path,
// until they take at most limit bytes, and temporary ones that killed processes left. Another
// process that reads one still has it open, or decodes.
func makeRoom(path string, limit int64) {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	var packs []fs.FileInfo
	total := int64(0)
	for _, e := range entries {
		info, err := e.Info()
		name := e.Name()
		switch {
		case err != nil || !info.Mode().IsRegular() || name == filepath.Base(path):
		case strings.HasSuffix(name, packEnding):
			packs = append(packs, info)
			total += info.Size()
		case isLeftover(name) && time.Since(info.ModTime()) > abandoned:
			os.Remove(filepath.Join(dir, name))
		}
	}
	slices.SortFunc(packs, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), strings.Compare(a.Name(), b.Name()))
	})
	for _, p := range packs {
		if total <= limit {
			return
		}
		if os.Remove(filepath.Join(dir, p.Name())) == nil {
			total -= p.Size()
		}
	}
}

// isLeftover reports whether a name is that of a temporary of one of the cache's files.
func isLeftover(name string) bool {
	base, _, found := strings.Cut(name, packEnding)
	return found && atomicfile.IsTemporary(name, base+packEnding)
}
