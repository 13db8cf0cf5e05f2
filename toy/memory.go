package toy

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/nn"
)

// memory is a file for the trained weights of one network, so that a run that was interrupted goes
// on. The empty one forgets.
type memory string

// memoryOf returns the memory for a network of the problem: its name is the hash of all that
// determines the weights.
func (o Options) memoryOf(problem string, lambda float64, seed uint64) memory {
	if o.Memory == "" {
		return ""
	}
	b := build.Current()
	text := fmt.Sprintf(
		"%s %s %s %s λ %v seed %d steps %d rate %v points %d", b.Version, b.Commit, o.Level,
		problem, lambda, seed, o.Steps, o.LearningRate, o.Points,
	)
	sum := sha256.Sum256([]byte(text))
	return memory(filepath.Join(o.Memory, hex.EncodeToString(sum[:8])+".safetensors"))
}

// recall returns the weights; none if there is no file, or one that is damaged: the network is then
// trained again.
func (m memory) recall(params []*nn.Param) (weights, error) {
	if m == "" {
		return nil, nil
	}
	data, err := boundedfile.Read(string(m), 16<<20) // networks of the plane have some thousand weights
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := tensorfile.Parse(data)
	if err != nil {
		return nil, nil
	}
	var w weights
	for _, p := range params {
		t := f.Tensors[p.Name]
		if !slices.Equal(t.Shape, p.Expr.Shape()) || t.F32 == nil || !t.Finite() {
			return nil, nil
		}
		w = append(w, t.F32)
	}
	return w, nil
}

// keep writes the weights.
func (m memory) keep(params []*nn.Param, w weights) error {
	if m == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(string(m)), 0o777); err != nil {
		return err
	}
	f := tensorfile.File{Tensors: map[string]tensorfile.Tensor{}}
	for i, p := range params {
		f.Tensors[p.Name] = tensorfile.Tensor{Shape: p.Expr.Shape(), F32: w[i]}
	}
	return atomicfile.Write(string(m), func(out io.Writer) error { return tensorfile.Write(out, f) })
}
