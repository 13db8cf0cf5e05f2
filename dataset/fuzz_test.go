package dataset_test

import (
	"bytes"
	"compress/gzip"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

// FuzzIDX gives outside bytes to the readers of images and labels.
func FuzzIDX(f *testing.F) {
	f.Add(idx([]uint32{0x803, 2, 28, 28}, make([]byte, 2*784)), idx([]uint32{0x801, 2}, []byte{1, 9}))
	f.Add([]byte{}, []byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, images, labels []byte) {
		dir := t.TempDir()
		write(t, dir, "train-images-idx3-ubyte.gz", images)
		write(t, dir, "train-labels-idx1-ubyte.gz", labels)
		d, err := dataset.Open(t.Context(), "mnist", dir)
		if err != nil {
			t.Fatal(err)
		}
		part, err := d.Train()
		switch {
		case err != nil && !fault.IsInput(err):
			t.Errorf("not the input's fault: %v", err)
		case err == nil && len(part.Images) != 784*part.Len():
			t.Errorf("%d bytes for %d images", len(part.Images), part.Len())
		}
	})
}

// FuzzCIFAR gives outside bytes to the reader of records.
func FuzzCIFAR(f *testing.F) {
	f.Add(make([]byte, 3073))
	f.Add([]byte{11})
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		write(t, dir, "data_batch_1.bin", data)
		write(t, dir, "test_batch.bin", data)
		d, err := dataset.Open(t.Context(), "cifar10", dir)
		if err != nil {
			t.Fatal(err)
		}
		part, err := d.Test()
		switch {
		case err != nil && !fault.IsInput(err):
			t.Errorf("not the input's fault: %v", err)
		case err == nil && len(part.Images) != 3072*part.Len():
			t.Errorf("%d bytes for %d images", len(part.Images), part.Len())
		}
	})
}

// FuzzDecodePicture gives outside bytes to the picture readers.
func FuzzDecodePicture(f *testing.F) {
	var b bytes.Buffer
	png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 3)))
	f.Add(bytes.Clone(b.Bytes()))
	b.Reset()
	jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 9, 9)), nil)
	f.Add(bytes.Clone(b.Bytes()))
	b.Reset()
	gif.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 3)), nil)
	f.Add(bytes.Clone(b.Bytes()))
	f.Add([]byte("GIF89a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := dataset.DecodePicture(data, dataset.Shape{C: 3, H: 5, W: 4}, false)
		if (err == nil) != (len(got) == 60) || (err != nil && !fault.IsInput(err)) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
}

// FuzzIDXContent gives outside bytes to what reads the inside of the gzip file, where the checksum would keep
// a fuzzer out.
func FuzzIDXContent(f *testing.F) {
	f.Add([]byte{0, 0, 8, 1, 0, 0, 0, 2, 1, 9})
	f.Add([]byte{0, 0, 8, 1, 0, 0, 0, 2, 1, 10})
	f.Add([]byte{0, 0, 8, 1, 0, 0, 0, 2, 1, 9, 9})
	f.Add([]byte{0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 28, 0, 0, 0, 28})
	f.Fuzz(func(t *testing.T, labels []byte) {
		dir := t.TempDir()
		images := max(1, len(labels)-8)
		write(t, dir, "train-images-idx3-ubyte.gz", zipped(make784(images)))
		write(t, dir, "train-labels-idx1-ubyte.gz", zipped(labels))
		d, err := dataset.Open(t.Context(), "mnist", dir)
		if err != nil {
			t.Fatal(err)
		}
		part, err := d.Train()
		// The only valid content is the header of exactly these labels, all below 10.
		valid := len(labels) > 8 && images <= 60000 && slices.Equal(labels[:8], []byte{0, 0, 8, 1, 0, 0, byte(images >> 8), byte(images)}) &&
			slices.Max(labels[8:]) < 10
		if valid != (err == nil) || err != nil && !fault.IsInput(err) {
			t.Fatalf("valid %v, error %v", valid, err)
		}
		if valid && !slices.Equal(dataset.LabelBytes(part.Labels, 10), labels[8:]) {
			t.Errorf("labels %v became %v", labels[8:], part.Labels)
		}
	})
}

// make784 returns the content of an IDX file of n black images.
func make784(n int) []byte {
	return append([]byte{0, 0, 8, 3, 0, 0, byte(n >> 8), byte(n), 0, 0, 0, 28, 0, 0, 0, 28}, make([]byte, 784*n)...)
}

func zipped(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

// FuzzBatches checks for any size, batch and seed that a step's batch is the same after any other step, and that
// every epoch holds every image once.
func FuzzBatches(f *testing.F) {
	f.Add(uint16(10), uint16(3), uint64(5), uint16(7))
	f.Add(uint16(1), uint16(1), uint64(0), uint16(0))
	f.Add(uint16(300), uint16(300), uint64(1)<<63, uint16(1))
	f.Fuzz(func(t *testing.T, n, size uint16, seed uint64, first uint16) {
		images := int(n)%300 + 1
		batch := int(size)%images + 1
		s := dataset.Whole(numbered(images))
		identity := dataset.Normalizer{Mean: []float64{0}, Std: []float64{1.0/255 - 1e-7}}
		b, err := dataset.NewBatches(s, identity, batch, seed)
		if err != nil {
			t.Fatal(err)
		}
		// Whole epochs begin at the steps that are multiples of images, there as at 0.
		start := int(first) * images
		seen := make([]int, images)
		pixels, labels := make([]float32, 2*batch), make([]int32, batch)
		for step := start; step < start+images; step++ { // batch epochs
			b.Fill(step, pixels, labels)
			for i := range batch {
				seen[int(pixels[2*i]+0.5)+256*int(pixels[2*i+1]+0.5)]++
			}
		}
		for i, count := range seen {
			if count != batch {
				t.Fatalf("image %d came %d times in %d epochs", i, count, batch)
			}
		}
		last := slices.Clone(pixels)
		b.Fill(0, pixels, labels)
		b.Fill(start+images-1, pixels, labels)
		if !slices.Equal(pixels, last) {
			t.Error("a batch depends on the steps before")
		}
	})
}
