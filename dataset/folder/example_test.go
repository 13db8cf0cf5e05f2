package folder_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"os"
	"path/filepath"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/dataset/picture"
)

// A folder with a folder of pictures for each class is opened, and what is wrong with it is listed.
func Example() {
	dir, err := os.MkdirTemp("", "photos")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for i, name := range []string{"dark/1.png", "dark/2.png", "dark/3.png", "light/1.png", "light/2.png", "light/copy.png"} {
		shade := color.Gray{uint8(20*i + 100*(i/3))}
		if name == "light/copy.png" {
			shade = color.Gray{180}
		}
		drawing := image.NewGray(image.Rect(0, 0, 40, 30))
		for p := range drawing.Pix {
			drawing.Pix[p] = shade.Y + uint8(p%40)
		}
		var b bytes.Buffer
		if err := png.Encode(&b, drawing); err != nil {
			log.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			log.Fatal(err)
		}
	}
	set, err := folder.Open(context.Background(), dir, folder.Options{Fit: picture.Pad, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v of %d x %d pixels, %d channel\n", set.Classes, set.Side, set.Side, set.Channels)
	for _, p := range set.Report.Problems {
		fmt.Println(p)
	}
	// Output:
	// [dark light] of 28 x 28 pixels, 1 channel
	// light/2.png, light/copy.png: the same picture; used: light/2.png
}
