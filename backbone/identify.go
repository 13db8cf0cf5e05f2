package backbone

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
)

// Padding is where the border of a convolution with stride 2 lies.
type Padding string

const (
	// Symmetric borders are k/2 pixels on each side, as PyTorch's networks have them.
	Symmetric Padding = "symmetric"
	// Same borders are TensorFlow's: of the max((⌈n/s⌉ − 1)·s + k − n, 0) pixels that n pixels need
	// the smaller half comes before.
	Same Padding = "same"
)

// Network is a network of a known architecture with its weights.
type Network struct {
	Architecture string // resnet18, …, one of Architectures()
	Layout       Layout
	// Variant is the name that timm has for the network where two of one architecture differ in
	// Epsilon and Padding: tf_efficientnet_lite0 or efficientnet_lite0. Else it is Architecture.
	Variant string
	Epsilon float64 // of batch norm
	Padding Padding
	// Size is the side of the images that the architecture was made for, in pixels.
	Size     int
	Features int // inputs of the classifier
	Classes  int // outputs of the classifier, 0 if it is absent
	// Tensors are those of the architecture by their canonical names, all of floating-point type.
	Tensors map[string]Tensor
}

// Names returns the canonical names of the network's tensors in their order from the images on.
func (n *Network) Names() []string {
	var names []string
	for _, s := range find(n.Architecture).entries {
		if _, ok := n.Tensors[s.name]; ok {
			names = append(names, s.name)
		}
	}
	return names
}

// find returns a known architecture, nil of another.
func find(name string) *architecture {
	for i := range architectures {
		if architectures[i].name == name {
			return &architectures[i]
		}
	}
	return nil
}

// Identify finds the architecture and the layout of a file's tensors. variant is what timm calls
// the network, such as tf_efficientnet_lite0, and "" where the table of known files or config.json
// says so, or the tensors alone. What does not fit is the input's fault; the error names the first
// tensor that is missing, surplus, of a wrong shape, or damaged: a ReLU makes 0 of what is not a
// number, so that such weights would give answers.
func Identify(f *File, variant string) (*Network, error) {
	byName := map[string]Tensor{}
	for _, t := range f.Tensors {
		if !strings.HasSuffix(t.Name, ".num_batches_tracked") {
			byName[t.Name] = t
		}
	}
	l := layoutOf(byName)
	if l == nil {
		return nil, fault.Inputf(
			"the tensors, first %s, are of no known network; known are %s", quoted(f.Tensors[0].Name),
			strings.Join(Architectures(), ", "),
		)
	}
	a := l.nearest(byName)
	n, err := l.network(a, byName)
	if err != nil {
		return nil, fault.Input(err)
	}
	return n, n.settle(f, variant)
}

// layoutOf returns the layout whose marks are among the tensors, nil if there is none.
func layoutOf(tensors map[string]Tensor) *layout {
	for i, l := range layouts {
		if !slices.ContainsFunc(l.mark, func(m string) bool { _, ok := tensors[m]; return !ok }) {
			return &layouts[i]
		}
	}
	return nil
}

// nearest returns the architecture of the layout that fits the tensors best.
func (l *layout) nearest(tensors map[string]Tensor) *architecture {
	var best *architecture
	least := 0
	for i := range architectures {
		a := &architectures[i]
		if a.family != l.family || l.only != nil && !slices.Contains(l.only, a.name) {
			continue
		}
		wrong, renamed := 0, l.rename(a)
		for _, s := range a.entries {
			if t, ok := tensors[nameIn(renamed, s.name)]; !ok || !s.fits(t.Shape) {
				wrong++
			}
		}
		wrong += max(0, len(tensors)-len(a.entries))
		if best == nil || wrong < least {
			best, least = a, wrong
		}
	}
	return best
}

// fits reports whether a tensor may have a shape.
func (s entry) fits(shape []int) bool {
	return slices.EqualFunc(s.shape, shape, func(want, got int) bool {
		return want == got || want == anyExtent && got > 0
	})
}

// want writes the shape that is expected with a number of classes, 0 if it is unknown.
func (s entry) want(classes int) string {
	count := "classes"
	if classes > 0 {
		count = fmt.Sprint(classes)
	}
	return strings.Replace(fmt.Sprint(s.shape), fmt.Sprint(anyExtent), count, 1)
}

// network takes the tensors of an architecture.
func (l *layout) network(a *architecture, tensors map[string]Tensor) (*Network, error) {
	n := &Network{
		Architecture: a.name, Variant: a.name, Layout: l.name, Size: a.size, Features: a.features,
		Tensors: map[string]Tensor{},
	}
	is := fmt.Sprintf("%s in the layout of %s", a.name, l.name)
	renamed := l.rename(a)
	known := map[string]bool{}
	for _, s := range a.entries {
		name := nameIn(renamed, s.name)
		known[name] = true
		t, ok := tensors[name]
		switch {
		case !ok && s.optional && n.Classes == 0:
			continue
		case !ok:
			return nil, fmt.Errorf("nearest to %s, but tensor %s is missing", is, quoted(name))
		case s.optional && n.Classes == 0 && len(n.Tensors) > 0 && strings.HasSuffix(s.name, ".bias"):
			return nil, fmt.Errorf("nearest to %s, but tensor %s is missing", is,
				quoted(strings.TrimSuffix(name, "bias")+"weight"))
		case !s.fits(t.Shape) || s.optional && n.Classes > 0 && t.Shape[0] != n.Classes:
			return nil, fmt.Errorf("nearest to %s, but tensor %s has shape %v, expected %s", is,
				quoted(name), t.Shape, s.want(n.Classes))
		case !t.DType.Float():
			return nil, fmt.Errorf("nearest to %s, but tensor %s has elements of type %s, expected "+
				"floating-point numbers", is, quoted(name), t.DType)
		}
		if err := t.checkValues(strings.HasSuffix(s.name, ".running_var")); err != nil {
			return nil, fmt.Errorf("nearest to %s, but tensor %s %w", is, quoted(name), err)
		}
		if s.optional {
			n.Classes = t.Shape[0]
		}
		t.Name = s.name
		n.Tensors[s.name] = t
	}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		if !known[name] {
			return nil, fmt.Errorf("nearest to %s, but tensor %s is none of it", is, quoted(name))
		}
	}
	return n, nil
}

// settle finds out what the tensors do not say.
func (n *Network) settle(f *File, name string) error {
	from := "asked for"
	if k := f.Known(); name == "" && k != nil {
		name, from = k.Variant, "of the known file "+k.Name
	}
	if name == "" && f.Config != nil {
		name, from = f.Config.Architecture, "in config.json"
	}
	if name == "" {
		return n.settleAlone()
	}
	v, ok := variants[name]
	if !ok {
		return fault.Input(fmt.Errorf("%s: %w", from, spec.Unknown("network", name, Variants())))
	}
	if v.architecture != n.Architecture {
		return fault.Inputf("the tensors are those of %s, and %s is %s", n.Architecture, from, name)
	}
	if n.Layout == Lukemelas && v.Padding != Same {
		return fault.Inputf("the layout %s is that of tf_%s, and %s is %s", n.Layout, name, from, name)
	}
	n.Variant, n.Epsilon, n.Padding = name, v.Epsilon, v.Padding
	return nil
}

// ErrVariant is the error of tensors that several networks have, where nothing says which it is.
var ErrVariant = errors.New("expected its name, or a config.json beside the file")

// settleAlone finds it out where nobody says what the network is.
func (n *Network) settleAlone() error {
	var names []string
	for _, name := range Variants() {
		v := variants[name]
		if v.architecture == n.Architecture && (n.Layout != Lukemelas || v.Padding == Same) {
			names = append(names, name)
		}
	}
	for _, name := range names[1:] {
		if variants[name] != variants[names[0]] {
			return fault.Inputf("the tensors are those of %s, but do not say which of %s they are, "+
				"which differ in batch norm and padding: %w",
				n.Architecture, strings.Join(names, " and "), ErrVariant)
		}
	}
	v := variants[names[0]]
	n.Variant, n.Epsilon, n.Padding = n.Architecture, v.Epsilon, v.Padding
	if n.Layout == Lukemelas {
		n.Variant = names[0]
	}
	return nil
}
