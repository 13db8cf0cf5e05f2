package folder_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/dataset/picture"
)

// pack returns the one file of a cache.
func pack(t testing.TB, cache string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cache, "*"))
	if err != nil || len(files) != 1 || !strings.HasSuffix(files[0], ".pictures") {
		t.Fatalf("the cache holds %q, %v, expected one file", files, err)
	}
	return files[0]
}

// counts returns how many pictures were decoded and how many cached.
func counts(set *folder.Set) [2]int { return [2]int{set.Report.Decoded, set.Report.Cached} }

// TestCache checks that what comes from the cache is what was decoded, and when it is used.
func TestCache(t *testing.T) {
	dir, opt := odd(t), folder.Options{Cache: filepath.Join(t.TempDir(), "new", "cache")}
	plain := open(t, dir, folder.Options{})
	n := plain.Report.Decoded
	for i, want := range [][2]int{{n, 0}, {0, n}, {0, n}} {
		set := open(t, dir, opt)
		if !same(set, plain) || counts(set) != want || set.Report.Width != plain.Report.Width || len(set.Report.Notes) > 0 {
			t.Fatalf("time %d: %v, expected %v decoded and cached; %q", i, counts(set), want, set.Report.Notes)
		}
	}
	pack(t, opt.Cache)
	// The seed and the channels are not what images depend on, names and places neither; size and fit are.
	for _, c := range []struct {
		change func(*folder.Options)
		want   [2]int
	}{
		{func(o *folder.Options) { o.Seed = 5 }, [2]int{0, n}},
		{func(o *folder.Options) { o.Channels = 1 }, [2]int{0, n}},
		{func(o *folder.Options) { o.Size = 16 }, [2]int{n, 0}},
		{func(o *folder.Options) { o.Fit = picture.Pad }, [2]int{n, 0}},
	} {
		changed := opt
		c.change(&changed)
		if set := open(t, dir, changed); counts(set) != c.want {
			t.Errorf("%+v: %v, expected %v", changed, counts(set), c.want)
		}
	}
	for from, to := range map[string]string{"cats/wide.png": "cats/renamed.png", "dogs/tall.png": "dogs/deep.png"} {
		if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "cats", "more.png"), shade(t, 999, 10, 10), 0o644); err != nil {
		t.Fatal(err)
	}
	if set := open(t, dir, opt); counts(set) != [2]int{1, n} {
		t.Errorf("after one file was added: %v", counts(set))
	}
	if set := open(t, dir, opt); counts(set) != [2]int{0, n + 1} {
		t.Errorf("the time after: %v", counts(set))
	}
}

// TestDamagedCache checks that no damage is believed, and that it is put right.
func TestDamagedCache(t *testing.T) {
	dir, opt := shades(t, "a", 0, 12).with(shades(t, "b", 50, 12)).write(t), folder.Options{Cache: t.TempDir()}
	plain := open(t, dir, opt)
	whole, err := os.ReadFile(pack(t, opt.Cache))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		bad := append([]byte{}, whole...)
		switch {
		case i < 8: // all of the header
			bad[5*i] ^= 0x20
		case i < 40:
			bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
		case i < 50:
			bad = bad[:rng.IntN(len(bad))]
		case i < 55:
			bad = append(bad, byte(i))
		default:
			bad = nil
		}
		path := pack(t, opt.Cache)
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		set := open(t, dir, opt)
		if !same(set, plain) {
			t.Fatalf("damage %d was believed", i)
		}
		if set.Report.Decoded == 0 || len(set.Report.Notes) != 1 || !strings.HasPrefix(set.Report.Notes[0], "the cache is made anew: ") {
			t.Fatalf("damage %d: %v, %q", i, counts(set), set.Report.Notes)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != string(whole) {
			t.Fatalf("damage %d was not put right: %v", i, err)
		}
	}
}

// TestCacheThatCannotBe checks that images are there though they cannot be kept.
func TestCacheThatCannotBe(t *testing.T) {
	dir := shades(t, "a", 0, 5).with(shades(t, "b", 50, 5)).write(t)
	taken := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(taken, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, opt := range []folder.Options{{Cache: taken}, {Cache: filepath.Join(taken, "in")}, {Cache: t.TempDir(), CacheLimit: 100}} {
		set := open(t, dir, opt)
		if len(set.Train.Labels)+len(set.Test.Labels) != 10 || len(set.Report.Notes) == 0 || !strings.Contains(strings.Join(set.Report.Notes, ";"), "the images are not kept") {
			t.Errorf("%s, limit %d: %q", opt.Cache, opt.CacheLimit, set.Report.Notes)
		}
	}
}

// TestCacheBound checks that what was used longest ago gives way, and what killed processes left, and nothing else.
func TestCacheBound(t *testing.T) {
	cache := t.TempDir()
	other := filepath.Join(cache, "notes.txt")
	left, young := filepath.Join(cache, "00ff.pictures.tmp-ABC"), filepath.Join(cache, "00ff.pictures.tmp-DEF")
	for _, name := range []string{other, left, young} {
		if err := os.WriteFile(name, make([]byte, 5000), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-48 * time.Hour)
	for _, name := range []string{other, left} {
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	opt := folder.Options{Cache: cache}
	var dirs, packs []string
	size := int64(0)
	for i := range 4 {
		dir := shades(t, "a", 1000*i, 5).with(shades(t, "b", 1000*i+50, 5)).write(t)
		before, err := filepath.Glob(filepath.Join(cache, "*.pictures"))
		if err != nil {
			t.Fatal(err)
		}
		open(t, dir, opt)
		after, err := filepath.Glob(filepath.Join(cache, "*.pictures"))
		if err != nil {
			t.Fatal(err)
		}
		if i < 3 && len(after) != len(before)+1 {
			t.Fatalf("%q after %q", after, before)
		}
		for _, name := range after {
			if !strings.Contains(strings.Join(packs, " "), name) {
				packs = append(packs, name)
				when := time.Now().Add(time.Duration(i-10) * time.Hour)
				if err := os.Chtimes(name, when, when); err != nil {
					t.Fatal(err)
				}
				info, err := os.Stat(name)
				if err != nil {
					t.Fatal(err)
				}
				size = info.Size()
			}
		}
		dirs = append(dirs, dir)
		opt.CacheLimit = 3 * size
		if i == 2 { // the first is used: the second is the oldest now
			if set := open(t, dirs[0], opt); set.Report.Cached != 10 {
				t.Fatalf("the first is not cached: %v", counts(set))
			}
		}
	}
	exists := func(name string) bool { _, err := os.Stat(name); return err == nil }
	if !exists(packs[0]) || exists(packs[1]) || !exists(packs[2]) || !exists(packs[3]) {
		t.Errorf("left: %v %v %v %v, expected all but the second", exists(packs[0]), exists(packs[1]), exists(packs[2]), exists(packs[3]))
	}
	if exists(left) || !exists(young) || !exists(other) {
		t.Error("of the files that are no images, the temporary one of two days ago should go, and no other")
	}
}

// TestCacheTogether opens a folder from several goroutines, as several processes do that share nothing but files, while others
// write another folder's images with a limit that allows one.
func TestCacheTogether(t *testing.T) {
	cache := t.TempDir()
	dirs := []string{
		shades(t, "a", 0, 20).with(shades(t, "b", 50, 20)).write(t), shades(t, "a", 200, 20).with(shades(t, "b", 250, 20)).write(t),
	}
	plain := []*folder.Set{open(t, dirs[0], folder.Options{}), open(t, dirs[1], folder.Options{})}
	var group sync.WaitGroup
	failed := make(chan error, 40)
	for i := range 8 {
		group.Go(func() {
			for j := range 5 {
				k := (i + j) % 2
				set, err := folder.Open(t.Context(), dirs[k], folder.Options{Cache: cache, CacheLimit: 12000})
				if err != nil || !same(set, plain[k]) {
					failed <- fmt.Errorf("goroutine %d, time %d: other images, or %w", i, j, err)
				}
			}
		})
	}
	group.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
}
