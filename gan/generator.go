package gan

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/philox"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// generatorFormat is raised when the meaning of a generator file changes.
const generatorFormat = "gradreg-generator-1"

// GeneratorInfo is what a generator file says about its generator.
type GeneratorInfo struct {
	Format  string   `json:"format"`
	Version string   `json:"version"` // of the program that wrote it
	Network string   `json:"network"` // text form of the pair
	Noise   int      `json:"noise"`   // numbers of the noise
	Shape   []int    `json:"shape"`   // of a sample: [C, H, W], values in −1 … 1, or [N]
	Data    string   `json:"data"`
	Classes []string `json:"classes,omitempty"`
	Steps   int      `json:"steps"` // that were taken
	// DataDigest is the SHA-256 of the images it was trained from.
	DataDigest string `json:"data_digest,omitempty"`
	// how its convolutions are computed, as in its training: one of [engine.Convolutions]; empty for auto
	Convolution engine.Convolution `json:"convolution,omitempty"`
}

// Generator is a trained generator. Its methods may be called by any number of goroutines; they take
// turns.
type Generator struct {
	GeneratorInfo
	mutex   sync.Mutex
	program engine.Program
	noise   *sym.Expr
}

// sampleBatch is the number of samples that are computed at once. A sample does not depend on it,
// for every program has it.
const sampleBatch = 64

// newGenerator compiles a generator of parameters, which are all finite, by their names.
func newGenerator(
	info GeneratorInfo, pair Pair, on engine.Engine, parameters map[string]tensorfile.Tensor,
) (*Generator, error) {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), false, 0)
	out := &Generator{GeneratorInfo: info, noise: g.Input("noise", sym.Float, sampleBatch, info.Noise)}
	samples := pair.Generate(c, out.noise)
	if want := append(sym.Shape{sampleBatch}, info.Shape...); samples.Err() == nil && !samples.Shape().Equal(want) {
		return nil, fault.Inputf("network %s makes samples of %v, expected %v", info.Network, samples.Shape(), want)
	}
	var err error
	out.program, err = programOf(on, c.Params.All(), parameters, func(p *nn.Param) string { return p.Name }, samples)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// programOf returns a program of outputs that holds the values of parameters, which a file has by
// name, and which are all finite.
func programOf(
	on engine.Engine, params []*nn.Param, file map[string]tensorfile.Tensor,
	nameOf func(*nn.Param) string, outputs ...*sym.Expr,
) (engine.Program, error) {
	// All of it is checked before anything of the size that the description claims is allocated.
	all := map[*nn.Param][]float32{}
	for _, p := range params {
		name := nameOf(p)
		t, ok := file[name]
		if !ok || t.F32 == nil {
			return nil, fmt.Errorf("tensor %q is missing", name)
		}
		if !t.Finite() {
			return nil, fmt.Errorf("tensor %q is not finite", name)
		}
		v := t.F32
		if len(v) != p.Expr.Shape().Size() {
			return nil, fault.Inputf("parameter %s has %d numbers, expected %d", name, len(v), p.Expr.Shape().Size())
		}
		all[p] = v
	}
	program, err := on.Compile(engine.Step{Outputs: outputs})
	if err != nil {
		return nil, err
	}
	for p, v := range all {
		if err := program.Write(p.Expr, v); err != nil {
			program.Close()
			return nil, err
		}
	}
	return program, nil
}

// Close gives back what the generator holds.
func (g *Generator) Close() { g.program.Close() }

// size returns the numbers of a sample.
func (g *Generator) size() int { return sym.Shape(g.Shape).Size() }

// Noise returns the noise of sample i of a seed: standard normal numbers, a function of both alone.
func Noise(seed, i uint64, noise []float32) {
	philox.Stream{Key: seed, Step: i, ID: noiseStream}.Normal(noise, 0)
}

// Sample writes n samples of a seed, those from place first on: [n, shape…]. Sample i is a function
// of the seed and i alone, whatever is asked for beside it. Values are not clamped.
func (g *Generator) Sample(seed, first uint64, n int, samples []float32) error {
	return g.each(n, samples, func(i int, noise []float32) { Noise(seed, first+uint64(i), noise) })
}

// FromNoise writes the samples of rows of noise [n, Noise].
func (g *Generator) FromNoise(noise []float32, samples []float32) error {
	if len(noise)%g.GeneratorInfo.Noise != 0 {
		return fmt.Errorf("gan: %d numbers of noise, expected rows of %d", len(noise), g.GeneratorInfo.Noise)
	}
	z := g.GeneratorInfo.Noise
	return g.each(len(noise)/z, samples, func(i int, to []float32) { copy(to, noise[i*z:]) })
}

// each computes samples of the noise that fill writes for each.
func (g *Generator) each(n int, samples []float32, fill func(i int, noise []float32)) error {
	size, z := g.size(), g.GeneratorInfo.Noise
	if len(samples) != n*size {
		return fmt.Errorf("gan: %d numbers for %d samples of %d", len(samples), n, size)
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	batch := make([]float32, sampleBatch*size)
	for from := 0; from < n; from += sampleBatch {
		count := min(sampleBatch, n-from)
		if g.program.Takes(g.noise) { // a generator may make one sample of any noise
			err := g.program.Fill(g.noise, func(dst []float32) {
				clear(dst)
				for i := range count {
					fill(from+i, dst[i*z:(i+1)*z])
				}
			})
			if err != nil {
				return err
			}
		}
		if err := g.program.Run(0, 0, 0); err != nil {
			return err
		}
		if err := g.program.Output(0, batch); err != nil {
			return err
		}
		copy(samples[from*size:(from+count)*size], batch)
	}
	return nil
}

// writeGenerator writes a generator file of parameters by their names.
func writeGenerator(path string, info GeneratorInfo, parameters map[string]tensorfile.Tensor) error {
	info.Format, info.Version = generatorFormat, build.Current().Version
	text, err := json.Marshal(info)
	if err != nil {
		return err
	}
	f := tensorfile.File{Tensors: parameters, Metadata: map[string]string{"gradreg": string(text)}}
	return atomicfile.Write(path, func(w io.Writer) error { return tensorfile.Write(w, f) })
}

// LoadGenerator reads the generator of a run folder, or a generator file.
func LoadGenerator(path string, threads int) (*Generator, error) {
	path, err := generatorPath(path)
	if err != nil {
		return nil, err
	}
	var info GeneratorInfo
	f, err := tensorfile.ReadFile(path, func(h tensorfile.Header) error {
		return info.read(h.Metadata)
	})
	if err != nil {
		return nil, err
	}
	pair, err := generative.Parse(info.Network, info.Shape)
	if err != nil {
		return nil, fault.Inputf("%s: %w", path, err)
	}
	on, err := engine.Native(engine.Options{Threads: threads, Convolution: info.Convolution})
	if err != nil {
		return nil, err
	}
	g, err := newGenerator(info, pair, on, f.Tensors)
	if err != nil {
		return nil, fault.Inputf("%s: %w", path, err)
	}
	return g, nil
}

// generatorPath returns the generator file of a run folder, or path itself if it is a file.
func generatorPath(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		return path, fault.Missingf(
			"%s: found nothing there, expected the run folder of a generator, or a generator file", path,
		)
	case err != nil:
		return path, fault.Input(err)
	case !info.IsDir():
		return path, nil
	case !HasRun(path):
		return path, fault.Missingf(
			"%s is a folder without %s, expected the run folder of a generator, or a generator file",
			path, configFile,
		)
	}
	file := filepath.Join(path, GeneratorFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return path, fault.Missingf("%s: found no generator; a run writes it at its first sheet", file)
	}
	return file, nil
}

// maxSide bounds what a file may say of a sample's extent.
const maxSide = 1 << 12

// read takes what a file says, and returns what is wrong with it.
func (info *GeneratorInfo) read(metadata map[string]string) error {
	switch text, ok := metadata["gradreg"]; {
	case metadata["format"] == checkpointFormat:
		return fmt.Errorf("the checkpoint of a run, expected its generator, %s", GeneratorFile)
	case !ok:
		return errors.New("a safetensors file without the description of a generator, expected a generator file")
	default:
		if err := json.Unmarshal([]byte(text), info); err != nil {
			return fmt.Errorf("found no description of a generator: %w", err)
		}
	}
	if info.Format != generatorFormat {
		return fmt.Errorf("format is %q, expected %q", info.Format, generatorFormat)
	}
	wrong := func(n int) bool { return n < 1 || n > maxSide }
	if len(info.Shape) != 1 && len(info.Shape) != 3 || slices.ContainsFunc(info.Shape, wrong) || wrong(info.Noise) {
		return fmt.Errorf(
			"samples of %v from %d numbers, expected [C, H, W] or [N], none above %d", info.Shape,
			info.Noise, maxSide,
		)
	}
	_, err := info.Convolution.Resolve()
	return err
}
