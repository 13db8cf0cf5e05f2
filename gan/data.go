package gan

import (
	"cmp"
	"context"
	"math"
	"strings"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/augment"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/philox"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/task"
)

// Data are the samples of a run: what the generator learns to make, and others of the same kind that
// training never sees.
type Data struct {
	Shape   []int    // of a sample: [C, H, W] or [N]
	Classes []string // of images that have some
	// Train and Held are images, nil of points.
	Train, Held *dataset.Subset
	Points      PointSet // of points
	Stacked     bool
	Digest      string // SHA-256 of the images, empty of points
	Report      folder.Report

	seed    uint64
	batches *dataset.Batches // of images
	labels  []int32
}

// Streams of random numbers of the data, apart from those of networks, which lie below 2³⁰ or in
// scopes.
const (
	pointStream = math.MaxUint32 - 1 - iota
	stackStream
	noiseStream
)

// StackedPrefix is what the name of a stacked data set begins with.
const StackedPrefix = "stacked:"

// Normalizer maps bytes to −1 … 1.
func Normalizer(channels int) dataset.Normalizer {
	n := dataset.Normalizer{}
	for range channels {
		n.Mean, n.Std = append(n.Mean, 0.5), append(n.Std, 0.5)
	}
	return n
}

// Value returns the value of a byte, as [Normalizer] does but for the 10⁻⁷ that guards its division.
func Value(v byte) float32 { return float32(v)/127.5 - 1 }

// Byte returns the byte of a value in −1 … 1; what lies outside is clamped.
func Byte(v float32) byte {
	if !(v > -1) {
		return 0
	}
	return byte(min(255, 127.5*(float64(v)+1)+0.5))
}

// Outside counts the values of images outside −1 … 1, which [Byte] clamps.
func Outside(values []float32) (n int) {
	for _, v := range values {
		if v < -1 || v > 1 {
			n++
		}
	}
	return n
}

// OpenData opens the data of a configuration. It records what the data say: the size that a folder's
// pictures have, and the batch where that is 0.
func OpenData(ctx context.Context, c *Config, o RunOptions) (*Data, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	if s, ok := PointSetOf(c.Data); ok {
		if err := c.unused(c.Data+" are points, no images", c.Flip, c.TrainSize != 0, c.Size != 0); err != nil {
			return nil, err
		}
		c.Batch = cmp.Or(c.Batch, batchOf(c.Data))
		return &Data{Shape: []int{s.Dimensions}, Points: s, seed: c.Seed}, nil
	}
	name, stacked := strings.CutPrefix(c.Data, StackedPrefix)
	sized := c.Size != 0 && !dataset.ParseSource(name).Resizable()
	named := c.Data + " is no folder of pictures: its images have their size"
	if err := c.unused(named, false, false, sized); err != nil {
		return nil, err
	}
	if err := c.unused(c.Data+" has images of three kinds in one", c.Flip && stacked, false, false); err != nil {
		return nil, err
	}
	if err := knownImages(name, stacked); err != nil {
		return nil, err
	}
	set, report, err := openImages(ctx, name, c, o)
	if err != nil {
		return nil, err
	}
	train, held, err := set.Parts()
	if err != nil {
		return nil, err
	}
	size := cmp.Or(c.TrainSize, train.Len())
	division, err := dataset.Divide(train, size, c.Seed)
	if err != nil {
		return nil, err
	}
	whole := dataset.Whole(held)
	d := &Data{
		Shape: []int{set.Shape.C, set.Shape.H, set.Shape.W}, Classes: classesOf(set), Train: &division.Train,
		Held: &whole, Stacked: stacked, seed: c.Seed, Report: report,
	}
	if d.Digest, err = set.Digest(); err != nil {
		return nil, err
	}
	if stacked {
		if set.Shape.C != 1 {
			return nil, fault.Inputf(
				"data is %s, but its images have %d channels, expected grey ones", c.Data,
				set.Shape.C,
			)
		}
		d.Shape[0] = 3
		c.Batch = cmp.Or(c.Batch, batchOf(c.Data)) // of any number: images are drawn with replacement
		return d, nil
	}
	c.Batch = cmp.Or(c.Batch, min(batchOf(c.Data), division.Train.Len()))
	return d, d.shuffle(*c)
}

// shuffle makes the batches of images that are taken one after another.
func (d *Data) shuffle(c Config) error {
	pipeline, err := augment.Parse(map[bool]string{true: "flip", false: ""}[c.Flip])
	if err != nil {
		return err
	}
	d.batches, err = dataset.NewBatches(*d.Train, Normalizer(d.Shape[0]), c.Batch, c.Seed)
	if err != nil {
		return err
	}
	d.batches.Augment(pipeline)
	return nil
}

// classesOf returns the classes of images, nil where they have none.
func classesOf(set *dataset.Dataset) []string {
	if task.OrClassification(set.Task) != (task.Classification{}) || len(set.Classes) < 2 {
		return nil
	}
	return set.Classes
}

// unused refuses a setting that would have no effect, on data of which is told what they are.
func (c *Config) unused(data string, flip, trainSize, size bool) error {
	switch {
	case flip:
		return fault.Fieldf("flip is true, but %s; expected none", data)
	case trainSize:
		return fault.Fieldf("train_size is %d, but %s; expected none", c.TrainSize, data)
	case size:
		return fault.Fieldf("size is %d, but %s; expected none", c.Size, data)
	}
	return nil
}

// knownImages refuses a name that nothing has, and lists points beside data sets of images where they
// would do.
func knownImages(name string, stacked bool) error {
	source := dataset.ParseSource(name)
	if _, known := source.Info(); known || source.Dir() != "" {
		return nil
	}
	names := dataset.Names()
	if !stacked {
		for _, s := range PointSets() {
			names = append(names, s.Name)
		}
	}
	return fault.Inputf("%w; nor is there a folder of that name", spec.Unknown("data set", name, names))
}

// openImages opens a data set with a name or a folder.
func openImages(ctx context.Context, name string, c *Config, o RunOptions) (*dataset.Dataset, folder.Report, error) {
	dirs := o.DataDirs
	if c.DataDir != "" {
		dirs = []string{c.DataDir}
	}
	source := dataset.ParseSource(name)
	if dir := source.Dir(); dir != "" && HasRun(dir) {
		return nil, folder.Report{}, fault.Inputf(
			"data is %s, the run folder of a generator, expected a data set or a folder of pictures", name,
		)
	}
	set, report, err := source.Open(ctx, dataset.Opening{Dirs: dirs, Pictures: folder.Options{
		Size: c.Size, Seed: c.Seed, Unclassed: true, Progress: o.Reading,
	}})
	if err == nil && source.Resizable() {
		c.Size = set.Shape.H
	}
	return set, report, err
}

// Fill writes the batch of a turn, counted from 0: [batch, shape…].
func (d *Data) Fill(turn, batch int, samples []float32) {
	switch {
	case d.Train == nil:
		d.Points.Draw(d.seed, turn*batch, batch, samples)
	case d.Stacked:
		d.stack(*d.Train, turn*batch, batch, samples)
	default:
		if len(d.labels) != batch {
			d.labels = make([]int32, batch)
		}
		d.batches.Fill(turn, samples, d.labels)
	}
}

// heldOutFirst is the place from which points are held out: no training reaches it.
const heldOutFirst = 1 << 60

// HeldOut writes n samples that training does not see, those from place first on.
func (d *Data) HeldOut(first, n int, samples []float32) {
	d.plain(d.Held, heldOutFirst, first, n, samples)
}

// Trained writes n of the training samples, those from place first on, as they are.
func (d *Data) Trained(first, n int, samples []float32) { d.plain(d.Train, 0, first, n, samples) }

func (d *Data) plain(s *dataset.Subset, offset, first, n int, samples []float32) {
	switch {
	case s == nil:
		d.Points.Draw(d.seed, offset+first, n, samples)
	case d.Stacked:
		d.stack(*s, offset+first, n, samples)
	default:
		tables, pixels := Normalizer(s.Shape.C).Tables(), s.Shape.Size()
		for i := range n {
			tables.Apply(samples[i*pixels:(i+1)*pixels], s.Image(s.Index[(first+i)%s.Len()]))
		}
	}
}

// stack writes images whose three channels are images of a subset, chosen at random with
// replacement: functions of the seed and their place alone.
func (d *Data) stack(s dataset.Subset, first, n int, samples []float32) {
	tables, pixels := Normalizer(1).Tables(), s.Shape.Size()
	for i := range n {
		for ch, k := range d.stacked(s.Len(), first+i) {
			at := (i*3 + ch) * pixels
			tables.Apply(samples[at:at+pixels], s.Image(s.Index[k]))
		}
	}
}

// stacked returns which three of n images are in the stacked image of a place.
func (d *Data) stacked(n, place int) [3]int {
	var u [3]float32
	philox.Stream{Key: d.seed, Step: uint64(place), ID: stackStream}.Uniform(u[:], 0)
	var k [3]int
	for ch := range k {
		k[ch] = min(int(float64(u[ch])*float64(n)), n-1)
	}
	return k
}

// HeldOutLen returns how many different held-out samples there are; points have any number.
func (d *Data) HeldOutLen() int {
	if d.Held == nil || d.Stacked {
		return math.MaxInt32
	}
	return d.Held.Len()
}

// size returns the numbers of a sample.
func (d *Data) size() int {
	n := 1
	for _, e := range d.Shape {
		n *= e
	}
	return n
}

// trainLen returns the number of training images; points have any number.
func (d *Data) trainLen() int {
	if d.Train == nil || d.Stacked {
		return math.MaxInt32
	}
	return d.Train.Len()
}
