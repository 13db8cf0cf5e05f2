package featurecache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const dim = 7

// id returns the ID of a number.
func id(n int) ID { return sha256.Sum256(fmt.Append(nil, n)) }

// vector returns the vector of a number.
func vector(n int) []float32 {
	v := make([]float32, dim)
	for i := range v {
		v[i] = float32(n) + float32(i)/8
	}
	return v
}

// fill puts vectors first to last, and closes.
func fill(dir string, network ID, first, last int) {
	c := Open(dir, network, dim, 0)
	for n := first; n < last; n++ {
		c.Put(id(n), vector(n))
	}
	c.Close()
}

// count returns how many of the first n vectors are there; a wrong one is a failure.
func count(t *testing.T, c *Cache, n int) (there int) {
	t.Helper()
	got := make([]float32, dim)
	for i := range n {
		if !c.Get(id(i), got) {
			continue
		}
		if there++; !slices.Equal(got, vector(i)) {
			t.Fatalf("vector %d is %v", i, got)
		}
	}
	return there
}

// segments lists the files of the cache.
func segments(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestCache checks that vectors come back in another process's place, of the same network alone.
func TestCache(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "features")
	c := Open(dir, id(-1), dim, 0)
	if count(t, c, 3) != 0 || c.Has(id(0)) {
		t.Error("an empty cache has vectors")
	}
	c.Put(id(0), vector(0))
	if count(t, c, 3) != 1 || !c.Has(id(0)) {
		t.Error("a vector that is not written yet is missing")
	}
	c.Close()
	fill(dir, id(-1), 1, 600)
	c = Open(dir, id(-1), dim, 0)
	defer c.Close()
	if n := count(t, c, 700); n != 600 || len(c.Notes()) != 0 {
		t.Errorf("%d vectors of 600 came back, notes %q", n, c.Notes())
	}
	for _, other := range []*Cache{Open(dir, id(-2), dim, 0), Open(dir, id(-1), dim-1, 0), nil} {
		if other.Get(id(1), make([]float32, dim)) || other.Has(id(2)) {
			t.Error("another network has the vector")
		}
		other.Put(id(1), vector(1)[:dim-1]) // also to none
		other.Close()
	}
}

// TestDamage checks that whatever is cut off or changed is computed again, and what is whole is not.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	fill(dir, id(-1), 0, 20)
	path := segments(t, dir)[0]
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	spoiled := func(at int) []byte {
		b := bytes.Clone(whole)
		b[at] ^= 4
		return b
	}
	endless := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(endless[headerBytes-4:], 1<<32-1)
	for name, c := range map[string]struct {
		data []byte
		want int
	}{
		"whole": {whole, 20}, "cut in a vector": {whole[:len(whole)-3], 0}, "cut in the index": {whole[:100], 0},
		"empty": {nil, 0}, "longer": {append(bytes.Clone(whole), 0), 0}, "another magic": {spoiled(3), 0},
		"another index": {spoiled(headerBytes + 5), 0}, "another vector": {spoiled(len(whole) - 2), 19},
		"2^32 vectors": {endless, 0},
	} {
		if err := os.WriteFile(path, c.data, 0o666); err != nil {
			t.Fatal(err)
		}
		cache := Open(dir, id(-1), dim, 0)
		if n := count(t, cache, 20); n != c.want || (len(cache.Notes()) > 0) != (c.want < 20) {
			t.Errorf("%s: %d vectors, expected %d, notes %q", name, n, c.want, cache.Notes())
		}
		for n := range 20 { // computed again
			cache.Put(id(n), vector(n))
		}
		cache.Close()
		cache = Open(dir, id(-1), dim, 0)
		if n := count(t, cache, 20); n != 20 {
			t.Errorf("%s: %d vectors after they were computed again", name, n)
		}
		cache.Close()
		for _, s := range segments(t, dir) {
			os.Remove(s)
		}
	}
}

// TestTogether checks that caches that write at the same time lose nothing, and that many segments
// become one.
func TestTogether(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	for w := range 2 * mostSegments {
		group.Go(func() { fill(dir, id(-1), 10*w, 10*w+15) })
	}
	group.Wait()
	all := 20*mostSegments + 5
	c := Open(dir, id(-1), dim, 0)
	if n := count(t, c, all); n != all {
		t.Errorf("%d vectors, expected %d", n, all)
	}
	c.Close()
	if n := len(segments(t, dir)); n > mostSegments {
		t.Errorf("%d segments", n)
	}
	c = Open(dir, id(-1), dim, 0)
	defer c.Close()
	if n := count(t, c, all); n != all || len(c.Notes()) > 0 {
		t.Errorf("%d vectors after they were written as one, expected %d, notes %q", n, all, c.Notes())
	}
}

// TestLimit checks that what was used longest ago gives way, and leftovers.
func TestLimit(t *testing.T) {
	dir := t.TempDir()
	size := int64(len(segmentOf(id(0), dim, map[ID][]float32{id(0): vector(0)})))
	for n := range 5 {
		c := Open(dir, id(-n), dim, 3*size)
		c.Put(id(n), vector(n))
		c.Close()
		old := time.Now().Add(time.Duration(n-10) * time.Hour)
		for _, s := range segments(t, dir) {
			if info, err := os.Stat(s); err == nil && time.Since(info.ModTime()) < time.Minute {
				os.Chtimes(s, old, old)
			}
		}
	}
	if n := len(segments(t, dir)); n != 3 {
		t.Errorf("%d segments, expected 3", n)
	}
	for n, want := range []bool{false, false, true, true, true} {
		c := Open(dir, id(-n), dim, 0)
		if got := c.Get(id(n), make([]float32, dim)); got != want {
			t.Errorf("network %d is there: %v, expected %v", n, got, want)
		}
		c.Close()
	}
	leftover := segments(t, dir)[0] + ".tmp-X"
	old := time.Now().Add(-2 * abandoned)
	if os.WriteFile(leftover, nil, 0o666) != nil || os.Chtimes(leftover, old, old) != nil {
		t.Fatal("no leftover")
	}
	fill(dir, id(-9), 0, 1)
	if _, err := os.Stat(leftover); err == nil {
		t.Error("a leftover is still there")
	}
	c := Open(dir, id(-8), dim, 10)
	c.Put(id(1), vector(1))
	c.Close()
	if notes := strings.Join(c.Notes(), " "); !strings.Contains(notes, "the cache may take 10") {
		t.Errorf("notes %q of a cache without room", notes)
	}
}

// FuzzSegment checks that no bytes make the reader fail in another way than by an error.
func FuzzSegment(f *testing.F) {
	f.Add(segmentOf(id(0), dim, map[ID][]float32{id(1): vector(1), id(2): vector(2)}))
	f.Add(header(id(0), dim, 1<<31))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		readIndex(bytes.NewReader(data), int64(len(data)), id(0), dim, func(_ ID, p place) {
			if p.offset < 0 || p.offset+4*dim > int64(len(data)) {
				t.Fatalf("a vector at %d of %d bytes", p.offset, len(data))
			}
		})
	})
}
