package folder_test

import (
	"bytes"
	"image/color"
	"path"
	"testing"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/dataset/picture"
)

// TestPartDigest checks that a part is identified by pictures and classes, not by size, fit, or
// what is in other parts.
func TestPartDigest(t *testing.T) {
	base := pets(t, "train/", 0).with(pets(t, "test/", 20))
	set := open(t, base.write(t), folder.Options{Size: 8})
	for name, c := range map[string]struct {
		tree        tree
		opt         folder.Options
		train, test bool // equal
	}{
		"size":            {base, folder.Options{Size: 12}, true, true},
		"grey":            {base, folder.Options{Channels: 1}, true, true},
		"a photo more":    {base.with(tree{"train/cats/new.png": shade(t, 900, 8, 8)}), folder.Options{Size: 8}, false, true},
		"a test more":     {base.with(tree{"test/cats/new.png": shade(t, 900, 8, 8)}), folder.Options{Size: 8}, true, false},
		"another label":   {pets(t, "train/", 0).with(shades(t, "test/dogs", 20, 6), shades(t, "test/cats", 120, 6)), folder.Options{Size: 8}, true, false},
		"another content": {base.with(tree{"test/cats/aa.png": shade(t, 901, 8, 8)}), folder.Options{Size: 8}, true, false},
	} {
		other := open(t, c.tree.write(t), c.opt)
		if set.Train.Digest == "" || (set.Train.Digest == other.Train.Digest) != c.train || (set.Test.Digest == other.Test.Digest) != c.test {
			t.Errorf("%s: train %.8s and %.8s, test %.8s and %.8s", name, set.Train.Digest, other.Train.Digest, set.Test.Digest, other.Test.Digest)
		}
	}
}

// TestDamagedAreReplaced divides again when a picture whose header is sound turns out to be
// damaged: the class is still tested.
func TestDamagedAreReplaced(t *testing.T) {
	half := fixture(t, "source.png")
	for seed := range uint64(8) {
		tr := shades(t, "cats", 0, 3).with(shades(t, "dogs", 100, 3))
		for i := range 3 {
			tr["cats/half"+string(rune('a'+i))+".png"] = append(append([]byte{}, half[:200]...), byte(i))
		}
		set := open(t, tr.write(t), folder.Options{Seed: seed})
		for k, c := range set.Report.Classes {
			if c.Test != 1 || c.Train != 2 {
				t.Errorf("seed %d: class %d has %d and %d images", seed, k, c.Train, c.Test)
			}
		}
		checkImages(t, set, tr)
	}
}

// checkImages compares every image with its picture, of 8 x 8 pixels.
func checkImages(t *testing.T, set *folder.Set, tr tree) {
	t.Helper()
	for _, part := range []folder.Pictures{set.Train, set.Test} {
		for i, name := range part.Files {
			p, err := picture.Decode(tr[name])
			if err != nil {
				t.Fatal(err)
			}
			canvas, err := picture.Render(p, set.Side, set.Fit, color.White)
			if err != nil {
				t.Fatal(err)
			}
			want := picture.Planes(canvas, set.Channels)
			if !bytes.Equal(part.Images[i*len(want):(i+1)*len(want)], want) || set.Classes[part.Labels[i]] != path.Dir(name) {
				t.Errorf("%s has another picture's image, or label", name)
			}
		}
	}
}
