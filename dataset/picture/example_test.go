package picture_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"

	"github.com/gradreg/gradreg/dataset/picture"
)

// A picture file becomes the planes of a training image: red, green and blue, each row by row.
func Example() {
	drawing := image.NewRGBA(image.Rect(0, 0, 60, 40)) // left half red, right half blue
	for y := range 40 {
		for x := range 60 {
			c := color.RGBA{R: 255, A: 255}
			if x >= 30 {
				c = color.RGBA{B: 255, A: 255}
			}
			drawing.Set(x, y, c)
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, drawing); err != nil {
		log.Fatal(err)
	}

	p, err := picture.Decode(file.Bytes())
	if err != nil {
		log.Fatal(err)
	}
	const side = 4
	square, err := picture.Render(p, side, picture.Crop, color.White)
	if err != nil {
		log.Fatal(err)
	}
	planes := picture.Planes(square, 3)
	for c, name := range []string{"red  ", "green", "blue "} {
		row := planes[c*side*side:][:side]
		fmt.Println(name, row[0], row[side-1])
	}
	// Output:
	// red   255 0
	// green 0 0
	// blue  0 255
}
