package featurecache

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gradreg/gradreg/internal/atomicfile"
)

const (
	ending = ".features"
	// flushVectors is how many new vectors are written at a time: so many a killed process loses at
	// most.
	flushVectors = 256
	// mostSegments is how many segments a network may have before they are written as one.
	mostSegments = 32
	// DefaultLimit bounds the bytes of a cache.
	DefaultLimit int64 = 1 << 30
)

// Cache holds the vectors of a network. Any number of goroutines may use it. A nil Cache is empty
// and keeps nothing.
type Cache struct {
	dir     string // of the network
	limit   int64
	network ID
	dim     int

	mutex    sync.Mutex
	segments []*os.File
	paths    []string
	places   map[ID]place
	fresh    map[ID][]float32 // not written yet
	notes    []string
	failed   bool // whether something could not be written
}

// Open opens what the cache in dir has of a network whose vectors have dim numbers. limit bounds the
// bytes of the whole cache; 0 stands for [DefaultLimit]. What is wrong with the cache is a note.
func Open(dir string, network ID, dim int, limit int64) *Cache {
	if limit == 0 {
		limit = DefaultLimit
	}
	c := &Cache{
		dir: filepath.Join(dir, hex.EncodeToString(network[:16])), limit: limit, network: network, dim: dim,
		places: map[ID]place{}, fresh: map[ID][]float32{},
	}
	entries, err := os.ReadDir(c.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.note("the cache of features cannot be read: %v", err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ending) {
			c.add(filepath.Join(c.dir, e.Name()))
		}
	}
	return c
}

// add opens a segment. One that is no use is removed, so that it is looked at once.
func (c *Cache) add(path string) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return // another process has written it with others as one
	}
	if err == nil {
		var info fs.FileInfo
		if info, err = f.Stat(); err == nil && info.Mode().IsRegular() {
			number := len(c.segments)
			found := map[ID]place{}
			err = readIndex(f, info.Size(), c.network, c.dim, func(id ID, p place) {
				p.segment = number
				found[id] = p
			})
			if err == nil {
				for id, p := range found {
					c.places[id] = p
				}
				c.segments, c.paths = append(c.segments, f), append(c.paths, path)
				now := time.Now()
				os.Chtimes(path, now, now) // used: the last to give way
				return
			}
			os.Remove(path)
		}
		f.Close()
	}
	c.note("features are computed again: %s: %v", path, err)
}

func (c *Cache) note(format string, args ...any) {
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

// Notes returns what was wrong with the cache, which costs time and nothing else.
func (c *Cache) Notes() []string {
	if c == nil {
		return nil
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return slices.Clone(c.notes)
}

// Has reports whether there is a vector of a picture, damaged or not.
func (c *Cache) Has(picture ID) bool {
	if c == nil {
		return false
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	_, written := c.places[picture]
	return written || c.fresh[picture] != nil
}

// Get copies the vector of a picture to dst: [dim]; false if there is none, or it is damaged.
func (c *Cache) Get(picture ID, dst []float32) bool {
	if c == nil {
		return false
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if v := c.fresh[picture]; v != nil {
		copy(dst, v)
		return true
	}
	p, ok := c.places[picture]
	if !ok {
		return false
	}
	b := make([]byte, 4*c.dim)
	if _, err := c.segments[p.segment].ReadAt(b, p.offset); err != nil || checksum(b) != p.sum {
		delete(c.places, picture)
		c.note("features are computed again: a vector in %s is damaged", c.paths[p.segment])
		return false
	}
	decode(dst, b)
	return true
}

// Put keeps the vector of a picture: [dim]. Every few hundred are written.
func (c *Cache) Put(picture ID, vector []float32) {
	if c == nil {
		return
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.fresh[picture] = slices.Clone(vector)
	if len(c.fresh) >= flushVectors {
		c.flush()
	}
}

// Flush writes what is new.
func (c *Cache) Flush() {
	if c == nil {
		return
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.flush()
}

// Close writes what is new and closes the files.
func (c *Cache) Close() {
	if c == nil {
		return
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.flush()
	if len(c.segments) > mostSegments {
		c.merge()
	}
	for _, f := range c.segments {
		f.Close()
	}
	c.segments, c.places = nil, map[ID]place{}
}

// flush writes the new vectors as a segment. A failure is a note, for the vectors are known.
func (c *Cache) flush() {
	if len(c.fresh) == 0 {
		return
	}
	path, err := c.write(c.fresh)
	if err != nil && !c.failed {
		c.failed = true // of a full disk the next ones fail, too
		c.note("features are not kept: %v", err)
	}
	c.fresh = map[ID][]float32{}
	if path != "" {
		c.add(path)
	}
}

// write writes vectors as a segment and makes room for it.
func (c *Cache) write(vectors map[ID][]float32) (path string, err error) {
	data := segmentOf(c.network, c.dim, vectors)
	if int64(len(data)) > c.limit {
		return "", fmt.Errorf("they take %d bytes, and the cache may take %d", len(data), c.limit)
	}
	if err := os.MkdirAll(c.dir, 0o777); err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	path = filepath.Join(c.dir, hex.EncodeToString(sum[:16])+ending)
	makeRoom(filepath.Dir(c.dir), path, c.limit-int64(len(data)))
	return path, atomicfile.WriteBytes(path, data)
}

// merge writes all segments as one and removes them. Another process that has them open reads on,
// one that opens them in between computes again what it misses.
func (c *Cache) merge() {
	all := map[ID][]float32{}
	for id, p := range c.places {
		b := make([]byte, 4*c.dim)
		if _, err := c.segments[p.segment].ReadAt(b, p.offset); err == nil && checksum(b) == p.sum {
			all[id] = make([]float32, c.dim)
			decode(all[id], b)
		}
	}
	path, err := c.write(all)
	if err != nil {
		c.note("features stay in many files: %v", err)
		return
	}
	for _, old := range c.paths {
		if old != path {
			os.Remove(old)
		}
	}
}

// abandoned is the age at which a temporary file belongs to no process any more.
const abandoned = 24 * time.Hour

// makeRoom removes the segments of all networks that were used longest ago, besides the one at path,
// until they take at most limit bytes, and temporary ones that killed processes left.
func makeRoom(dir, path string, limit int64) {
	type segment struct {
		path string
		fs.FileInfo
	}
	var list []segment
	total := int64(0)
	filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil // what cannot be read is not ours to count
		}
		info, err := e.Info()
		base, _, ours := strings.Cut(e.Name(), ending)
		switch {
		case err != nil || !ours || at == path:
		case e.Name() == base+ending:
			list = append(list, segment{at, info})
			total += info.Size()
		case atomicfile.IsTemporary(e.Name(), base+ending) && time.Since(info.ModTime()) > abandoned:
			os.Remove(at)
		}
		return nil
	})
	slices.SortFunc(list, func(a, b segment) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), strings.Compare(a.path, b.path))
	})
	for _, s := range list {
		if total <= limit {
			return
		}
		if os.Remove(s.path) == nil {
			total -= s.Size()
			os.Remove(filepath.Dir(s.path)) // if it was the last of its network
		}
	}
}
