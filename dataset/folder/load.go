package folder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"image/color"
	"sync/atomic"

	"github.com/gradreg/gradreg/dataset/picture"
)

// images holds the images of files in their order, red, green and blue each: [N, 3, S, S].
type images struct {
	side   int
	pixels []byte
	grey   []bool // all three planes are equal [N]
}

func newImages(n, side int) images {
	return images{side, make([]byte, n*3*side*side), make([]bool, n)}
}

// of returns the planes of image i.
func (m images) of(i int) []byte {
	n := 3 * m.side * m.side
	return m.pixels[i*n : (i+1)*n : (i+1)*n]
}

// stored returns what the cache keeps of image i: three planes, or the one that all are.
func (m images) stored(i int) []byte {
	if m.grey[i] {
		return m.of(i)[:m.side*m.side]
	}
	return m.of(i)
}

// spread completes the planes of image i, of which the first was filled in.
func (m images) spread(i int) {
	area, planes := m.side*m.side, m.of(i)
	copy(planes[area:], planes[:area])
	copy(planes[2*area:], planes[:area])
}

// keep drops the images for which f is false.
func (m *images) keep(f func(i int) bool) {
	n := 0
	for i := range m.grey {
		if !f(i) {
			continue
		}
		if n != i {
			copy(m.of(n), m.of(i))
			m.grey[n] = m.grey[i]
		}
		n++
	}
	m.pixels, m.grey = m.pixels[:n*3*m.side*m.side], m.grey[:n]
}

// luma returns the images with one channel: [N, 1, S, S].
func (m images) luma() []byte {
	area := m.side * m.side
	out := make([]byte, len(m.grey)*area)
	for i := range m.grey {
		to, from := out[i*area:][:area], m.of(i)
		if m.grey[i] {
			copy(to, from)
			continue
		}
		for p := range to {
			to[p] = picture.Luma(from[p], from[area+p], from[2*area+p])
		}
	}
	return out
}

// load fills in the parts of a set with the images of files, which are sorted for it. Files that
// cannot be decoded are noted and left out.
func (o *opening) load(ctx context.Context, set *Set, files []*file) error {
	loaded := newImages(len(files), o.Size)
	kept := o.openCache()
	defer kept.close()
	fresh := make([]bool, len(files))
	var damaged atomic.Int64
	err := o.each(ctx, "decoding", len(files), func(i int) int64 {
		if kept.has(files[i]) {
			return 1
		}
		return files[i].size + files[i].memory
	}, func(i int) {
		if !kept.load(files[i], loaded, i) {
			fresh[i] = true
			if kept.has(files[i]) {
				damaged.Add(1)
			}
			files[i].err = o.decode(files[i], loaded, i)
		}
	})
	if err != nil {
		return err
	}
	loaded.keep(func(i int) bool { return files[i].err == nil })
	fresh = filter(fresh, func(i int) bool { return files[i].err == nil })
	all := len(files)
	files = o.readable(files)
	if err := o.strict(); err != nil {
		return err
	}
	if err := o.nonempty(files); err != nil {
		return err
	}
	if len(files) < all && !o.listed.divided && o.Division != ByContent {
		loaded = o.divideAgain(files, loaded)
	}
	for _, isFresh := range fresh {
		if isFresh {
			o.report.Decoded++
		} else {
			o.report.Cached++
		}
	}
	if n := damaged.Load(); n > 0 {
		o.report.note("the cache is made anew: %d of its images were damaged", n)
	}
	if o.report.Decoded > 0 {
		o.writeCache(files, loaded)
	}
	o.measure(files)
	o.contrast(files, loaded)
	o.distribute(set, files, loaded)
	return nil
}

// divideAgain divides the files that are left when some were damaged, so that every class keeps its
// share, and returns their images in the order that they then have.
func (o *opening) divideAgain(files []*file, loaded images) images {
	at := map[*file]int{}
	for i, f := range files {
		at[f] = i
	}
	o.divide(files)
	sortForParts(files)
	sorted := newImages(len(files), o.Size)
	for i, f := range files {
		copy(sorted.of(i), loaded.of(at[f]))
		sorted.grey[i] = loaded.grey[at[f]]
	}
	return sorted
}

// filter returns the values at whose places f is true.
func filter[T any](values []T, f func(i int) bool) []T {
	var out []T
	for i, v := range values {
		if f(i) {
			out = append(out, v)
		}
	}
	return out
}

// decode makes image i of a file, and notes the size that the picture is seen with.
func (o *opening) decode(f *file, to images, i int) error {
	data, err := o.reread(f)
	if err != nil {
		return err
	}
	p, err := picture.Decode(data)
	if err != nil {
		return err
	}
	f.width, f.height = p.Size()
	canvas, err := picture.Render(p, o.Size, o.Fit, color.White)
	if err != nil {
		return err
	}
	to.grey[i] = picture.IsGrey(canvas)
	copy(to.of(i), picture.Planes(canvas, 3))
	return nil
}

// measure describes the sizes of the pictures.
func (o *opening) measure(files []*file) {
	widths, heights := make([]int, len(files)), make([]int, len(files))
	for i, f := range files {
		widths[i], heights[i] = f.width, f.height
	}
	o.report.Width, o.report.Height = spreadOf(widths), spreadOf(heights)
}

// distribute makes the parts.
func (o *opening) distribute(set *Set, files []*file, loaded images) {
	set.Channels = o.Channels
	if set.Channels == 0 {
		set.Channels = 1
		for _, grey := range loaded.grey {
			if !grey {
				set.Channels = 3
			}
		}
	}
	pixels := loaded.pixels
	if set.Channels == 1 {
		pixels = loaded.luma()
	}
	size := set.Channels * o.Size * o.Size
	into := [parts]*Pictures{train: &set.Train, val: &set.Val, test: &set.Test}
	sums := [parts]hash.Hash{sha256.New(), sha256.New(), sha256.New()}
	for i, f := range files {
		p := into[f.part]
		if f.targets != nil {
			fmt.Fprintf(sums[f.part], "%x %q %v\n", f.hash, o.listed.classes, f.targets)
			p.Targets = append(p.Targets, f.targets...)
		} else {
			fmt.Fprintf(sums[f.part], "%x %q\n", f.hash, o.listed.classes[f.class])
		}
		p.Labels = append(p.Labels, int32(f.class))
		p.Files = append(p.Files, readable(f.path))
		p.Hashes = append(p.Hashes, f.hash)
		if p.Images == nil {
			p.Images = pixels[i*size : i*size]
		}
		p.Images = p.Images[:len(p.Images)+size] // files of a part stand together
	}
	for part, p := range into {
		p.Digest = hex.EncodeToString(sums[part].Sum(nil))
	}
}
