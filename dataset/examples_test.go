package dataset_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"log"

	"github.com/gradreg/gradreg/dataset"
)

func ExampleOpen() {
	d, err := dataset.Open(context.Background(), "mnist")
	if err != nil {
		log.Fatal(err)
	}
	test, err := d.Test()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Name, d.Shape, test.Len(), d.Classes[test.Labels[0]])
	// Output: mnist 1x28x28 10000 7
}

// A text is parsed once, and its source is asked for what differs between the kinds of data.
func ExampleParseSource() {
	for _, text := range []string{"mnist", "holidays/photos", "memory:stripes"} {
		s := dataset.ParseSource(text)
		info, known := s.Info()
		fmt.Println(s.Name(), known, s.LookedUp(), s.Resizable(), info.Defaults.LambdaFor(2000))
	}
	// Output:
	// mnist true true false 50
	// photos false false true 0.5
	// memory:stripes false false false 0.5
}

// Download CIFAR-10 unless it is there, and then open it.
func ExampleFetch() {
	result, err := dataset.Fetch(context.Background(), "cifar10", dataset.FetchOptions{
		Progress: func(p dataset.FetchProgress) {
			fmt.Printf("\r%s %3.0f %% %s", p.File, 100*float64(p.Done)/float64(p.Total), p.Note)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("in", result.Folder)
	d, err := dataset.Open(context.Background(), "cifar10")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Classes)
}

func ExampleOpen_unknown() {
	_, err := dataset.Open(context.Background(), "minst")
	fmt.Println(err)
	// Output: unknown data set "minst" (did you mean "mnist"?), expected one of cifar10, cifar100, fashion-mnist, mnist; nor is there a folder of that name
}

// The whole way from files to the numbers of the first step.
func ExampleBatches() {
	d, err := dataset.Open(context.Background(), "mnist")
	if err != nil {
		log.Fatal(err)
	}
	part, err := d.Train()
	if err != nil {
		log.Fatal(err)
	}
	division, err := dataset.Divide(part, 2000, 1)
	if err != nil {
		log.Fatal(err)
	}
	n := dataset.Statistics(division.Train)
	batches, err := dataset.NewBatches(division.Train, n, 50, 1)
	if err != nil {
		log.Fatal(err)
	}
	images, labels := make([]float32, 50*d.Shape.Size()), make([]int32, 50)
	batches.Fill(0, images, labels)
	fmt.Printf("%d training and %d dev images, mean %.3f, std %.3f\n", division.Train.Len(), division.Dev.Len(), n.Mean[0], n.Std[0])
	fmt.Printf("black is %.3f; labels %v ...\n", images[0], labels[:5])
	// Output:
	// 2000 training and 10000 dev images, mean 0.130, std 0.307
	// black is -0.422; labels [4 4 1 5 8] ...
}

func ExampleDecodePicture() {
	paper := image.NewGray(image.Rect(0, 0, 56, 56))
	for i := range paper.Pix {
		paper.Pix[i] = 255
	}
	var file bytes.Buffer
	if err := png.Encode(&file, paper); err != nil {
		log.Fatal(err)
	}
	pixels, err := dataset.DecodePicture(file.Bytes(), dataset.Shape{C: 1, H: 28, W: 28}, true)
	fmt.Println(len(pixels), pixels[0], err)
	// Output: 784 0 <nil>
}
