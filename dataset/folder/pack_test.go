package folder

import (
	"bytes"
	"crypto/sha256"
	"math"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/gradreg/gradreg/dataset/picture"
)

// fakes returns n files of a class with contents of their own.
func fakes(class, first, n int) []*file {
	out := make([]*file, n)
	for i := range out {
		out[i] = &file{class: class, hash: sha256.Sum256([]byte(strconv.Itoa(class) + "/" + strconv.Itoa(first+i)))}
	}
	return out
}

// TestScatterOneByOne checks that a file's part depends on no other file, whatever files there are,
// as long as no class is without training images.
func TestScatterOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		first := rapid.IntRange(0, 1000).Draw(t, "first")
		a, b := fakes(0, first, 40), fakes(1, first, 40)
		scatter(append(append([]*file{}, a...), b...), 2, seed)
		was := make([]int, len(a))
		for i, f := range a {
			was[i] = f.part
		}
		keep := rapid.SliceOfNDistinct(rapid.IntRange(0, 39), 25, 39, rapid.ID[int]).Draw(t, "keep")
		var files []*file
		for _, i := range keep {
			files = append(files, a[i])
		}
		files = append(files, fakes(0, first+40, rapid.IntRange(0, 30).Draw(t, "added"))...)
		files = append(files, fakes(1, first+500, 30)...)
		scatter(rapid.Permutation(files).Draw(t, "order"), 2, seed)
		for _, i := range keep {
			if a[i].part != was[i] {
				t.Fatalf("file %d moved from part %d to %d", i, was[i], a[i].part)
			}
		}
	})
}

// TestScatterShares checks that a fifth is for the test, in every class, within four standard
// deviations.
func TestScatterShares(t *testing.T) {
	const n = 4000
	for seed := range uint64(5) {
		files := append(fakes(0, 0, n), fakes(1, 0, n)...)
		scatter(files, 2, seed)
		var tests [2]float64
		for _, f := range files {
			if f.part == test {
				tests[f.class]++
			}
		}
		for class, found := range tests {
			if math.Abs(found-n*testShare) > 4*math.Sqrt(n*testShare*(1-testShare)) {
				t.Errorf("seed %d, class %d: %v of %d are test images", seed, class, found, n)
			}
		}
	}
}

// TestScatterFew checks that few images are enough: every class trains, and something is tested.
func TestScatterFew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var files []*file
		classes, spare := rapid.IntRange(2, 5).Draw(t, "classes"), false
		for k := range classes {
			n := rapid.IntRange(1, 3).Draw(t, "images")
			spare = spare || n > 1
			files = append(files, fakes(k, 0, n)...)
		}
		scatter(files, classes, rapid.Uint64().Draw(t, "seed"))
		trains, tests := make([]int, classes), 0
		for _, f := range files {
			if f.part == test {
				tests++
			} else {
				trains[f.class]++
			}
		}
		for k, n := range trains {
			if n == 0 {
				t.Fatalf("class %d has no training image", k)
			}
		}
		if (tests > 0) != spare {
			t.Fatalf("%d test images", tests)
		}
	})
}

// packOf returns a pack of n images of side 4.
func packOf(t testing.TB, n int) []byte {
	t.Helper()
	var entries []entry
	var data []byte
	for i := range n {
		planes := 1 + 2*(i%2)
		pixels := bytes.Repeat([]byte{byte(i)}, planes*16)
		entries = append(entries, entry{hash: sha256.Sum256(pixels), width: 5 + i, height: 9, planes: planes, sum: checksum(pixels)})
		data = append(data, pixels...)
	}
	var b bytes.Buffer
	if err := writeIndex(&b, packHeader{4, picture.Crop}, entries); err != nil {
		t.Fatal(err)
	}
	return append(b.Bytes(), data...)
}

// TestPack checks that an index comes back, with the places of the images.
func TestPack(t *testing.T) {
	data := packOf(t, 5)
	index, err := readIndex(bytes.NewReader(data), int64(len(data)), packHeader{4, picture.Crop})
	if err != nil || len(index) != 5 {
		t.Fatalf("%d entries, %v", len(index), err)
	}
	for i := range 5 {
		pixels := bytes.Repeat([]byte{byte(i)}, (1+2*(i%2))*16)
		e, ok := index[sha256.Sum256(pixels)]
		if !ok || e.width != 5+i || !bytes.Equal(data[e.offset:][:e.planes*16], pixels) {
			t.Errorf("image %d came back as %+v", i, e)
		}
	}
	for _, other := range []packHeader{{5, picture.Crop}, {4, picture.Pad}, {4, "crop:share=0.875"}} {
		if _, err := readIndex(bytes.NewReader(data), int64(len(data)), other); err == nil {
			t.Errorf("a pack of size 4, cropped, is read as %+v", other)
		}
	}
}

// FuzzPack checks that no bytes make the reader fail in another way than by an error, nor allocate what is not there.
func FuzzPack(f *testing.F) {
	for _, n := range []int{0, 1, 3} {
		f.Add(packOf(f, n))
	}
	f.Add(packHeader{4, picture.Crop}.bytes(1 << 30))
	f.Fuzz(func(t *testing.T, data []byte) {
		// Most bytes would only try the checksum.
		if n := headerBytes + 4; len(data) > n {
			count := min((len(data)-n)/entryBytes, int(data[headerBytes-4]))
			copy(data, packHeader{4, picture.Crop}.bytes(count))
			at := headerBytes + count*entryBytes
			sum := checksum(data[:at])
			data[at], data[at+1], data[at+2], data[at+3] = byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24)
		}
		index, err := readIndex(bytes.NewReader(data), int64(len(data)), packHeader{4, picture.Crop})
		if err != nil {
			return
		}
		for _, e := range index {
			if e.offset < 0 || e.offset+int64(e.planes)*16 > int64(len(data)) {
				t.Fatalf("an image at %d of %d bytes", e.offset, len(data))
			}
		}
	})
}

// TestStratify checks that every class has its share, and that a file which is added or removed
// moves at most one other.
func TestStratify(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		n := rapid.IntRange(1, 60).Draw(t, "images")
		files, others := fakes(0, 0, n), fakes(1, 0, 7)
		partsOf := func(files []*file) map[[32]byte]int {
			stratify(rapid.Permutation(append(slices.Clone(files), others...)).Draw(t, "order"), 2, seed)
			out := map[[32]byte]int{}
			for _, f := range files {
				out[f.hash] = f.part
			}
			return out
		}
		before := partsOf(files)
		tests := 0
		for _, part := range before {
			if part == test {
				tests++
			}
		}
		if want := math.Round(testShare * float64(n)); float64(tests) != max(want, 1) && n > 1 || n == 1 && tests != 0 {
			t.Fatalf("%d test images of %d", tests, n)
		}
		moved := 0
		for hash, part := range partsOf(append(files, fakes(0, 100, 1)...)) {
			if was, old := before[hash]; old && was != part {
				moved++
			}
		}
		if moved > 1 {
			t.Fatalf("a file more moves %d", moved)
		}
	})
}

// TestPackOfFit checks that ways to fit whose names begin alike are told apart.
func TestPackOfFit(t *testing.T) {
	a := packHeader{4, "crop:share=0.875"}.bytes(1)
	b := packHeader{4, "crop:share=0.95"}.bytes(1)
	if bytes.Equal(a, b) || len(a) != headerBytes || len(b) != headerBytes {
		t.Errorf("headers %q and %q, expected two of %d bytes", a, b, headerBytes)
	}
}
