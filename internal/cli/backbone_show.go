package cli

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/backbone"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/pretrained"
)

// backboneShowOptions are the flags of gradreg backbone show.
type backboneShowOptions struct {
	dir, network           string
	picture, preprocessing string
	tensors                bool
}

func (a *app) backboneShowCommand() *cobra.Command {
	o := &backboneShowOptions{}
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Say what a file of weights holds",
		Long: `Say what a file of weights holds: a safetensors file, with the config.json beside it, or what torch.save wrote.
Nothing of it is executed. FILE may also be the name of a known file that was fetched.

The architecture is recognized by names and shapes of the tensors. Where two networks have the same ones, as
EfficientNet-Lite of timm and of TensorFlow, config.json or --network says which it is.

With --picture the network is asked what it sees in a picture: a wrong preprocessing raises no error, but its answers
are worse. Of 1000 classes the names are those of ImageNet.`,
		Example: `  gradreg backbone show efficientnet_lite0
  gradreg backbone show --tensors resnet18/model.safetensors
  gradreg backbone show efficientnet_lite0 --picture daisy.jpg`,
		Args: args(cobra.ExactArgs(1)), ValidArgs: knownBackbones(),
		RunE: func(_ *cobra.Command, list []string) error {
			return saidByFlag(a.runBackboneShow(o, list[0]), "network")
		},
	}
	backboneDirFlag(cmd, &o.dir)
	f := cmd.Flags()
	f.StringVar(&o.network, "network", "", "what timm calls the network: "+strings.Join(backbone.Variants(), ", "))
	f.BoolVar(&o.tensors, "tensors", false, "list the tensors")
	f.StringVar(
		&o.picture, "picture", "",
		"picture of which to print the five most probable classes, if the file has its classes",
	)
	f.StringVar(
		&o.preprocessing, "preprocessing", "", "with --picture: how it is prepared, where the file does not say it: "+
			strings.Join(pretrained.Preprocessings(), ", ")+", or as timm:crop=0.95,size=288",
	)
	return cmd
}

// shownTensor is a tensor in JSON.
type shownTensor struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Shape []int  `json:"shape"`
}

// shownBackbone is what gradreg backbone show prints as JSON.
type shownBackbone struct {
	Path           string         `json:"path"`
	Format         string         `json:"format"`
	SizeBytes      int64          `json:"size_bytes"`
	SHA256         string         `json:"sha256"`
	Known          string         `json:"known"` // the name of the known file, empty of another
	Licence        string         `json:"licence"`
	Wrapper        string         `json:"wrapper"`
	Prefix         string         `json:"prefix"`
	TensorCount    int            `json:"tensor_count"`
	ParameterCount int            `json:"parameter_count"`
	DTypes         map[string]int `json:"dtypes"` // tensors by type of elements

	Architecture string  `json:"architecture"` // empty if it is none of the known ones
	Unrecognized string  `json:"unrecognized"` // why not
	Network      string  `json:"network"`
	Layout       string  `json:"layout"`
	ClassCount   int     `json:"class_count"`
	FeatureCount int     `json:"feature_count"`
	Epsilon      float64 `json:"epsilon"`
	Padding      string  `json:"padding"`

	Preprocessing *backbone.Preprocessing `json:"preprocessing"` // null if nobody says it
	Tensors       []shownTensor           `json:"tensors,omitempty"`
	Answers       []classify.Prediction   `json:"answers,omitempty"` // of the picture that was asked about
}

// shownAnswers is how many classes of a picture are shown.
const shownAnswers = 5

// answers returns what a file of weights says of a picture.
func (o *backboneShowOptions) answers(path string) ([]classify.Prediction, error) {
	if o.picture == "" {
		if o.preprocessing != "" {
			return nil, usage{fmt.Errorf("found --preprocessing without --picture")}
		}
		return nil, nil
	}
	picture, err := os.ReadFile(o.picture)
	if err != nil {
		return nil, fault.Input(err)
	}
	n, err := pretrained.Open(path, pretrained.Options{Variant: o.network, Preprocessing: o.preprocessing})
	if err != nil {
		return nil, err
	}
	answers, err := classify.Answers(n, picture, shownAnswers)
	if err != nil && n.Classes > 0 {
		return nil, fmt.Errorf("%s: %w", o.picture, err)
	}
	return answers, err
}

func (a *app) runBackboneShow(o *backboneShowOptions, text string) error {
	path, err := backbone.Locate(text, o.dir)
	if err != nil {
		return err
	}
	f, err := backbone.Read(path)
	if err != nil {
		return err
	}
	s := shownBackbone{
		Path: path, Format: string(f.Format), SizeBytes: f.Size, SHA256: f.SHA256, Wrapper: f.Wrapper,
		Prefix: f.Prefix, TensorCount: len(f.Tensors), ParameterCount: f.Parameters(),
		DTypes: map[string]int{}, Preprocessing: f.Preprocessing(),
	}
	if f.Config != nil {
		s.Licence = f.Config.License
	}
	if k := f.Known(); k != nil {
		s.Known, s.Licence = k.Name, k.Licence
	}
	for _, t := range f.Tensors {
		s.DTypes[string(t.DType)]++
		if o.tensors {
			s.Tensors = append(s.Tensors, shownTensor{t.Name, string(t.DType), t.Shape})
		}
	}
	n, err := backbone.Identify(f, o.network)
	switch {
	case err != nil && o.network != "":
		return fmt.Errorf("%s: %w", path, err)
	case err != nil:
		s.Unrecognized = saidByFlag(err, "network").Error()
	default:
		s.Architecture, s.Network, s.Layout = n.Architecture, n.Variant, string(n.Layout)
		s.ClassCount, s.FeatureCount = n.Classes, n.Features
		s.Epsilon, s.Padding = n.Epsilon, string(n.Padding)
	}
	if s.Answers, err = o.answers(path); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(s)
	}
	a.printBackbone(s)
	return nil
}

// printBackbone writes the summary for people.
func (a *app) printBackbone(s shownBackbone) {
	row := func(name, format string, args ...any) {
		fmt.Fprintf(a.out, "%-15s %s\n", name, foreign.Line(fmt.Sprintf(format, args...)))
	}
	row("file", "%s", s.Path)
	row("format", "%s, %.1f MB", s.Format, float64(s.SizeBytes)/1e6)
	row("SHA-256", "%s", s.SHA256)
	if s.Known != "" {
		row("known as", "%s", s.Known)
	}
	if s.Licence != "" {
		row("licence", "%s", s.Licence)
	}
	if s.Wrapper != "" {
		row("taken from", "%s of the checkpoint", s.Wrapper)
	}
	if s.Prefix != "" {
		row("prefix", "%s taken off from all names", s.Prefix)
	}
	var types []string
	for _, d := range slices.Sorted(maps.Keys(s.DTypes)) {
		types = append(types, fmt.Sprintf("%d of %s", s.DTypes[d], d))
	}
	row("tensors", "%d: %s", s.TensorCount, strings.Join(types, ", "))
	row("parameters", "%d", s.ParameterCount)
	if s.Architecture == "" {
		row("architecture", "unknown: %s", s.Unrecognized)
	} else {
		row("architecture", "%s, names as of %s", s.Architecture, s.Layout)
		row("network", "%s: batch norm's ε %g, %s padding", s.Network, s.Epsilon, s.Padding)
		classes := "none, features only"
		if s.ClassCount > 0 {
			classes = fmt.Sprint(s.ClassCount)
		}
		row("classes", "%s; %d features", classes, s.FeatureCount)
	}
	if p := s.Preprocessing; p != nil {
		row("images", "%d pixels, %.4g of the shorter side, %s; from %s", p.Size, p.Crop, p.Interpolation, p.Source)
		row("mean, std", "%.4g, %.4g", p.Mean, p.Std)
	} else {
		row("images", "preprocessing unknown: no config.json beside the file says it, and it is no known one; "+
			"--preprocessing %s is that of torchvision's weights", pretrained.TorchVision)
	}
	for i, p := range s.Answers {
		name := ""
		if i == 0 {
			name = "picture"
		}
		row(name, "%5.1f %% %s (%d)", 100*p.Probability, p.Class, p.Index)
	}
	for _, t := range s.Tensors {
		fmt.Fprintf(a.out, "  %-4s %s %s\n", t.DType, foreign.Line(t.Name), extents(t.Shape))
	}
}
