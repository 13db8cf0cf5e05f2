package classify

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/featurecache"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/pretrained"
	"github.com/gradreg/gradreg/sym"
)

// EmbedOptions say how an [Embedder] works.
type EmbedOptions struct {
	// Size is the side of the images that pictures become; 0 for that of the network's training. A
	// smaller one takes less time and tells less.
	Size int
	// Fit is how pictures become squares, a text form of package picture; empty for how they did in
	// the network's training.
	Fit string
	// Threads is the number of workers; 0 means one per processor.
	Threads int
	// Cache is the folder that keeps feature vectors: empty for the folder embeddings of
	// [dataset.CacheDir], [dataset.NoCache] for none.
	Cache string
	// Network says what the file does not.
	Network pretrained.Options
}

// Embedder computes the feature vectors of pictures with a pretrained network: what its last layer
// sees, means over the pixels. Pictures of like things have like vectors. Vectors are kept in a
// cache, so that the same picture is computed once. Any number of goroutines may use it, one is
// served at a time.
type Embedder struct {
	Network *pretrained.Network
	Size    int // side of the images
	Count   int // numbers of a vector

	info    ModelInfo // of the images
	mutex   sync.Mutex
	program *classifier // whose outputs are the features
	tables  dataset.Tables
	cache   *featurecache.Cache
	// computed is how many vectors were computed, cached how many were there.
	computed, cached int
}

// OpenEmbedder reads a file of weights, see package backbone. Errors of the file are the input's
// fault.
func OpenEmbedder(path string, opt EmbedOptions) (*Embedder, error) {
	n, err := pretrained.Open(path, opt.Network)
	if err != nil {
		return nil, err
	}
	return newEmbedder(n, opt)
}

// newEmbedder makes an embedder of a network that was read.
func newEmbedder(n *pretrained.Network, opt EmbedOptions) (*Embedder, error) {
	e := &Embedder{Network: n, Size: opt.Size}
	if e.Size == 0 {
		e.Size = n.Size
	}
	if e.Size < 1 || e.Size > maxExtent {
		return nil, fault.Inputf("size is %d, expected 1 to %d pixels", e.Size, maxExtent)
	}
	fit, err := picture.ParseFit(opt.Fit)
	if opt.Fit == "" {
		fit, err = n.Fit()
	}
	if err != nil {
		return nil, err
	}
	e.info = ModelInfo{
		Channels: pretrained.Channels, Height: e.Size, Width: e.Size, Fit: string(fit), Normalizer: n.Normalizer(),
	}
	e.tables = e.info.Normalizer.Tables()
	// Nothing is trained: batch norm is a fixed map, whose factors the filters take.
	frozen := n.Model.WithNorm("frozen")
	if e.program, err = newFeatureProgram(frozen, e.info.shape(), embedBatch); err != nil {
		return nil, err
	}
	e.Count = e.program.classes
	on, err := engine.Native(engine.Options{Threads: opt.Threads})
	if err != nil {
		return nil, err
	}
	values, err := n.Values(e.program.params, false)
	if err != nil {
		return nil, err
	}
	if err := e.program.compile(on); err != nil {
		return nil, err
	}
	if err := e.program.params.Load(
		e.program.program, func(p *nn.Param) []float32 { return values[p.Name] },
	); err != nil {
		e.program.close()
		return nil, err
	}
	if dir := cacheOfFeatures(opt.Cache); dir != "" {
		key := sha256.Sum256(fmt.Appendf(nil, "%x\x00%s\x00%d\x00%s\x00%d",
			n.Digest(e.Size), fit, networkNumbers(e.program.logits, false), on.Name(), embedBatch))
		e.cache = featurecache.Open(dir, key, e.Count, 0)
	}
	return e, nil
}

// embedBatch is the number of images that are computed at a time. Another one would compute other
// last bits.
const embedBatch = 16

// cacheOfFeatures returns the folder that keeps features, "" if there is none.
func cacheOfFeatures(dir string) string {
	switch dir {
	case dataset.NoCache:
		return ""
	case "":
		cache, err := dataset.CacheDir()
		if err != nil { // without one, nothing can be kept
			return ""
		}
		return filepath.Join(cache, "embeddings")
	}
	return dir
}

// newFeatureProgram builds the forward pass of a network up to its features, which stand for the
// logits.
func newFeatureProgram(m model.Backbone, shape dataset.Shape, batch int) (*classifier, error) {
	g := sym.NewGraph()
	c := &classifier{params: nn.NewParams(g), shape: shape, batch: batch}
	c.x = g.Input("x", sym.Float, batch, shape.C, shape.H, shape.W)
	c.logits = m.Features(nn.NewContext(c.params, false, 0), c.x)
	if err := c.logits.Err(); err != nil {
		return nil, fault.Inputf("model %s does not take images of %v: %w", m, shape, err)
	}
	c.classes = c.logits.Shape()[1]
	return c, nil
}

// Close writes what the cache has not written yet, and frees the workers.
func (e *Embedder) Close() {
	if e == nil {
		return
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.cache.Close()
	e.program.close()
}

// Flush writes what the cache has not written yet.
func (e *Embedder) Flush() { e.cache.Flush() }

// Notes returns what was wrong with the cache, which costs time and nothing else.
func (e *Embedder) Notes() []string { return e.cache.Notes() }

// Computed returns how many vectors have been computed, and how many the cache had.
func (e *Embedder) Computed() (computed, cached int) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.computed, e.cached
}

// Decode returns a picture as the image [3, Size, Size] that Embed takes. It may be called by
// several goroutines.
func (e *Embedder) Decode(data []byte) ([]byte, error) { return e.decoder().Decode(data, false) }

// decoder is what prepares pictures.
func (e *Embedder) decoder() *SavedModel { return &SavedModel{ModelInfo: e.info} }

// Embed returns the feature vectors of images in bytes [3, Size, Size], as Decode makes them, each
// of Count numbers.
func (e *Embedder) Embed(ctx context.Context, images [][]byte) ([][]float32, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	ids := make([][32]byte, len(images))
	for i, image := range images {
		if len(image) != e.info.shape().Size() {
			return nil, fault.Inputf("image %d of %d bytes, expected the %d of %v", i, len(image),
				e.info.shape().Size(), e.info.shape())
		}
		ids[i] = pixelsID(image)
	}
	flat, err := e.vectors(ctx, ids, func(i int) []byte { return images[i] }, nil)
	if err != nil {
		return nil, err
	}
	out := make([][]float32, len(images))
	for i := range out {
		out[i] = flat[i*e.Count : (i+1)*e.Count : (i+1)*e.Count]
	}
	return out, nil
}

// pixelsID identifies an image of which no file is known.
func pixelsID(image []byte) [32]byte {
	return sha256.Sum256(append([]byte("pixels\x00"), image...))
}

// EmbedFiles is Embed of pictures' files, which are read on all processors as far as memory allows.
// Where a file cannot be read or is no picture its vector is nil and its error names the file and
// says why; the others do not suffer from it. done, if not nil, is called with the number of files
// that are through. The last error is that of the work as a whole, such as that the context ended.
func (e *Embedder) EmbedFiles(
	ctx context.Context, paths []string, done func(files int),
) (vectors [][]float32, errs []error, err error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, nil, err
	}
	vectors, errs = make([][]float32, len(paths)), make([]error, len(paths))
	for first := 0; first < len(paths); first += labelledBatch {
		some := paths[first:min(first+labelledBatch, len(paths))]
		files := e.decoder().decodeFiles(ctx, some, false, e.cache.Has)
		if err := ctx.Err(); err != nil {
			return vectors, errs, err
		}
		var ids [][32]byte
		var at []int
		for i, f := range files {
			if errs[first+i] = f.err; f.err == nil {
				ids, at = append(ids, f.sum), append(at, i)
			}
		}
		var failed error
		flat, err := e.vectors(ctx, ids, func(i int) []byte {
			f := files[at[i]]
			if f.image == nil { // the cache had it, but damaged
				if f = e.decoder().decodeFiles(ctx, some[at[i]:at[i]+1], false, nil)[0]; f.err != nil {
					failed = f.err
					return make([]byte, e.info.shape().Size())
				}
			}
			return f.image
		}, nil)
		if err == nil {
			err = failed
		}
		if err != nil {
			return vectors, errs, err
		}
		for k, i := range at {
			vectors[first+i] = flat[k*e.Count : (k+1)*e.Count : (k+1)*e.Count]
		}
		if done != nil {
			done(first + len(some))
		}
	}
	return vectors, errs, nil
}

// known returns how many of the images with IDs the cache has, damaged or not.
func (e *Embedder) known(ids [][32]byte) (n int) {
	for _, id := range ids {
		if e.cache.Has(id) {
			n++
		}
	}
	return n
}

// batchTime returns how long a batch takes, of images that are black.
func (e *Embedder) batchTime(now func() time.Time) (time.Duration, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	var began time.Time
	for range 2 { // the first touches memory for the first time
		began = now()
		if _, err := e.program.run(func(x []float32) { clear(x) }); err != nil {
			return 0, err
		}
	}
	return now().Sub(began), nil
}

// vectors returns the feature vectors [n, Count] of images with IDs; image is asked for those that
// the cache does not have. done, if not nil, is called with the number of vectors that are there,
// first with that of the cache.
func (e *Embedder) vectors(
	ctx context.Context, ids [][32]byte, image func(i int) []byte, done func(n int),
) ([]float32, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	out := make([]float32, len(ids)*e.Count)
	row := func(i int) []float32 { return out[i*e.Count : (i+1)*e.Count] }
	var missing []int
	for i, id := range ids {
		if !e.cache.Get(id, row(i)) {
			missing = append(missing, i)
		}
	}
	there := len(ids) - len(missing)
	e.cached += there
	if done != nil {
		done(there)
	}
	size := e.info.shape().Size()
	for len(missing) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		some := missing[:min(e.program.batch, len(missing))]
		missing = missing[len(some):]
		values, err := e.program.run(func(x []float32) {
			// what an earlier batch left behind them is computed, too, and changes nothing
			for k, i := range some {
				e.tables.Apply(x[k*size:(k+1)*size], image(i))
			}
		})
		if err != nil {
			return nil, err
		}
		for k, i := range some {
			copy(row(i), values[k*e.Count:(k+1)*e.Count])
			if !(tensorfile.Tensor{F32: row(i)}).Finite() {
				return nil, fault.Inputf("%s: its features of a picture are not finite", e.Network.Path)
			}
			e.cache.Put(ids[i], row(i))
		}
		e.computed += len(some)
		if there += len(some); done != nil {
			done(there)
		}
	}
	return out, nil
}
