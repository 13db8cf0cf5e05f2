// Package pretrained makes networks of package model from files of weights that package backbone
// reads, with the way in which their pictures are prepared.
//
//	file ── backbone.Read ──▶ tensors ── Open ──▶ Network: architecture, values of its parameters,
//	                                              preprocessing, digest of all of it
//
// Preprocessing comes with the file (config.json, or the table of known files) or is given
// ([ParsePreprocessing]); nothing is guessed.
package pretrained

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/gradreg/gradreg/backbone"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
)

// Channels of the images that networks trained on photos take: red, green and blue.
const Channels = 3

// Options of Open.
type Options struct {
	// Variant is what timm calls the network, see [backbone.Identify]; empty where the file says it.
	Variant string
	// Preprocessing is the text form of how pictures are prepared, in the place of what comes with
	// the file; empty for that.
	Preprocessing string
}

// Network is a network with the weights of a file.
type Network struct {
	Path    string
	SHA256  string // of the file, in hex digits
	Model   model.Backbone
	Classes int // that the file's weights tell apart, 0 if it has no classifier
	backbone.Preprocessing

	weights model.Weights
}

// ErrPreprocessing is the error of a file of weights of which nothing says how pictures are prepared.
var ErrPreprocessing = errors.New(
	"expected a preprocessing, such as " + TorchVision + " for weights of torchvision",
)

// Open reads a file of weights, or of a known one that was fetched by its name. What is wrong with it,
// or missing, is the input's fault.
func Open(path string, opt Options) (*Network, error) {
	path, err := backbone.Locate(path, "")
	if err != nil {
		return nil, err
	}
	f, err := backbone.Read(path)
	if err != nil {
		return nil, err
	}
	found, err := backbone.Identify(f, opt.Variant)
	if err != nil {
		return nil, fault.Inputf("%s: %w", path, err)
	}
	n := &Network{Path: path, SHA256: f.SHA256, Classes: found.Classes, weights: model.Weights{}}
	for name, t := range found.Tensors {
		n.weights[name] = model.Tensor{Shape: t.Shape, Values: t.Float32s}
	}
	switch p := f.Preprocessing(); {
	case opt.Preprocessing != "":
		if n.Preprocessing, err = ParsePreprocessing(opt.Preprocessing); err != nil {
			return nil, err
		}
	case p != nil && !ofAnother(f, p, opt.Variant):
		n.Preprocessing = *p
	default:
		return nil, fault.Inputf("%s does not say how pictures are prepared for it, and there is no "+
			"config.json beside it that does: %w", path, ErrPreprocessing)
	}
	m, err := model.Parse(textForm(found))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var ok bool
	if n.Model, ok = m.(model.Backbone); !ok {
		return nil, fmt.Errorf("%s: %s has no features", path, m)
	}
	return n, nil
}

// ofAnother reports whether a preprocessing is that of a config.json that is about another network
// than the file is said to be.
func ofAnother(f *backbone.File, p *backbone.Preprocessing, variant string) bool {
	return variant != "" && f.Config != nil && p == f.Config.Preprocessing && f.Config.Architecture != variant
}

// textForm returns the text form that package model has for a network.
func textForm(n *backbone.Network) string {
	name := strings.ReplaceAll(n.Architecture, "_", "-")
	if n.Padding == backbone.Symmetric && strings.HasPrefix(name, "efficientnet") {
		return fmt.Sprintf("%s:padding=symmetric,epsilon=%s", name, spec.Format(n.Epsilon))
	}
	return name
}

// Fit returns how pictures become squares of a side: as the preprocessing has it, whatever the side.
func (n *Network) Fit() (picture.Fit, error) { return picture.CropShare(n.Crop, n.Interpolation) }

// Normalizer returns the mean and spread that bytes are normalized by.
func (n *Network) Normalizer() dataset.Normalizer {
	return dataset.Normalizer{Mean: n.Mean[:], Std: n.Std[:]}
}

// Digest identifies what the network makes of pictures of a side: its architecture, its weights, and
// how pictures are prepared.
func (n *Network) Digest(side int) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d\x00%v\x00%v\x00%v\x00%s",
		n.Model, n.SHA256, side, n.Mean, n.Std, n.Crop, n.Interpolation))
}

// Values returns the values of the parameters of the network, or of one with another kind of norm,
// by their names. Those of the head, which needs as many classes as the file has, are among them if
// head is set.
func (n *Network) Values(params *nn.Params, head bool) (map[string][]float32, error) {
	weights := n.weights
	if !head { // a network without a head has no use for its tensors
		weights = maps.Clone(weights)
		for _, what := range []string{"weight", "bias"} {
			delete(weights, n.Model.TensorName(model.Head+"/dense1."+what))
		}
	}
	v, err := weights.Values(n.Model, params, head)
	if err != nil {
		return nil, fault.Inputf("%s: %w", n.Path, err)
	}
	return v, nil
}
