package classify_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/model"
)

// tinted returns a PNG of 8 by 8 pixels of one colour with some noise.
func tinted(red, blue uint8, r *rand.Rand) []byte {
	picture := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for j := range 64 {
		picture.SetRGBA(j%8, j/8, color.RGBA{R: red + uint8(r.IntN(30)), G: uint8(r.IntN(30)), B: blue + uint8(r.IntN(30)), A: 255})
	}
	var data bytes.Buffer
	if err := png.Encode(&data, picture); err != nil {
		panic(err)
	}
	return data.Bytes()
}

// labelled writes a folder of 200 pictures with a labels.csv, whose rows line gives, of a red and a blue
// from 0 to 1.
func labelled(dir, header string, line func(red, blue float64) string) error {
	r := rand.New(rand.NewPCG(3, 4))
	var table strings.Builder
	fmt.Fprintln(&table, header)
	for i := range 200 {
		red, blue := r.Float64(), r.Float64()
		name := fmt.Sprintf("%03d.png", i)
		if err := os.WriteFile(filepath.Join(dir, name), tinted(uint8(220*red), uint8(220*blue), r), 0o666); err != nil {
			return err
		}
		fmt.Fprintf(&table, "%s,%s\n", name, line(red, blue))
	}
	return os.WriteFile(filepath.Join(dir, "labels.csv"), []byte(table.String()), 0o666)
}

// forFolder is a short run on a folder.
func forFolder(data string) classify.Config {
	cfg := classify.Default()
	cfg.Data, cfg.TrainSize, cfg.Size, cfg.Augment = dataset.ParseSource(data), 0, 8, ""
	cfg.Model, cfg.Regularizers = model.ParseSpec("mlp:hidden=32"), gradreg.Specs("datagrad:0.001")
	cfg.Steps, cfg.Batch, cfg.EvalEvery = 400, 20, 0
	return cfg
}

// A picture may be reddish, bluish, both or neither. labels.csv has a column of 0 and 1 for each label.
func Example_severalLabels() {
	dir, err := os.MkdirTemp("", "labels")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	has := func(v float64) int { return int(math.Round(v)) }
	data, out := filepath.Join(dir, "pictures"), filepath.Join(dir, "run")
	if err := os.Mkdir(data, 0o777); err != nil {
		fmt.Println(err)
		return
	}
	err = labelled(data, "file,reddish,bluish", func(red, blue float64) string { return fmt.Sprint(has(red), ",", has(blue)) })
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := classify.Run(context.Background(), forFolder(data), classify.Options{Dir: out})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Task, s.Name, s.Quality > 0.85)

	m, err := classify.Load(filepath.Join(out, classify.ModelFile), 1, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	p, err := m.PredictPicture(tinted(200, 10, rand.New(rand.NewPCG(1, 1))), false)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Classes, p[0] > 0.9, p[1] < 0.1)
	// Output:
	// multi-label label accuracy true
	// [reddish bluish] true true
}

// What is to be told of a picture are two numbers. Answers are in the units of labels.csv.
func Example_regression() {
	dir, err := os.MkdirTemp("", "numbers")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	data, out := filepath.Join(dir, "pictures"), filepath.Join(dir, "run")
	if err := os.Mkdir(data, 0o777); err != nil {
		fmt.Println(err)
		return
	}
	err = labelled(data, "file,warmth,depth", func(red, blue float64) string { return fmt.Sprintf("%.3f,%.3f", 1000+100*red, -blue) })
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := classify.Run(context.Background(), forFolder(data), classify.Options{Dir: out})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Task, s.Name, s.Quality < 15)

	m, err := classify.Load(filepath.Join(out, classify.ModelFile), 1, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	p, err := m.PredictPicture(tinted(110, 110, rand.New(rand.NewPCG(1, 1))), false)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(math.Abs(p[0]-1050) < 15, math.Abs(p[1]+0.5) < 0.15)
	// Output:
	// regression root mean squared error true
	// true true
}
