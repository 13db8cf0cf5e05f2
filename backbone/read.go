package backbone

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/internal/torchfile"
)

// Format is a format of files.
type Format string

// The formats that are read.
const (
	Safetensors   Format = "safetensors"
	PyTorchZip    Format = "PyTorch, zip archive"
	PyTorchLegacy Format = "PyTorch, legacy"
)

// File is the content of a file of weights.
type File struct {
	Format  Format
	Tensors []Tensor // in the order of the file
	// Metadata are the texts of a safetensors file about itself.
	Metadata map[string]string
	// Wrapper is the key under which a checkpoint has the state dict, such as model_ema, "" if the
	// file is a state dict. Prefix is what was taken off from all names, such as module.
	Wrapper, Prefix string

	// Read fills in what Decode cannot know.

	Size   int64  // of the file, in bytes
	SHA256 string // of the file, in hex digits
	// Config is what config.json in the file's folder says, nil if there is none.
	Config *Config
}

// Read reads a file of weights, and the config.json beside it if there is one. What is wrong with
// them is the input's fault, in one line that names the file; a missing file is fs.ErrNotExist.
func Read(path string) (*File, error) {
	f, err := boundedfile.OpenAt(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	file, err := Decode(f, f.Size())
	if err != nil {
		return nil, named(path, err)
	}
	file.Size = f.Size()
	if file.SHA256, err = sumOf(f, f.Size()); err != nil {
		return nil, err
	}
	config, err := ReadConfig(filepath.Join(filepath.Dir(path), "config.json"))
	switch {
	case err == nil && config.Architecture != "":
		file.Config = config
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	return file, nil
}

// sumOf returns the SHA-256 of a file of a size, in hex digits.
func sumOf(r io.ReaderAt, size int64) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(r, 0, size)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// named is an error of a file. One of the system is no fault of the input.
func named(path string, err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return err
	}
	return fault.Inputf("%s: %w", path, err)
}

// Decode reads a file of weights of a size in bytes. At most that much memory is taken, and 64 MiB.
func Decode(r io.ReaderAt, size int64) (*File, error) {
	start := make([]byte, min(16, max(size, 0)))
	if _, err := r.ReadAt(start, 0); err != nil && err != io.EOF {
		return nil, err
	}
	f := &File{}
	var places []place
	var err error
	switch {
	case torchfile.Is(start) && !tensorfile.Is(start, size):
		places, err = f.torch(r, size)
	case len(start) > 8 && start[8] != '{':
		err = somethingElse(start)
	default:
		places, err = f.safetensors(r, size)
	}
	if err != nil {
		return nil, fmt.Errorf("not a file of weights: %w", err)
	}
	if len(places) == 0 {
		return nil, errors.New("not a file of weights: it has no tensors")
	}
	f.Prefix = takePrefix(places)
	f.Tensors, err = readAll(r, size, places)
	return f, err
}

// somethingElse says of a file that is of neither kind what it may be, by its first bytes.
func somethingElse(start []byte) error {
	if bytes.HasPrefix(start, []byte("version https://")) {
		return errors.New("a pointer of Git LFS, which stands for the file: git lfs pull brings it")
	}
	found := fmt.Sprintf("the bytes % x", start[:4])
	if text := string(start); !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsPrint(r) && !unicode.IsSpace(r)
	}) {
		found = fmt.Sprintf("%q", text)
	}
	return fmt.Errorf("it begins with %s, expected safetensors or what torch.save writes", found)
}

// torch finds the tensors of a file that torch.save wrote.
func (f *File) torch(r io.ReaderAt, size int64) ([]place, error) {
	found, err := torchfile.Read(r, size)
	f.Format = PyTorchZip
	if found.Legacy {
		f.Format = PyTorchLegacy
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Format, err)
	}
	f.Wrapper = found.Wrapper
	places := make([]place, len(found.Tensors))
	for i, t := range found.Tensors {
		places[i] = place{
			name: t.Name, dtype: DType(t.DType), shape: t.Shape, strides: t.Strides, offset: t.Offset,
		}
	}
	return places, nil
}

// safetensors finds the tensors of a safetensors file.
func (f *File) safetensors(r io.ReaderAt, size int64) ([]place, error) {
	f.Format = Safetensors
	found, metadata, err := tensorfile.ReadLayout(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Format, err)
	}
	f.Metadata = metadata
	places := make([]place, len(found))
	for i, t := range found {
		p := place{name: t.Name, dtype: DType(t.DType), shape: t.Shape, offset: t.Offset}
		if _, ok := sizes[p.dtype]; !ok {
			return nil, fmt.Errorf("tensor %s has elements of type %s, expected %s", quoted(t.Name),
				t.DType, strings.Join(dtypeNames(), ", "))
		}
		places[i] = p
	}
	return places, nil
}

// dtypeNames lists the types of elements.
func dtypeNames() []string {
	var names []string
	for _, d := range slices.Sorted(maps.Keys(sizes)) {
		names = append(names, string(d))
	}
	return names
}

// wrappingPrefixes are what PyTorch's wrappers put before all names: that for several devices, and
// torch.compile.
var wrappingPrefixes = []string{"module.", "_orig_mod."}

// takePrefix takes prefixes off from all names that have them, and returns them.
func takePrefix(places []place) (prefix string) {
	for {
		i := slices.IndexFunc(wrappingPrefixes, func(w string) bool {
			return !slices.ContainsFunc(places, func(p place) bool { return !strings.HasPrefix(p.name, w) })
		})
		if i < 0 {
			return prefix
		}
		for k := range places {
			places[k].name = places[k].name[len(wrappingPrefixes[i]):]
		}
		prefix += wrappingPrefixes[i]
	}
}

// quoted is a name of a file in a message.
func quoted(name string) string { return fmt.Sprintf("%q", foreign.Short(name, 80)) }

// Parameters returns the number of trained parameters: of floating-point numbers, less the running
// means and variances of batch norm.
func (f *File) Parameters() int {
	n := 0
	for _, t := range f.Tensors {
		if t.DType.Float() && !strings.HasSuffix(t.Name, ".running_mean") &&
			!strings.HasSuffix(t.Name, ".running_var") {
			n += t.Len()
		}
	}
	return n
}
