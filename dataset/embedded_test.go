package dataset

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"slices"
	"testing"
	"testing/fstest"
)

// TestEmbeddedDigest computes what is not computed for every run.
func TestEmbeddedDigest(t *testing.T) {
	for _, s := range rows() {
		if !s.Embedded {
			continue
		}
		d, err := s.open(nil)
		if err != nil {
			t.Fatal(err)
		}
		known, err := d.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := d.compute(); err != nil || got != known || known != s.digest {
			t.Errorf("the digest of the embedded %s is %s, %v, expected %s", s.Name, got, err, s.digest)
		}
	}
}

// TestSecondEmbedded opens another set that comes with the program: its parts are its own, and
// read once per process.
func TestSecondEmbedded(t *testing.T) {
	packed := func(header []uint32, data ...byte) *fstest.MapFile {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		for _, v := range header {
			binary.Write(z, binary.BigEndian, v)
		}
		z.Write(data)
		z.Close()
		return &fstest.MapFile{Data: b.Bytes()}
	}
	s := row{
		Info:  Info{Name: "dots", Classes: []string{"dark", "light"}, Shape: Shape{1, 1, 1}, Train: 2, Test: 1, Embedded: true},
		files: []file{{name: "a", size: 100}, {name: "b", size: 100}, {name: "c", size: 100}, {name: "d", size: 100}}, trainFiles: 2,
		parse: parseIDX,
		inside: fstest.MapFS{
			"a.gz": packed([]uint32{magicImages, 2, 1, 1}, 10, 200), "b.gz": packed([]uint32{magicLabels, 2}, 0, 1),
			"c.gz": packed([]uint32{magicImages, 1, 1, 1}, 220), "d.gz": packed([]uint32{magicLabels, 1}, 1),
		},
	}
	d, err := s.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	train, test, err := d.Parts()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(train.Images, []byte{10, 200}) || !slices.Equal(train.Labels, []int32{0, 1}) ||
		!slices.Equal(test.Images, []byte{220}) || !slices.Equal(test.Labels, []int32{1}) {
		t.Errorf("found %d and %d images, expected the two and the one of the set", train.Len(), test.Len())
	}
	digest, err := d.Digest()
	if embedded := mnist(); err != nil || digest == embedded.digest {
		t.Errorf("digest %s, %v, expected its own", digest, err)
	}
	again, err := s.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	if part, err := again.Train(); err != nil || part != train {
		t.Errorf("the part was read twice: %v", err)
	}
}
