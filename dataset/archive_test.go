package dataset

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/bug"
	"github.com/gradreg/gradreg/internal/fault"
)

// record returns a CIFAR record of the given labels and black pixels.
func record(labels ...byte) []byte { return append(labels, make([]byte, cifarImage)...) }

// xzRecord is record(7) as xz -9e packs it.
const xzRecord = "fd377a585a000004e6d6b446020021011c00000010cf58cce00c0000185d0003803b441bd83b3e0b5b7059d092096ed922ada1b34a0" +
	"00000956dd047872b82d0000134811800000034779545b1c467fb020000000004595a"

// xzHuge is the same with a header that asks for a dictionary of 1 GiB.
const xzHuge = "fd377a585a000004e6d6b4460200" + "2101240000005e1fc7f9" + "e00c0000185d0003803b441bd83b3e0b5b7059d092096ed922ada1b34a0" +
	"00000956dd047872b82d0000134811800000034779545b1c467fb020000000004595a"

func unhex(t testing.TB, text string) []byte {
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

// batches lists the entries of an archive of CIFAR-10 with one record a file.
func batches() []entry {
	var out []entry
	for i, f := range cifar10().files {
		out = append(out, entry{name: "cifar-10-batches-bin/" + f.name, data: record(byte(i))})
	}
	return out
}

// tree writes files into a new folder.
func tree(t testing.TB, files map[string][]byte) string {
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, data, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestForms checks that a set is found and read in every form and place it can be in.
func TestForms(t *testing.T) {
	plain, archive := map[string][]byte{}, tarGz(t, append(batches(), entry{name: "cifar-10-batches-bin/", kind: tar.TypeDir},
		entry{name: "cifar-10-batches-bin/readme.html", data: []byte("about")}))
	for _, e := range batches() {
		plain[filepath.Base(e.name)] = e.data
	}
	under := func(folder, ending string, pack func([]byte) []byte) map[string][]byte {
		out := map[string][]byte{}
		for name, data := range plain {
			out[filepath.Join(folder, name+ending)] = pack(data)
		}
		return out
	}
	same := func(data []byte) []byte { return data }
	mixed := under("", ".gz", gzipped)
	delete(mixed, "data_batch_2.bin.gz")
	delete(mixed, "test_batch.bin.gz")
	mixed["cifar-10-binary.tar.gz"] = archive
	for name, files := range map[string]map[string][]byte{
		"unpacked":             under("", "", same),
		"folder of the set":    under("cifar10", "", same),
		"folder of tar":        under("cifar-10-batches-bin", "", same),
		"both folders":         under("cifar10/cifar-10-batches-bin", "", same),
		"gz":                   under("cifar10", ".gz", gzipped),
		"archive":              {"cifar-10-binary.tar.gz": archive},
		"archive in a folder":  {"cifar10/cifar-10-binary.tar.gz": archive},
		"some in the archive":  mixed,
		"archive without dirs": {"cifar-10-binary.tar.gz": tarGz(t, stripped(batches()))},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Open(t.Context(), "cifar10", tree(t, files))
			if err != nil {
				t.Fatal(err)
			}
			training, err := d.Train()
			if err != nil || !slices.Equal(training.Labels, []int32{0, 1, 2, 3, 4}) || len(training.Images) != 5*cifarImage {
				t.Errorf("training part %v, %v", training, err)
			}
			test, err := d.Test()
			if err != nil || !slices.Equal(test.Labels, []int32{5}) {
				t.Errorf("test part %v, %v", test, err)
			}
		})
	}
	t.Run("xz", func(t *testing.T) {
		d, err := Open(t.Context(), "cifar10", tree(t, map[string][]byte{"test_batch.bin.xz": unhex(t, xzRecord)}))
		if err != nil {
			t.Fatal(err)
		}
		if part, err := d.Test(); err != nil || !slices.Equal(part.Labels, []int32{7}) {
			t.Errorf("%v, %v", part, err)
		}
	})
	t.Run("cache", func(t *testing.T) {
		dir := tree(t, under("gradreg/cifar10", "", same))
		t.Setenv("XDG_CACHE_HOME", dir)
		if cache, err := CacheDir(); err != nil || cache != filepath.Join(dir, "gradreg") {
			t.Skipf("no XDG_CACHE_HOME on this system: %s, %v", cache, err)
		}
		if d, err := Open(t.Context(), "cifar10"); err != nil || d.Folder != filepath.Join(dir, "gradreg", "cifar10") {
			t.Errorf("%v, %v", d, err)
		}
	})
}

// stripped returns the entries without folders.
func stripped(entries []entry) []entry {
	for i := range entries {
		entries[i].name = "./" + filepath.Base(entries[i].name)
	}
	return entries
}

// TestHostileArchives checks that every kind of bad archive is refused with one line that names it.
func TestHostileArchives(t *testing.T) {
	good := tarGz(t, batches())
	with := func(more ...entry) []byte { return tarGz(t, append(batches(), more...)) }
	flipped := bytes.Clone(good)
	flipped[len(flipped)-6] ^= 1
	bomb := func(n int) []byte { return with(entry{name: "zeros", data: make([]byte, n)}) }
	for says, data := range map[string][]byte{
		"gzip file":                                nil,
		"truncated":                                good[:len(good)/2],
		"checksum":                                 flipped,
		"invalid tar header":                       gzipped(bytes.Repeat([]byte("noise"), 1000)),
		"no data_batch_1.bin":                      gzipped(nil),
		"no test_batch.bin":                        tarGz(t, batches()[:5]),
		`"../test_batch.bin" leads out`:            with(entry{name: "../test_batch.bin"}),
		`"/etc/passwd" leads out`:                  with(entry{name: "/etc/passwd"}),
		`"link" is of type`:                        with(entry{name: "link", kind: tar.TypeSymlink, link: "/etc"}),
		`"hard" is of type`:                        with(entry{name: "hard", kind: tar.TypeLink, link: "test_batch.bin"}),
		`"pipe" is of type`:                        with(entry{name: "pipe", kind: tar.TypeFifo}),
		"data_batch_1.bin is in it twice":          with(entry{name: "other/data_batch_1.bin"}),
		"unpacks to more than":                     bomb(200 << 20),
		"test_batch.bin: holds more than 30730000": tarGz(t, append(batches()[:5], entry{name: "test_batch.bin", data: make([]byte, cifar10Batch+1)})),
	} {
		t.Run(says, func(t *testing.T) {
			d, err := Open(t.Context(), "cifar10", tree(t, map[string][]byte{"cifar-10-binary.tar.gz": data}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = d.Train()
			if err == nil { // what is missing may be of the test part
				_, err = d.Test()
			}
			if !fault.IsInput(err) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "cifar-10-binary.tar.gz: ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %v, expected one line with %q", err, says)
			}
		})
	}
}

// TestHostileXZ checks damage, the memory that a header can ask for, and a bomb.
func TestHostileXZ(t *testing.T) {
	good := unhex(t, xzRecord)
	flipped := bytes.Clone(good)
	flipped[40] ^= 1
	for says, data := range map[string][]byte{
		"not an xz file": []byte("hello, this is no xz file"),
		"truncated":      good[:len(good)-30],
		"xz":             flipped,
		"memory":         unhex(t, xzHuge),
	} {
		t.Run(says, func(t *testing.T) {
			d, err := Open(t.Context(), "cifar10", tree(t, map[string][]byte{"test_batch.bin.xz": data}))
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err = d.Test()
			runtime.ReadMemStats(&after)
			if !fault.IsInput(err) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "test_batch.bin.xz: ") {
				t.Errorf("error is %v, expected %q", err, says)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 2*xzDictionary {
				t.Errorf("%d bytes allocated", got)
			}
		})
	}
}

// TestCIFAR100 checks that the fine labels are the classes, and that both labels are checked.
func TestCIFAR100(t *testing.T) {
	read := func(data []byte) (*Part, error) {
		d, err := Open(t.Context(), "cifar100", tree(t, map[string][]byte{"train.bin": data, "test.bin": data}))
		if err != nil {
			t.Fatal(err)
		}
		return d.Train()
	}
	second := record(3, 2)
	second[2], second[2+1024], second[2+2048] = 1, 2, 3
	part, err := read(append(record(19, 99), second...))
	if err != nil || fmt.Sprint(part.Labels) != "[99 2]" {
		t.Fatalf("%v, %v", part, err)
	}
	if img := part.Image(1); img[0] != 1 || img[1024] != 2 || img[2048] != 3 {
		t.Errorf("pixels %v", img[:3])
	}
	for says, data := range map[string][]byte{
		"label 1 of record 0 is 20": record(20, 0),
		"label 2 of record 1":       append(record(0, 0), record(0, 100)...),
		"expected a multiple":       record(0),
	} {
		if _, err := read(data); !fault.IsInput(err) || !strings.Contains(err.Error(), says) {
			t.Errorf("error is %v, expected %q", err, says)
		}
	}
}

// TestVerifyArchive checks that a report is of the archive and of each file in it.
func TestVerifyArchive(t *testing.T) {
	h := newHome(t)
	s := h.tiny(t, 2)
	archive := h.data["/"+s.downloads[0].name]
	reports, err := s.verify(placeOf(tree(t, map[string][]byte{s.downloads[0].name: archive})))
	if err != nil || len(reports) != 6 {
		t.Fatalf("%v, %v", reports, err)
	}
	for i, r := range reports {
		if !r.OK || r.Bytes != len(archive) || r.MD5 != reports[0].MD5 || r.SHA256 != s.files[i].sha256 || !strings.HasSuffix(r.Path, ".tar.gz:"+s.files[i].name) {
			t.Errorf("%+v", r)
		}
	}
}

// FuzzArchive gives outside bytes to the reader of archives, inside the compression, where a checksum would keep a
// fuzzer out.
func FuzzArchive(f *testing.F) {
	for _, entries := range [][]entry{
		{{name: "a/x.bin", data: []byte("123")}, {name: "y.bin", data: []byte("4")}},
		{{name: "../x.bin", data: []byte("123")}},
		{{name: "x.bin", kind: tar.TypeSymlink, link: "/etc/passwd"}},
		{{name: "x.bin", data: make([]byte, 100)}},
	} {
		z, err := gzip.NewReader(bytes.NewReader(tarGz(f, entries)))
		if err != nil {
			f.Fatal(err)
		}
		raw, err := readAtMost(z, 1<<20)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	wanted := []file{{name: "x.bin", size: 10}, {name: "y.bin", size: 3}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		data, err := readTarGz(bytes.NewReader(gzipped(raw)), 1<<16, wanted)
		if err != nil {
			if data != nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("%d files, %v", len(data), err)
			}
			return
		}
		for name, content := range data {
			if i := slices.IndexFunc(wanted, func(f file) bool { return f.name == name }); i < 0 || len(content) > wanted[i].size {
				t.Errorf("%s of %d bytes", name, len(content))
			}
		}
		if len(raw) > 1<<16 {
			t.Errorf("%d bytes were let through", len(raw))
		}
	})
}

// FuzzXZ gives outside bytes to the reader of .xz files, beginning with what xz -0 writes, because a small dictionary
// is soon made.
func FuzzXZ(f *testing.F) {
	f.Add(unhex(f, strings.Replace(xzRecord, "011c00000010cf58cc", "010c0000008f98419c", 1)))
	f.Add(unhex(f, xzHuge))
	f.Add([]byte{0xfd, '7', 'z', 'X', 'Z', 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := tree(t, map[string][]byte{"a.xz": data})
		content, err := readStored(placeOf(dir), "a.xz", 5000)
		if err != nil && !fault.IsInput(err) || len(content) > 5000 {
			t.Errorf("%d bytes, %v", len(content), err)
		}
	})
}

// TestEachPanics checks that a bug in reading a file reaches who reads, instead of ending the process.
func TestEachPanics(t *testing.T) {
	defer func() {
		if p, ok := recover().(*bug.Panic); !ok || p.Value != "a bug" {
			t.Errorf("ended with %v", p)
		}
	}()
	err := each(4, func(int) error { panic("a bug") })
	t.Errorf("returned %v", err)
}
