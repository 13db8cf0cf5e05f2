package classify

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/augment"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/train"
)

// stripes are n images of 2 × 2 bytes in two classes.
func stripes(n int) dataset.Subset {
	p := &dataset.Part{Shape: dataset.Shape{C: 1, H: 2, W: 2}}
	for i := range n {
		p.Labels = append(p.Labels, int32(i%2))
		p.Images = append(p.Images, byte(9*i), byte(200*(i%2)), byte(5*i), byte(100+i))
	}
	return dataset.Whole(p)
}

// stripeBatches returns augmented batches of stripes.
func stripeBatches(t *testing.T, size int, aug string) *dataset.Batches {
	t.Helper()
	b, err := dataset.NewBatches(stripes(20), dataset.Statistics(stripes(20)), size, 3)
	if err != nil {
		t.Fatal(err)
	}
	p, err := augment.Parse(aug)
	if err != nil {
		t.Fatal(err)
	}
	b.Augment(p)
	return b
}

// feedOf returns the feed that a run has.
func feedOf(batches *dataset.Batches, size, pixels int) *train.Feed[batch] {
	return train.NewFeed(newBatch(size, pixels), func(step int, b *batch) { b.share = batches.Fill(step, b.images, b.labels) })
}

// TestFeed checks that a feed gives the batches themselves, from any step on, without allocating, that it ends with a batch
// prepared or not, and that a bug in its goroutine comes back as an error.
func TestFeed(t *testing.T) {
	const size, pixels = 6, 4
	alone := stripeBatches(t, size, "flip,color:0.5,mixup:1")
	f := feedOf(stripeBatches(t, size, "flip,color:0.5,mixup:1"), size, pixels)
	images, labels, share := make([]float32, size*pixels), make([]int32, size), 0.0
	use := func(b *batch) error {
		copy(images, b.images)
		copy(labels, b.labels)
		share = b.share
		return nil
	}
	want, wantLabels := make([]float32, size*pixels), make([]int32, size)
	f.Start(17)
	for step := 17; step < 40; step++ {
		if err := f.Next(use, true); err != nil {
			t.Fatal(err)
		}
		if wantShare := alone.Fill(step, want, wantLabels); share != wantShare || !slices.Equal(images, want) || !slices.Equal(labels, wantLabels) {
			t.Fatalf("step %d: %v %v of share %v, expected %v %v of %v", step, images, labels, share, want, wantLabels, wantShare)
		}
	}
	f.Close() // step 40 is prepared
	feedOf(alone, size, pixels).Close()

	f = feedOf(stripeBatches(t, size, "flip,color:0.5,shift:0.5,rotate:20"), size, pixels)
	f.Start(0)
	if n := testing.AllocsPerRun(50, func() { f.Next(use, true) }); n != 0 {
		t.Errorf("%v allocations a step", n)
	}
	f.Close()

	f = feedOf(alone, size, pixels-1) // memory for too few pixels
	defer f.Close()
	f.Start(0)
	if err := f.Next(use, true); err == nil || !strings.Contains(err.Error(), "internal error") {
		t.Errorf("a panic comes back as %v", err)
	}
}

// TestMixedLoss compares the loss of a step on mixed images with its definition, share·L(y) + (1−share)·L(other), of the logits of
// the network in float64.
func TestMixedLoss(t *testing.T) {
	const size, pixels, classes = 6, 4, 2
	cfg := Default()
	cfg.Model, cfg.Batch, cfg.Steps, cfg.Regularizers, cfg.Augment = model.ParseSpec("mlp:hidden=5"), size, 10, nil, "mixup:1"
	p, err := cfg.resolve()
	if err != nil {
		t.Fatal(err)
	}
	on, err := engine.Native(engine.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	shape := dataset.Shape{C: 1, H: 2, W: 2}
	e, err := newTrainer(cfg, p, shape, classes, on)
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	c, err := newClassifier(p.model, shape, classes, size)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.compile(on); err != nil {
		t.Fatal(err)
	}
	defer c.close()
	batches := stripeBatches(t, size, cfg.Augment)
	pure := stripeBatches(t, size, "none")
	for step := range 8 {
		images, labels := make([]float32, size*pixels), make([]int32, size)
		share := batches.Fill(step, images, labels)
		if err := errors.Join(e.Feed(e.program, images, labels, share), c.load(e)); err != nil {
			t.Fatal(err)
		}
		x := make([]float32, size*pixels)
		pure.Fill(step, x, make([]int32, size))
		unmixed := slices.Clone(x)
		for i := range size {
			for j := range pixels {
				x[i*pixels+j] = float32(share*float64(unmixed[i*pixels+j]) + (1-share)*float64(unmixed[(size-1-i)*pixels+j]))
			}
		}
		logits, err := c.run(func(dst []float32) { copy(dst, x) })
		if err != nil {
			t.Fatal(err)
		}
		want := 0.0
		for i := range size {
			q := assess.Softmax(logits[i*classes : (i+1)*classes])
			want -= (share*math.Log(q[labels[i]]) + (1-share)*math.Log(q[labels[size-1-i]])) / size
		}
		values, err := e.learner.Take(step + 1)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(values[0]-want) > 1e-5*(1+want) {
			t.Errorf("step %d, share %v: loss %v, expected %v", step, share, values[0], want)
		}
	}
}
