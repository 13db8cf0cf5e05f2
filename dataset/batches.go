package dataset

import (
	"math/rand/v2"

	"github.com/gradreg/gradreg/dataset/augment"
	"github.com/gradreg/gradreg/internal/fault"
)

// Batches draws batches for training: epochs of random order without replacement, one after the
// other, a batch possibly reaching into the next epoch. What batch of step s holds is a function of
// seed, s, the number of images and the batch size only, so a resumed run goes on as if nothing had
// happened.
type Batches struct {
	subset Subset
	tables Tables
	seed   uint64
	size   int
	// order is that of epoch, made by generator.
	epoch     int
	order     []int
	generator rand.PCG

	pipeline augment.Pipeline
	changed  []byte // an augmented image; nil where images stay as they are
}

// NewBatches returns batches of the given size. A batch larger than the subset is an error.
func NewBatches(s Subset, n Normalizer, size int, seed uint64) (*Batches, error) {
	if size < 1 || size > s.Len() {
		return nil, fault.Inputf("batch is %d, expected 1 to the %d training images", size, s.Len())
	}
	return &Batches{subset: s, tables: n.Tables(), seed: seed, size: size, epoch: -1, order: make([]int, s.Len())}, nil
}

// Augment makes Fill change images as p says.
func (b *Batches) Augment(p augment.Pipeline) {
	b.pipeline, b.changed = p, nil
	if p.Images() {
		b.changed = make([]byte, b.subset.Shape.Size())
	}
}

// Fill writes the batch of a step, counted from 0: images [B, C, H, W] and labels [B]. Mixed images
// are share·image i + (1−share)·image B−1−i; the labels stay those of image i.
func (b *Batches) Fill(step int, images []float32, labels []int32) (share float64) {
	shape := b.subset.Shape
	pixels := shape.Size()
	for i := range b.size {
		k := b.at(step, i)
		image := b.subset.Image(k)
		if b.changed != nil {
			b.pipeline.Apply(
				b.changed, image, shape.C, shape.H, shape.W,
				augment.Key{Seed: b.seed, Step: uint64(step), Image: uint32(i)},
			)
			image = b.changed
		}
		b.tables.Apply(images[i*pixels:(i+1)*pixels], image)
		labels[i] = b.subset.Labels[k]
	}
	if share = b.pipeline.Mix(b.seed, uint64(step)); share < 1 {
		b.mix(images, float32(share))
	}
	return share
}

// at returns which image of the part is number i of the batch of a step.
func (b *Batches) at(step, i int) int {
	n, at := b.subset.Len(), step*b.size+i
	b.shuffle(at / n)
	return b.subset.Index[b.order[at%n]]
}

// mix mixes pairs of images.
func (b *Batches) mix(images []float32, share float32) {
	mixPairs(images, b.size, b.subset.Shape.Size(), share)
}

// mixPairs mixes row i of n with row n − 1 − i, whose share is 1 − share.
func mixPairs(rows []float32, n, size int, share float32) {
	for i := range n / 2 {
		other := n - 1 - i
		x, y := rows[i*size:(i+1)*size], rows[other*size:(other+1)*size]
		for j, v := range x {
			x[j] = share*v + (1-share)*y[j]
			y[j] = share*y[j] + (1-share)*v
		}
	}
}

// shuffle makes the order of an epoch, if it is not the current one.
func (b *Batches) shuffle(epoch int) {
	if epoch == b.epoch {
		return
	}
	b.epoch = epoch
	for i := range b.order {
		b.order[i] = i
	}
	b.generator.Seed(b.seed, uint64(epoch)+1<<32)
	rand.New(&b.generator).Shuffle(len(b.order), func(i, j int) { b.order[i], b.order[j] = b.order[j], b.order[i] })
}
