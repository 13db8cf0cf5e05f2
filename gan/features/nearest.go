package features

import (
	"cmp"
	"context"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/gan/score"
	"github.com/gradreg/gradreg/internal/fault"
)

// Space is what distances of images are measured in.
type Space struct {
	Name   string
	mirror int // width of images whose mirror images count as they do, 0 for none
	of     func(images [][]byte) (score.Matrix, error)
	close  func()
}

// InPixels returns the space of pixels, 0 to 1; if flipped is set, a mirror image is as near as the
// image.
func InPixels(shape dataset.Shape, flipped bool) Space {
	s := Space{
		Name:  "pixels",
		of:    func(images [][]byte) (score.Matrix, error) { return Pixels(images), nil },
		close: func() {},
	}
	if flipped {
		s.mirror = shape.W
	}
	return s
}

// Space returns the space of a network's features, which is closed with it.
func (n *Network) Space() Space {
	return Space{Name: n.Name, close: n.Close, of: func(images [][]byte) (score.Matrix, error) {
		m, _, err := n.Of(images)
		return m, err
	}}
}

// Close frees what the space holds.
func (s Space) Close() { s.close() }

// trainChunk is how many training images are in memory as numbers at a time.
const trainChunk = 10000

// Nearest returns the k training images that are nearest to each image, the nearest first.
func (s Space) Nearest(ctx context.Context, train, images [][]byte, k int) ([][]score.Match, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	of, err := s.of(images)
	if err != nil {
		return nil, err
	}
	all := make([][]score.Match, len(images))
	for at := 0; at < len(train); at += trainChunk {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part, err := s.of(train[at:min(at+trainChunk, len(train))])
		if err != nil {
			return nil, err
		}
		found, err := score.Nearest(part, of, score.NearestOptions{K: k, MirrorWidth: s.mirror})
		if err != nil {
			return nil, err
		}
		for i, list := range found {
			for _, m := range list {
				m.Index += at
				all[i] = append(all[i], m)
			}
			slices.SortStableFunc(all[i], func(a, b score.Match) int { return cmp.Compare(a.Distance, b.Distance) })
			all[i] = all[i][:min(k, len(all[i]))]
		}
	}
	return all, nil
}

// Quantiles returns those at 5, 25, 50, 75 and 95 % of the distances to the nearest image.
func Quantiles(matches [][]score.Match) []float64 {
	var nearest []float64
	for _, m := range matches {
		nearest = append(nearest, m[0].Distance)
	}
	slices.Sort(nearest)
	var out []float64
	for _, q := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
		out = append(out, stat.Quantile(q, stat.Empirical, nearest, nil))
	}
	return out
}
