package classify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/linear"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/runfolder"
	"github.com/gradreg/gradreg/sym"
)

// frozen is what a run has that trains a head on the features of a frozen network.
type frozen struct {
	embedder *Embedder
	vectors  map[*dataset.Part][]float32 // [N, Count]; zeros of images that the run does not use
	fit      HeadResult
	head     *linear.Head
	count    int // parameters of the network with the head
}

// prepareFrozen does everything that can fail before the features are computed.
func (r *run) prepareFrozen(cfg Config, p parts) error {
	if r.Finish || r.ExtendTo > 1 {
		return fault.Inputf("a head on frozen features has one step: there is nothing to finish early or to extend")
	}
	if !r.probing && r.data.Val() == nil {
		// The images that the training leaves judge nothing on the way of one step.
		r.division.Dev = dataset.Subset{}
	}
	f, err := r.newFrozen(cfg)
	if err != nil {
		return err
	}
	r.frozen = f
	if r.classifier, err = newHeadProgram(f.embedder.Count, len(r.data.Classes)); err != nil {
		return err
	}
	r.judging = r.classifier
	r.classifier.rows = f.row
	if err := r.classifier.compile(r.on); err != nil {
		return err
	}
	full, err := newClassifier(p.model, r.data.Shape, len(r.data.Classes), 1)
	if err != nil {
		return err
	}
	if f.count = full.params.Count(); r.network.Model.String() != p.model.String() {
		return fmt.Errorf("the model is %s, expected %s", p.model, r.network.Model)
	}
	r.progress.sums = make([]float64, 1)
	r.progress.origins = []Origin{originHere(r.on.Name(), networkNumbers(f.embedder.program.logits, false), 1)}
	return r.openFolder()
}

// newFrozen makes what computes the features.
func (r *run) newFrozen(cfg Config) (*frozen, error) {
	e, err := newEmbedder(r.network, EmbedOptions{
		Size: cfg.Size, Fit: cfg.Fit, Threads: r.Threads, Cache: r.FeatureCache,
	})
	return &frozen{embedder: e, vectors: map[*dataset.Part][]float32{}}, err
}

// row returns the features of an image.
func (f *frozen) row(part *dataset.Part, i int) []float32 {
	return f.vectors[part][i*f.embedder.Count : (i+1)*f.embedder.Count]
}

// newHeadProgram builds the head of a network of package model, whose images are the features.
func newHeadProgram(features, classes int) (*classifier, error) {
	g := sym.NewGraph()
	c := &classifier{
		params: nn.NewParams(g), shape: dataset.Shape{C: features, H: 1, W: 1}, classes: classes, batch: evalBatch,
	}
	x := g.Input("x", sym.Float, c.batch, features)
	c.x = x
	context := nn.NewContext(c.params, false, 0)
	c.logits = context.In(model.Head, func(c *nn.Context) *sym.Expr {
		return nn.Dense{Out: classes}.Apply(c, x)
	})
	return c, c.logits.Err()
}

// reopenFrozen takes the folder of a run that was interrupted: it begins again with the features that
// the cache has.
func (r *run) reopenFrozen() (err error) {
	if r.folder, err = runfolder.Open(r.Dir, layout); err != nil {
		return err
	}
	if _, err := r.finished(); err != nil {
		return err
	}
	return r.openFrozenJournal()
}

// openFrozenJournal begins the metrics and writes the state before the one step.
func (r *run) openFrozenJournal() (err error) {
	if r.journal, err = runfolder.OpenJournal(r.path(metricsFile), 0); err != nil {
		return err
	}
	return r.saveFrozen()
}

// saveFrozen writes how far the run is, and what images it is of. The head is in the model's file.
func (r *run) saveFrozen() error {
	if r.Dir == "" {
		return nil
	}
	if err := r.journal.Sync(); err != nil {
		return err
	}
	origins, err := json.Marshal(r.progress.origins)
	if err != nil {
		return err
	}
	return runfolder.WriteState(r.path(checkpointFile), runfolder.State{
		Step: r.progress.step, JournalBytes: r.journal.Bytes(), Numbers: []float64{r.progress.seconds},
		Metadata: map[string]string{
			"format": checkpointFormat, versionKey: build.Current().Version, originsKey: string(origins),
			"config": r.config.hash(), digestKey: r.digest,
		},
	}, nil)
}

// fitFrozen computes the features of all images that the run uses and fits the head.
func (r *run) fitFrozen(ctx context.Context) error {
	if r.Started != nil {
		r.Started(Start{
			Config: r.config, Dir: r.Dir, DevImages: r.division.Dev.Len(), Parameters: r.frozen.count,
			Threads: r.Threads, CPU: r.on.Name(), Steps: 1,
			MACs:    r.frozen.embedder.program.program.MACs(0) / embedBatch,
			Bytes:   r.frozen.embedder.program.program.Bytes(),
			Origins: r.progress.origins, Oddities: r.oddities(),
		})
	}
	began := r.Now()
	defer r.noteCache(r.frozen)
	subsets := []dataset.Subset{r.division.Train, r.division.Dev}
	if !r.probing {
		subsets = append(subsets, r.test)
	}
	err := r.frozen.embed(ctx, r.Embedding, subsets...)
	if err == nil {
		err = r.fitHead(ctx, r.frozen)
	}
	if err == nil {
		err = r.classifier.params.Load(r.classifier.program, r.frozen.headValues)
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return Interrupted(ctx)
	}
	if err != nil {
		return err
	}
	r.progress.step, r.progress.seconds = 1, r.Now().Sub(began).Seconds()
	m := Metrics{Step: 1, Loss: r.frozen.head.Loss, Seconds: r.progress.seconds}
	if dev := r.division.Dev; dev.Len() > 0 {
		if _, err := r.judge(&m); err != nil {
			return err
		}
	}
	if r.journal != nil {
		if err := r.journal.Append(m); err != nil {
			return err
		}
	}
	return r.saveFrozen()
}

// embed computes the features of the images of subsets. report, if not nil, is told how many are
// there, first how many the cache has.
func (f *frozen) embed(ctx context.Context, report func(done, total int), subsets ...dataset.Subset) error {
	total, known, computed := 0, 0, 0
	ids := make([][][32]byte, len(subsets))
	for at, s := range subsets {
		ids[at] = idsOf(s)
		total += s.Len()
		known += f.embedder.known(ids[at])
	}
	if report == nil {
		report = func(int, int) {}
	}
	report(known, total)
	for at, s := range subsets {
		if s.Len() == 0 {
			continue
		}
		cached := -1
		flat, err := f.embedder.vectors(ctx, ids[at], func(i int) []byte { return s.Image(s.Index[i]) }, func(n int) {
			if cached < 0 {
				cached = n
				return
			}
			report(min(known+computed+n-cached, total), total)
		})
		if err != nil {
			return err
		}
		computed += s.Len() - cached
		n := f.embedder.Count
		if f.vectors[s.Part] == nil {
			f.vectors[s.Part] = make([]float32, s.Part.Len()*n)
		}
		for i, k := range s.Index {
			copy(f.vectors[s.Part][k*n:(k+1)*n], flat[i*n:(i+1)*n])
		}
	}
	return nil
}

// idsOf identifies the images of a subset.
func idsOf(s dataset.Subset) [][32]byte {
	ids := make([][32]byte, s.Len())
	for i, k := range s.Index {
		if s.Hashes != nil {
			ids[i] = s.Hashes[k]
		} else {
			ids[i] = pixelsID(s.Image(k))
		}
	}
	return ids
}

// noteCache writes what the cache has not written yet, and passes on what was wrong with it.
func (r *run) noteCache(f *frozen) {
	f.embedder.Flush()
	if r.CacheNote == nil {
		return
	}
	for _, note := range f.embedder.Notes() {
		r.CacheNote(note)
	}
}

// fitHead fits the head to the training images.
func (r *run) fitHead(ctx context.Context, f *frozen) error {
	kinds := len(r.data.Classes)
	d := linear.Data{Dim: f.embedder.Count, Kinds: kinds, Task: r.task}
	for _, k := range r.division.Train.Index {
		d.Features = append(d.Features, f.row(r.division.Train.Part, k)...)
		row := make([]float32, kinds)
		switch {
		case r.hasClasses():
			row[r.division.Train.Labels[k]] = 1
		case r.scale != nil:
			r.scale.Apply(row, r.division.Train.TargetRow(k))
		default:
			copy(row, r.division.Train.TargetRow(k))
		}
		d.Targets = append(d.Targets, row...)
	}
	var err error
	f.head, err = linear.Train(ctx, d, linear.Options{
		L2: r.config.HeadL2, Seed: r.config.Seed, Tried: r.Fitting,
	})
	if err != nil {
		return err
	}
	computed, cached := f.embedder.Computed()
	f.fit = HeadResult{
		Fit: f.head.Fit, Backbone: r.network.Path, SHA256: r.network.SHA256, Features: f.embedder.Count,
		Computed: computed, Cached: cached,
	}
	return nil
}

// headValues returns the values of a parameter of the head, nil of another.
func (f *frozen) headValues(p *nn.Param) []float32 {
	if model.PartOf(p.Name, "") != model.Head {
		return nil
	}
	if filepath.Ext(p.Name) == ".bias" {
		return f.head.Offsets
	}
	return f.head.Weights
}

// frozenModel returns the network with the head, which predicts without the file of its weights.
func (r *run) frozenModel() (*classifier, error) {
	m, err := r.config.Model.Model()
	if err != nil {
		return nil, err
	}
	c, err := newClassifier(m, r.data.Shape, len(r.data.Classes), 1)
	if err != nil {
		return nil, err
	}
	values, err := r.network.Values(c.params, false)
	if err != nil {
		return nil, err
	}
	on, err := engine.Native(engine.Options{Threads: r.Threads})
	if err != nil {
		return nil, err
	}
	if err := c.compile(on); err != nil {
		return nil, err
	}
	return c, c.params.Load(c.program, func(p *nn.Param) []float32 {
		if v := r.frozen.headValues(p); v != nil {
			return v
		}
		return values[p.Name]
	})
}

// close gives back what the features need.
func (f *frozen) close() {
	if f != nil {
		f.embedder.Close()
	}
}
