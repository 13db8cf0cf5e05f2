package classify

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/backbone"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/linear"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/pretrained"
)

// The values of Transfer.
const (
	TransferFeatures = "features"
	TransferFinetune = "finetune"
)

// Transfers returns the values of Transfer.
func Transfers() []string { return []string{TransferFeatures, TransferFinetune} }

// Frozen reports whether the run trains a head on the features of a frozen network, in one step.
func (c Config) Frozen() bool { return c.Backbone != "" && c.Transfer != TransferFinetune }

// Finetunes reports whether the run begins with a pretrained network and trains all of it.
func (c Config) Finetunes() bool { return c.Backbone != "" && c.Transfer == TransferFinetune }

// resolveTransfer checks what a configuration says of a pretrained network. A head on frozen
// features has one step and nothing that steps are about.
func (c *Config) resolveTransfer() error {
	if c.Backbone == "" {
		for _, f := range []struct{ name, value string }{
			{"transfer", c.Transfer}, {"backbone_sha256", c.BackboneSHA256},
			{"backbone_variant", c.BackboneVariant}, {"preprocessing", c.Preprocessing},
		} {
			if f.value != "" {
				return fault.Inputf(
					"%s is %s, but there is no backbone: it is for pretrained networks", f.name,
					f.value,
				)
			}
		}
		if c.HeadL2 != 0 {
			return fault.Inputf("head_l2 is %v, but there is no backbone: it is for pretrained networks", c.HeadL2)
		}
		return c.checkDepthRate()
	}
	if c.Transfer == "" {
		c.Transfer = TransferFeatures
	}
	if !slices.Contains(Transfers(), c.Transfer) {
		return fault.Input(spec.Unknown("transfer", c.Transfer, Transfers()))
	}
	if !(c.HeadL2 >= 0) || c.HeadL2-c.HeadL2 != 0 {
		return fault.Inputf("head_l2 is %v, expected a finite number above 0, or 0 to find it", c.HeadL2)
	}
	if c.Preprocessing != "" {
		if _, err := pretrained.ParsePreprocessing(c.Preprocessing); err != nil {
			return err
		}
	}
	switch {
	case !c.Data.Resizable():
		return fault.Inputf(
			"backbone is set, but the images of %s have their size: a pretrained network takes the "+
				"pictures of a folder",
			c.Data,
		)
	case c.Architecture != nil:
		return fault.Inputf("backbone is set and an architecture of one's own, expected one of them")
	case c.PaperProtocol:
		return fault.Inputf("backbone is set, but the paper's protocol normalizes images by their own statistics")
	}
	if err := c.checkDepthRate(); err != nil || c.Finetunes() {
		return err
	}
	return c.resolveFrozen()
}

// resolveFrozen gives what is about steps the values of the one step of a head on features.
func (c *Config) resolveFrozen() error {
	for _, text := range c.Regularizers {
		return fault.Inputf(
			"regularizer %q: a head on frozen features is fitted to the minimum of its loss and an L2 penalty "+
				"that is found by itself; other penalties need transfer %s", text, TransferFinetune,
		)
	}
	if len(c.Penalties) > 0 {
		return fault.Inputf("penalties are set, but a head on frozen features takes none: they need transfer %s",
			TransferFinetune)
	}
	if c.Convolution == engine.DirectConvolution {
		return fault.Inputf("convolution is %s, but the features of a picture are kept for other runs: "+
			"it needs transfer %s",
			c.Convolution, TransferFinetune)
	}
	if c.Augment != "" && c.Augment != defaultAugment && c.Augment != "none" {
		return fault.Inputf("augment is %s, but the features of a picture are computed once: it needs transfer %s",
			c.Augment, TransferFinetune)
	}
	c.Augment, c.Regularizers = "", []gradreg.Spec{}
	c.Steps, c.Epochs, c.StopAfter, c.Extended = 1, 0, 0, nil
	c.EvalEvery, c.Patience, c.Keep, c.LogEvery, c.CheckpointEvery = 0, 0, "", 1, 1
	return nil
}

// openBackbone reads the pretrained network of a run, if it has one.
func (r *run) openBackbone(cfg *Config, p *parts) (err error) {
	if cfg.Backbone == "" {
		return nil
	}
	if r.network, err = cfg.openNetwork(r.Weights); err != nil {
		return err
	}
	r.channels = pretrained.Channels
	p.model, err = cfg.Model.Model()
	return err
}

// openNetwork reads the pretrained network of a configuration and completes what follows from it:
// its file and digest, the model, how pictures become images, and their side. now, if not empty, is
// where the recorded file is now.
func (c *Config) openNetwork(now string) (*pretrained.Network, error) {
	path, err := backbone.Locate(cmp.Or(now, c.Backbone), "")
	if err != nil {
		return nil, err
	}
	if now == "" {
		if c.Backbone, err = filepath.Abs(path); err != nil {
			return nil, err
		}
	}
	n, err := pretrained.Open(path, pretrained.Options{
		Variant: c.BackboneVariant, Preprocessing: c.Preprocessing,
	})
	if err != nil {
		return nil, err
	}
	if was := c.BackboneSHA256; was != "" && was != n.SHA256 {
		return nil, fault.Inputf("%s is not the file of weights that the run began with: its SHA-256 is "+
			"%.12s…, expected %.12s…",
			path, n.SHA256, was)
	}
	c.BackboneSHA256 = n.SHA256
	m := n.Model
	if c.Finetunes() {
		m = m.WithNorm("frozen")
	}
	c.Model = model.SpecOf(m)
	if c.Size == 0 {
		c.Size = n.Size
	}
	if c.Fit == "" {
		fit, err := n.Fit()
		if err != nil {
			return nil, err
		}
		c.Fit = string(fit)
	}
	return n, nil
}

// HeadResult says how the head on frozen features was found.
type HeadResult struct {
	linear.Fit
	// Backbone is the file of the network's weights, and its SHA-256.
	Backbone string `json:"backbone"`
	SHA256   string `json:"backbone_sha256"`
	Features int    `json:"feature_count"` // of a picture
	// Computed is how many pictures went through the network, Cached how many of which the features
	// were known.
	Computed int `json:"computed_count"`
	Cached   int `json:"cached_count"`
}

// String says it in a line.
func (h HeadResult) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d features of %s", h.Features, filepath.Base(h.Backbone))
	if h.Folds > 0 {
		fmt.Fprintf(&b, ", L2 %.3g by %d-fold cross-validation", h.L2, h.Folds)
	} else {
		fmt.Fprintf(&b, ", L2 %.3g", h.L2)
	}
	return b.String()
}
