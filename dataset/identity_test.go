package dataset_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestOtherSet finds out that files which are named alike are those of another set.
func TestOtherSet(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"} {
		data, err := os.ReadFile(filepath.Join("mnist", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, name, data)
	}
	clothes, err := dataset.Open(t.Context(), "fashion-mnist", dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []func() (*dataset.Part, error){clothes.Train, clothes.Test} {
		if _, err := part(); !fault.IsInput(err) || !strings.Contains(err.Error(), "not the published fashion-mnist (this is mnist's t") {
			t.Errorf("digits as clothes: %v", err)
		}
	}
	reports, err := dataset.Verify("fashion-mnist", dir)
	if err != nil || reports[0].OK || reports[0].Is != "mnist's train-images-idx3-ubyte" {
		t.Errorf("verified: %+v, %v", reports, err)
	}
	digits, err := dataset.Open(t.Context(), "mnist", dir)
	if err != nil {
		t.Fatal(err)
	}
	inside, err := dataset.Open(t.Context(), "mnist")
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range []func() (*dataset.Part, error){digits.Train, digits.Test} {
		here, err := part()
		if err != nil {
			t.Fatal(err)
		}
		there, err := []func() (*dataset.Part, error){inside.Train, inside.Test}[i]()
		if err != nil {
			t.Fatal(err)
		}
		if len(here.Own) != 0 || here.Digest == "" || here.Digest != there.Digest {
			t.Errorf("the published digits: own %v, digest %s, of the embedded ones %s", here.Own, here.Digest, there.Digest)
		}
	}
	if !digits.Given || inside.Given {
		t.Error("only one of the folders was given")
	}
}

// TestOwnFiles reads files that nobody published, and says so.
func TestOwnFiles(t *testing.T) {
	few, more := idxFolder(t, 3), idxFolder(t, 4)
	var sums []string
	for _, dir := range []string{few, more} {
		d, err := dataset.Open(t.Context(), "mnist", dir)
		if err != nil {
			t.Fatal(err)
		}
		part, err := d.Test()
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(dir, "t10k-images-idx3-ubyte.gz"); len(part.Own) != 2 || part.Own[0] != want {
			t.Errorf("own files %q, expected %s and the labels", part.Own, want)
		}
		sums = append(sums, part.Digest)
	}
	if sums[0] == sums[1] {
		t.Error("other files, the same digest")
	}
}

// TestNoFallback never takes a set from elsewhere than the folders that were given.
func TestNoFallback(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	empty, python := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(python, "cifar-10-batches-py"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		dirs []string
		says []string
	}{
		{"mnist", []string{empty}, []string{empty, "train-images-idx3-ubyte", ".gz"}},
		{"mnist", []string{empty, python}, []string{empty, python}},
		{"fashion-mnist", []string{empty}, []string{"t10k-labels-idx1-ubyte"}},
		{"cifar10", []string{empty}, []string{"data_batch_1.bin", "cifar-10-binary.tar.gz"}},
		{"cifar10", []string{python}, []string{"cifar-10-batches-py is another version: the binary one is needed, https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"}},
		{"cifar10", []string{python, ""}, []string{"data fetch cifar10; ", "cifar-10-batches-py is another version"}},
	} {
		_, err := dataset.Open(t.Context(), c.name, c.dirs...)
		if !fault.IsInput(err) || !errors.Is(err, dataset.ErrNotFound) || !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), "\n") ||
			slices.ContainsFunc(c.says, func(text string) bool { return !strings.Contains(err.Error(), text) }) {
			t.Errorf("%s in %q: %v, expected one line with %q", c.name, c.dirs, err, c.says)
		}
	}
}

// TestMissingFolder tells a folder that is not there from one that has no data set.
func TestMissingFolder(t *testing.T) {
	_, err := dataset.Open(t.Context(), "mnist", filepath.Join(t.TempDir(), "none"))
	if !fault.IsInput(err) || !errors.Is(err, os.ErrNotExist) || errors.Is(err, dataset.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
