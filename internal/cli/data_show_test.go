package cli_test

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gradreg/gradreg/internal/idxtest"
)

// TestDataShow runs the scripts of testdata/show, in a folder with the pictures of two classes in photos.
func TestDataShow(t *testing.T) {
	few := idxtest.Few(t)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "show"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("FEW", few)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			return writePhotos(filepath.Join(env.WorkDir, "photos"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "oneline": oneLine, "disk": disk, "pngsize": pngSize},
		Condition: func(name string) (bool, error) {
			if name != "mount" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			dir := t.TempDir()
			err := mount(dir, "64k")
			if err == nil {
				err = exec.Command("umount", dir).Run()
			}
			return err == nil, nil
		},
	})
}

// writePhotos writes 15 pictures of each of two classes, of 40 × 30 pixels.
func writePhotos(dir string) error {
	for k, class := range []string{"moon", "sun"} {
		if err := os.MkdirAll(filepath.Join(dir, class), 0o755); err != nil {
			return err
		}
		for i := range 15 {
			img := image.NewNRGBA(image.Rect(0, 0, 40, 30))
			for p := range 40 * 30 {
				img.Set(p%40, p/40, color.NRGBA{uint8(120*k + 5*i), uint8(120*k + p%40), uint8(90 + p/40), 255})
			}
			f, err := os.Create(filepath.Join(dir, class, fmt.Sprintf("%02d.PNG", i)))
			if err != nil {
				return err
			}
			if err := png.Encode(f, img); err != nil {
				return err
			}
			if err := f.Close(); err != nil {
				return err
			}
		}
	}
	return nil
}

// pngSize checks that a file is a picture with more pixels in both directions: pngsize FILE WIDTH HEIGHT.
func pngSize(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	img, err := png.Decode(f)
	ts.Check(err)
	var w, h int
	_, err = fmt.Sscan(args[1]+" "+args[2], &w, &h)
	ts.Check(err)
	if size := img.Bounds().Size(); size.X <= w || size.Y <= h {
		ts.Fatalf("%s has %v pixels, expected more than %d x %d", args[0], size, w, h)
	}
}
