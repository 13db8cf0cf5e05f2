package folder_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/fault"
)

// odd returns a folder with all that folders of pictures have come with.
func odd(t testing.TB) string {
	t.Helper()
	bomb := fixture(t, "source.png")[:33:33]
	bomb = append(append([]byte{}, bomb...), "and no more"...)
	long := shade(t, 900, 300, 2)
	dir := shades(t, "cats", 0, 20).with(shades(t, "dogs", 100, 20), tree{
		"cats/UPPER.JPG": fixture(t, "baseline.jpg"), "cats/turned.jpeg": fixture(t, "orientation6.jpg"), "cats/grey.Png": fixture(t, "grey.png"),
		"cats/progressive.jpe": fixture(t, "progressive.jpg"), "cats/print.jpg": fixture(t, "cmyk.jpg"), "cats/wide.png": long,
		"cats/deep/er/alpha.webp": fixture(t, "alpha.webp"), "cats/ümlaut 猫.gif": fixture(t, "animated.gif"), "cats/moving.webp": fixture(t, "animated.webp"),
		"dogs/palette.bmp": fixture(t, "palette.bmp"), "dogs/lossy.WEBP": fixture(t, "lossy.webp"), "dogs/palette.png": fixture(t, "palette-alpha.png"),
		"dogs/really-a-png.jpg": fixture(t, "orientation5.png"), "dogs/dot.png": shade(t, 901, 1, 1), "dogs/tall.png": shade(t, 902, 1, 200),
		"dogs/sixteen.png": encode(t, image.NewGray16(image.Rect(0, 0, 9, 9))),
		// What is passed over in silence.
		"Thumbs.db": nil, ".DS_Store": nil, "cats/.hidden.jpg": nil, "cats/desktop.ini": nil, "dogs/._dot.png": nil, "__MACOSX/cats/x.png": nil,
		".git/config": nil, "dogs/dot.png~": nil,
		// What is noted.
		"cats/readme.txt": []byte("cats"), "stray.png": shade(t, 903, 8, 8),
		"cats/empty.png": {}, "cats/text.jpg": []byte("not a picture"), "dogs/half.png": fixture(t, "source.png")[:200], "dogs/photo.jpg": []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"),
		"dogs/cut.png":  bomb,
		"cats/copy.png": shade(t, 1, 8, 8), "dogs/cat-3.png": shade(t, 3, 8, 8),
	}).write(t)
	if err := os.Symlink("aa.png", filepath.Join(dir, "cats", "link.png")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	if err := os.Symlink("nowhere.png", filepath.Join(dir, "cats", "broken.png")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestOddFolder checks what becomes of every oddity.
func TestOddFolder(t *testing.T) {
	dir := odd(t)
	set := open(t, dir, folder.Options{})
	want := map[folder.Kind][]string{
		folder.Unreadable: {"cats/broken.png", "cats/empty.png", "cats/text.jpg", "dogs/cut.png", "dogs/half.png", "dogs/photo.jpg"},
		folder.TwoClasses: {"cats/da.png"}, folder.Duplicate: {"cats/aa.png", "cats/ba.png"}, folder.Ignored: {"cats/readme.txt", "stray.png"},
	}
	got := pathsOf(set.Report)
	for _, kind := range []folder.Kind{folder.Unreadable, folder.TwoClasses, folder.TwoParts, folder.Duplicate, folder.Ignored, folder.NoTest} {
		if !slices.Equal(got[kind], want[kind]) {
			t.Errorf("%s: found %q, expected %q", kind, got[kind], want[kind])
		}
	}
	all := slices.Concat(set.Train.Files, set.Test.Files)
	// 20 and 9 odd cats, less the one that is a dog, too; 20 and 7 odd dogs.
	if len(all) != 28+27 || len(set.Val.Files) != 0 || !slices.Equal(set.Classes, []string{"cats", "dogs"}) {
		t.Errorf("%d and %d images of %q, expected 55", len(set.Train.Files), len(set.Test.Files), set.Classes)
	}
	if set.Side != 8 || set.Channels != 3 || set.Report.Width != (folder.Spread{Min: 1, Median: 8, Max: 300}) || set.Report.Height != (folder.Spread{Min: 1, Median: 8, Max: 200}) {
		t.Errorf("size %d, %d channels, widths %v, heights %v", set.Side, set.Channels, set.Report.Width, set.Report.Height)
	}
	if _, err := folder.Open(context.Background(), dir, folder.Options{Strict: true}); err == nil || !fault.IsInput(err) ||
		!strings.Contains(err.Error(), "cats/broken.png: a link to nothing (strict); ") {
		t.Errorf("strict: %v", err)
	}
}

// TestImagesAreThePictures checks labels, files and pixels against a picture drawn alone.
func TestImagesAreThePictures(t *testing.T) {
	dir := odd(t)
	for _, fit := range []picture.Fit{picture.Crop, picture.Pad, picture.Stretch} {
		set := open(t, dir, folder.Options{Fit: fit, Size: 12})
		for i, name := range set.Train.Files {
			data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
			if err != nil {
				t.Fatal(err)
			}
			p, err := picture.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			canvas, err := picture.Render(p, 12, fit, color.White)
			if err != nil {
				t.Fatal(err)
			}
			want := picture.Planes(canvas, 3)
			if got := set.Train.Images[i*3*12*12:][:3*12*12]; !slices.Equal(got, want) {
				t.Errorf("%s, %s: other pixels", fit, name)
			}
			if class := set.Classes[set.Train.Labels[i]]; !strings.HasPrefix(name, class+"/") {
				t.Errorf("%s is a %s", name, class)
			}
		}
	}
}

// TestGrey checks that a folder of grey pictures has one channel, that one pixel of colour makes three, and that both can be
// asked for.
func TestGrey(t *testing.T) {
	grey := tree{}
	for i := range 12 {
		img := image.NewNRGBA(image.Rect(0, 0, 8, 8)) // a format of colour pictures
		for p := range 64 {
			img.Set(p%8, p/8, color.Gray{uint8(3*p + i)})
		}
		grey[[]string{"a", "b"}[i%2]+"/"+string(rune('a'+i))+".png"] = encode(t, img)
	}
	dir := grey.write(t)
	one := open(t, dir, folder.Options{})
	three := open(t, dir, folder.Options{Channels: 3})
	if one.Channels != 1 || three.Channels != 3 || 3*len(one.Train.Images) != len(three.Train.Images) {
		t.Fatalf("%d and %d channels", one.Channels, three.Channels)
	}
	for i := range one.Train.Files {
		for plane := range 3 {
			if !slices.Equal(one.Train.Images[i*64:][:64], three.Train.Images[(3*i+plane)*64:][:64]) {
				t.Fatalf("image %d: plane %d differs from the grey one", i, plane)
			}
		}
	}
	colour := grey.with(tree{"a/red.png": shade(t, 255, 8, 8)}).write(t)
	if set := open(t, colour, folder.Options{}); set.Channels != 3 {
		t.Errorf("%d channels with a picture in colour", set.Channels)
	}
	if set := open(t, colour, folder.Options{Channels: 1}); set.Channels != 1 || len(set.Train.Images) != 64*len(set.Train.Files) {
		t.Errorf("%d channels where one is asked for", set.Channels)
	}
}

// TestDefaultSize checks the rule for the size.
func TestDefaultSize(t *testing.T) {
	for short, want := range map[int]int{5: 8, 28: 28, 31: 28, 64: 64, 65: 64, 300: 64} {
		dir := tree{
			"a/1.png": shade(t, 1, short, short+9), "a/2.png": shade(t, 2, short+9, short), "b/3.png": shade(t, 3, short, short), "b/4.png": shade(t, 4, 400, 400),
		}.write(t)
		if set := open(t, dir, folder.Options{}); set.Side != want {
			t.Errorf("shorter sides of %d: size %d, expected %d", short, set.Side, want)
		}
	}
}

// TestParts checks which folder is which part.
func TestParts(t *testing.T) {
	classes := func(part string, first int) tree {
		return shades(t, part+"/a", first, 2).with(shades(t, part+"/b", first+2, 2))
	}
	for name, c := range map[string]struct {
		tree             tree
		train, val, test int
		divided          string
	}{
		"train, val":         {classes("train", 0).with(classes("val", 10)), 4, 0, 4, "by folders, test images from val"},
		"train, test":        {classes("Train", 0).with(classes("TEST", 10)), 4, 0, 4, "by folders, test images from TEST"},
		"all":                {classes("training", 0).with(classes("validation", 10), classes("testing", 20)), 4, 4, 4, "by folders, test images from testing"},
		"train alone":        {shades(t, "train/a", 0, 9).with(shades(t, "train/b", 20, 9)), 18, 0, 0, "a fifth of each class, by seed 0"},
		"a class of trains":  {shades(t, "train", 0, 10).with(shades(t, "bus", 10, 10)), 20, 0, 0, "a fifth of each class, by seed 0"},
		"a class not tested": {classes("train", 0).with(shades(t, "test/b", 30, 1)), 4, 0, 1, "by folders, test images from test"},
	} {
		set := open(t, c.tree.write(t), folder.Options{})
		train, val, test := len(set.Train.Labels), len(set.Val.Labels), len(set.Test.Labels)
		if c.test == 0 && test > 0 && train > test { // divided by the seed: any shares
			train, test = train+test, 0
		}
		if train != c.train || val != c.val || test != c.test || set.Report.Divided != c.divided {
			t.Errorf("%s: %d, %d, %d %s, expected %d, %d, %d %s", name, train, val, test, set.Report.Divided, c.train, c.val, c.test, c.divided)
		}
		for k, count := range set.Report.Classes {
			if untested := slices.Contains(pathsOf(set.Report)[folder.NoTest], set.Classes[k]); untested != (count.Test == 0) {
				t.Errorf("%s: class %s with %d test images is reported: %v", name, count.Name, count.Test, untested)
			}
		}
	}
}

// TestCopies checks which of equal files are used.
func TestCopies(t *testing.T) {
	x := shade(t, 500, 8, 8)
	base := shades(t, "train/a", 0, 3).with(shades(t, "train/b", 10, 3), shades(t, "val/a", 20, 2), shades(t, "val/b", 30, 2), shades(t, "test/a", 40, 2), shades(t, "test/b", 50, 2))
	for name, c := range map[string]struct {
		copies []string
		used   string // empty for none
		kind   folder.Kind
	}{
		"in a part":       {[]string{"train/a/y.png", "train/a/x.png"}, "train/a/x.png", folder.Duplicate},
		"in two parts":    {[]string{"train/a/x.png", "val/a/y.png"}, "val/a/y.png", folder.TwoParts},
		"in three parts":  {[]string{"train/a/x.png", "val/a/x.png", "test/a/x.png", "test/a/z.png"}, "test/a/x.png", folder.TwoParts},
		"in two classes":  {[]string{"train/a/x.png", "train/b/x.png"}, "", folder.TwoClasses},
		"in all of them":  {[]string{"train/a/x.png", "test/b/x.png", "test/b/y.png"}, "", folder.TwoClasses},
		"in three copies": {[]string{"train/b/1.png", "train/b/2.png", "train/b/3.png"}, "train/b/1.png", folder.Duplicate},
	} {
		with := tree{}
		for _, path := range c.copies {
			with[path] = x
		}
		set := open(t, base.with(with).write(t), folder.Options{})
		var used []string
		for _, path := range slices.Concat(set.Train.Files, set.Val.Files, set.Test.Files) {
			if slices.Contains(c.copies, path) {
				used = append(used, path)
			}
		}
		if strings.Join(used, " ") != c.used {
			t.Errorf("%s: %q are used, expected %q", name, used, c.used)
		}
		problems := set.Report.Problems
		if len(problems) != 1 || problems[0].Kind != c.kind || !sameElements(problems[0].Paths, c.copies) {
			t.Errorf("%s: reported as %v", name, problems)
		}
	}
}

func sameElements(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// TestNothingElseMoves checks that names decide nothing, and that adding and removing files moves
// no other where each is divided by its own content.
func TestNothingElseMoves(t *testing.T) {
	base := shades(t, "a", 0, 60).with(shades(t, "b", 100, 60))
	before := open(t, base.write(t), folder.Options{Seed: 7, Division: folder.ByContent})
	renamed := tree{}
	for name, data := range base {
		class, file, _ := strings.Cut(name, "/")
		renamed[class+"/new/zz-"+file] = data
	}
	after := open(t, renamed.write(t), folder.Options{Seed: 7, Division: folder.ByContent})
	if !slices.Equal(before.Train.Images, after.Train.Images) || !slices.Equal(before.Test.Images, after.Test.Images) {
		t.Error("other names make other parts")
	}
	changed := base.with(shades(t, "b/more", 300, 25))
	delete(changed, "a/aa.png")
	delete(changed, "b/ba.png")
	after = open(t, changed.write(t), folder.Options{Seed: 7, Division: folder.ByContent})
	was := map[string]bool{}
	for _, name := range before.Test.Files {
		was[name] = true
	}
	tests := 0
	for _, name := range after.Test.Files {
		if _, old := base[name]; old {
			tests++
			if !was[name] {
				t.Errorf("%s moved to the test part", name)
			}
		}
	}
	for _, name := range after.Train.Files {
		if was[name] {
			t.Errorf("%s moved to the training part", name)
		}
	}
	if tests == 0 || tests == len(base) {
		t.Errorf("%d of %d are test images", tests, len(base))
	}
	if other := open(t, base.write(t), folder.Options{Seed: 8, Division: folder.ByContent}); slices.Equal(filesOf(other.Test), filesOf(before.Test)) {
		t.Error("another seed makes the same parts")
	}
}

// TestThreads checks that the number of processors changes nothing.
func TestThreads(t *testing.T) {
	dir := odd(t)
	before := open(t, dir, folder.Options{})
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	alone := open(t, dir, folder.Options{})
	if !same(before, alone) || len(before.Report.Problems) != len(alone.Report.Problems) {
		t.Error("one processor makes another set")
	}
}

// TestRefused checks what is no set, each in one line that is the input's fault.
func TestRefused(t *testing.T) {
	two := shades(t, "a", 0, 3).with(shades(t, "b", 10, 3))
	outside := shades(t, "c", 20, 1).write(t)
	for name, c := range map[string]struct {
		tree tree
		opt  folder.Options
		want string
	}{
		"nothing":             {tree{}, folder.Options{}, "found no folders, expected a folder of pictures for each class"},
		"pictures alone":      {tree{"x.png": shade(t, 1, 8, 8)}, folder.Options{}, "found no folders"},
		"one class":           {shades(t, "a", 0, 3), folder.Options{}, "found the one class a, expected at least 2"},
		"packed":              {shades(t, "x/a", 0, 3).with(shades(t, "x/b", 9, 3)), folder.Options{}, "are the classes those in "},
		"empty class":         {two.with(tree{"c/": nil}), folder.Options{}, "class c has no pictures: found none in c with an ending of .jpg"},
		"class of texts":      {two.with(tree{"c/a.txt": nil}), folder.Options{}, "class c has no pictures"},
		"unreadable class":    {two.with(tree{"c/a.png": []byte("?")}), folder.Options{}, "class c has no picture to train on (c/a.png: not a JPEG"},
		"truncated class":     {two.with(tree{"c/a.png": fixture(t, "source.png")[:300]}), folder.Options{}, "class c has no picture to train on (c/a.png: damaged"},
		"contradictory class": {two.with(tree{"c/a.png": shade(t, 1, 8, 8)}), folder.Options{}, "class c has no picture to train on"},
		"unknown class":       {shades(t, "train/cat", 0, 2).with(shades(t, "train/dog", 5, 2), shades(t, "test/cats", 9, 1)), folder.Options{}, `test/cats: unknown class "cats" (did you mean "cat"?)`},
		"no train":            {shades(t, "test/a", 0, 2).with(shades(t, "test/b", 5, 2)), folder.Options{}, "found the folder test with folders in it, but no folder train"},
		"two trains":          {shades(t, "train/a", 0, 2).with(shades(t, "training/b", 5, 2)), folder.Options{}, "found the folders train and training"},
		"size":                {two, folder.Options{Size: 3}, "size is 3, expected 4 to 1024"},
		"channels":            {two, folder.Options{Channels: 2}, "channels is 2, expected 1 or 3"},
		"division":            {two, folder.Options{Division: "stratifyed"}, `did you mean "stratified"?`},
		"fit":                 {two, folder.Options{Fit: "padd"}, `did you mean "pad"?`},
	} {
		dir := c.tree.write(t)
		_, err := folder.Open(context.Background(), dir, c.opt)
		if err == nil || !fault.IsInput(err) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, expected %q", name, err, c.want)
		}
	}
	broken := filepath.Join(outside, "broken")
	if err := os.Symlink("nowhere", broken); err != nil {
		t.Fatal(err)
	}
	for path, missing := range map[string]bool{
		filepath.Join(outside, "nowhere"):     true,
		broken:                                true,
		filepath.Join(outside, "c", "aa.png"): false,
	} {
		_, err := folder.Open(context.Background(), path, folder.Options{})
		if !fault.IsInput(err) || errors.Is(err, os.ErrNotExist) != missing {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestCancelled checks that an end of the context ends the work.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	_, err := folder.Open(ctx, odd(t), folder.Options{Progress: func(p folder.Progress) {
		if calls++; p.Phase == "decoding" {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || fault.IsInput(err) || calls == 0 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

// TestFlowers checks the photos in GRADREG_DATA: their three pairs of equal files.
func TestFlowers(t *testing.T) {
	dir := filepath.Join(os.Getenv("GRADREG_DATA"), "flowers-small")
	if _, err := os.Stat(dir); os.Getenv("GRADREG_DATA") == "" || err != nil {
		t.Skip("set GRADREG_DATA to a folder with flowers-small")
	}
	set := open(t, dir, folder.Options{})
	found := pathsOf(set.Report)
	if len(found[folder.TwoClasses]) != 1 || len(found[folder.Duplicate]) != 2 || len(set.Report.Problems) != 3 {
		t.Errorf("found %v", set.Report.Problems)
	}
	if len(set.Train.Labels) != 2930 || len(set.Test.Labels) != 736 || len(set.Classes) != 5 || set.Side != 64 {
		t.Errorf("%d and %d images of %d classes, size %d", len(set.Train.Labels), len(set.Test.Labels), len(set.Classes), set.Side)
	}
}
