// Package idxtest writes data sets of few images in the files that MNIST is published in, for tests
// whose subject is not the data: opening 1000 digits and scoring a few hundred takes a hundredth of
// what all 70,000 take.
package idxtest

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/dataset"
)

// Train and Test are how many images of each part [Few] writes.
const (
	Train = 1000
	Test  = 300
)

// Few writes the first digits of both parts of MNIST to a folder of the test's, which it returns.
func Few(t testing.TB) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := Digits(dir, Train, Test); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Main runs the tests of a package, for its TestMain, with a folder as [Few] writes it that serves all
// of them: it is in dirs while they run. It returns the exit code.
func Main(m *testing.M, dirs *[]string) int {
	dir, err := os.MkdirTemp("", "idxtest")
	if err == nil {
		defer os.RemoveAll(dir)
		err = Digits(dir, Train, Test)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	*dirs = []string{dir}
	return m.Run()
}

// Digits writes the first train and test digits of MNIST to a folder: files that are not packed, so
// that many processes can read them without unpacking each. With 60,000 and 10,000 they are the
// published ones.
func Digits(dir string, train, test int) error {
	mnist, err := dataset.Open(context.Background(), "mnist")
	if err != nil {
		return err
	}
	training, err := mnist.Train()
	if err != nil {
		return err
	}
	official, err := mnist.Test()
	if err != nil {
		return err
	}
	return Write(dir, First(training, train), First(official, test))
}

// First returns a part of the first n images of another.
func First(p *dataset.Part, n int) *dataset.Part {
	return &dataset.Part{Shape: p.Shape, Images: p.Images[:n*p.Shape.Size()], Labels: p.Labels[:n]}
}

// Write writes two parts of grey images to a folder that is there, under the names of MNIST's files.
func Write(dir string, train, test *dataset.Part) error {
	for name, p := range map[string]*dataset.Part{"train": train, "t10k": test} {
		labels := make([]byte, p.Len())
		for i, class := range p.Labels {
			labels[i] = byte(class)
		}
		n, h, w := uint32(p.Len()), uint32(p.Shape.H), uint32(p.Shape.W)
		for file, content := range map[string][]byte{
			"-images-idx3-ubyte": slices.Concat(words(0x803, n, h, w), p.Images),
			"-labels-idx1-ubyte": slices.Concat(words(0x801, n), labels),
		} {
			if err := os.WriteFile(filepath.Join(dir, name+file), content, 0o666); err != nil {
				return err
			}
		}
	}
	return nil
}

// words returns the header of an IDX file.
func words(values ...uint32) []byte {
	var out []byte
	for _, v := range values {
		out = binary.BigEndian.AppendUint32(out, v)
	}
	return out
}
