package picture_test

import (
	"encoding/json"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestCropShare compares with Pillow as torchvision and timm call it. Pillow rounds and cuts off
// overshoot between the two directions, hence a few levels at sharp edges.
func TestCropShare(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "preprocess", "preprocess.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Cases []struct {
			Picture     string
			Side        int
			Share       float64
			Filter, RGB string
		}
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) < 20 {
		t.Fatalf("%d cases, expected at least 20", len(golden.Cases))
	}
	for _, c := range golden.Cases {
		fit, err := picture.CropShare(c.Share, c.Filter)
		if err != nil {
			t.Fatal(err)
		}
		most, mean := 1, 0.35
		if c.Filter == "bicubic" {
			most, mean = 10, 0.5
		}
		if c.Picture == "waves.png" {
			c.Picture = filepath.Join("preprocess", c.Picture)
		}
		got := render(t, readPicture(t, c.Picture), c.Side, fit)
		largest, average := difference(t, got, c.RGB)
		if largest > most || average > mean {
			t.Errorf("%s at %d, %s: differs from Pillow's by up to %d, %.3f on average", c.Picture, c.Side,
				fit, largest, average)
		}
	}
}

// TestFitText checks that text forms are read, refused and written in full.
func TestFitText(t *testing.T) {
	for text, want := range map[string]picture.Fit{
		"": picture.Crop, "crop": picture.Crop, "pad": picture.Pad, "crop:share=1,filter=bicubic": "crop:share=1",
		"crop:filter=bilinear": "crop:share=1,filter=bilinear", "crop:filter=bilinear, share=7/8": "crop:share=0.875,filter=bilinear", "crop:share=0.95": "crop:share=0.95",
		"crop:chroma=nearest": picture.Crop, "pad:chroma=interpolated": "pad:chroma=interpolated",
		"crop:chroma=interpolated,filter=bilinear": "crop:share=1,filter=bilinear,chroma=interpolated",
	} {
		got, err := picture.ParseFit(text)
		if err != nil || got != want {
			t.Errorf("%q is %q, %v, expected %q", text, got, err, want)
		}
		if again, err := picture.ParseFit(string(got)); err != nil || again != got {
			t.Errorf("%q is read as %q, %v", got, again, err)
		}
	}
	for text, want := range map[string]string{
		"crop:share=0":        "share is 0, expected more than 0",
		"crop:share=1.1":      "share is 1.1",
		"crop:filter=lanczos": `filter`,
		"pad:share=0.5":       `unknown key "share", expected one of chroma`,
		"pad:chroma=smooth":   `unknown chroma "smooth", expected one of interpolated, nearest`,
		"crop:0.875":          "expected key=value",
		"crap":                `did you mean "crop"?`,
	} {
		if _, err := picture.ParseFit(text); err == nil || !fault.IsInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, expected %q", text, err, want)
		}
	}
}

// TestCropShareOfStrips checks that the longer extent of a strip does not decide what scaling takes.
func TestCropShareOfStrips(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {1, 60000}, {60000, 1}, {3, 17}} {
		strip := image.NewRGBA(image.Rectangle{Max: size})
		for i := range strip.Pix {
			strip.Pix[i] = 255
		}
		got := render(t, picture.Picture{Image: strip}, 64, "crop:share=0.5")
		for i, v := range got.Pix {
			if v != 255 {
				t.Fatalf("%v: byte %d is %d, expected 255", size, i, v)
			}
		}
	}
	wide := image.NewRGBA(image.Rect(0, 0, 40, 10)) // black, with a white square in the middle
	for y := range 10 {
		for x := 15; x < 25; x++ {
			wide.Set(x, y, color.White)
		}
		for x := range 40 {
			wide.Pix[wide.PixOffset(x, y)+3] = 255
		}
	}
	got, err := picture.RenderTo(picture.Picture{Image: wide}, 10, 10, "crop:share=0.5,filter=bilinear", color.White)
	if err != nil {
		t.Fatal(err)
	}
	if c := got.RGBAAt(5, 5); c.R != 255 {
		t.Errorf("the middle is %v, expected white", c)
	}
}
