package study

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestStudyOfNumbers refuses a study of a folder that has no classes, before it begins.
func TestStudyOfNumbers(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	table := "file,level\n"
	for i := range 20 {
		name := fmt.Sprintf("%d.png", i)
		picture := image.NewGray(image.Rect(0, 0, 32, 32))
		picture.SetGray(i%8, i/8, color.Gray{Y: 200})
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, picture); err != nil {
			t.Fatal(err)
		}
		f.Close()
		table += fmt.Sprintf("%s,%d.5\n", name, i)
	}
	if err := os.WriteFile(filepath.Join(dir, "labels.csv"), []byte(table), 0o666); err != nil {
		t.Fatal(err)
	}
	spec, err := Read([]byte("name: x\ntitle: t\ndata: [" + dir + "]\ntrain_sizes: [10]\nseeds: 2\nbaseline: none\nmethods: [{name: none}, {name: a, regularizers: [\"datagrad:1\"]}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Identify(t.Context(), spec, classify.Options{}); !fault.IsInput(err) || !strings.Contains(err.Error(), "task regression") {
		t.Errorf("error %v, expected one about the task", err)
	}
}
