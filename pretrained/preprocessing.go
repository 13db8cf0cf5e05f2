package pretrained

import (
	"fmt"
	"strings"

	"github.com/gradreg/gradreg/backbone"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
)

// The text forms of preprocessing that have a name.
const (
	// TorchVision is that of torchvision's ResNets and MobileNetV2, and of many others trained on
	// ImageNet: mean 0.485, 0.456, 0.406, spread 0.229, 0.224, 0.225, bilinear, 224 of 256 pixels.
	TorchVision = "torchvision"
	// Timm is the same with the bicubic filter.
	Timm = "timm"
	// Half is mean and spread ½ with the bicubic filter, as weights that began in TensorFlow take.
	Half = "half"
)

// preprocessings are those with a name.
func preprocessings() spec.Table[backbone.Preprocessing] {
	imageNet := backbone.Preprocessing{
		Mean: [3]float64{0.485, 0.456, 0.406}, Std: [3]float64{0.229, 0.224, 0.225}, Size: 224, Crop: 0.875,
		Interpolation: "bilinear", Source: "given",
	}
	bicubic, half := imageNet, imageNet
	bicubic.Interpolation, half.Interpolation = "bicubic", "bicubic"
	half.Mean, half.Std = [3]float64{0.5, 0.5, 0.5}, [3]float64{0.5, 0.5, 0.5}
	return spec.Table[backbone.Preprocessing]{
		{Name: TorchVision, Doc: "ImageNet's mean and spread, bilinear", Parse: imageNet},
		{Name: Timm, Doc: "ImageNet's mean and spread, bicubic", Parse: bicubic},
		{Name: Half, Doc: "mean and spread 0.5, bicubic", Parse: half},
	}
}

// ParsePreprocessing reads how pictures are prepared: a name and what differs from it, such as
//
//	torchvision     timm:crop=0.95     half:size=299,crop=1
//
// with the keys size, crop, interpolation (bilinear or bicubic), mean and std, the latter three
// numbers as 0.5x0.5x0.5, of values from 0 to 1.
func ParsePreprocessing(text string) (backbone.Preprocessing, error) {
	p, s, err := preprocessings().Find("preprocessing", text)
	if err != nil {
		return p, fault.Input(err)
	}
	var mean, std string
	err = s.Fields(map[string]any{
		"size": &p.Size, "crop": &p.Crop, "interpolation": &p.Interpolation, "mean": &mean, "std": &std,
	})
	for _, f := range []struct {
		key, text string
		to        *[3]float64
	}{{"mean", mean, &p.Mean}, {"std", std, &p.Std}} {
		if err == nil && f.text != "" {
			err = three(f.key, f.text, f.to)
		}
	}
	if err == nil {
		err = p.Validate()
	}
	if err != nil {
		return p, fault.Inputf("preprocessing %q: %w", text, err)
	}
	return p, nil
}

// three reads numbers as 0.5x0.5x0.5.
func three(key, text string, to *[3]float64) error {
	parts := strings.Split(text, "x")
	if len(parts) != len(to) {
		return fmt.Errorf("key %s: found %q, expected three numbers as 0.5x0.5x0.5", key, text)
	}
	for i, part := range parts {
		var err error
		if to[i], err = spec.Number(part); err != nil {
			return fmt.Errorf("key %s: %w", key, err)
		}
	}
	return nil
}

// Preprocessings lists the names that ParsePreprocessing knows.
func Preprocessings() []string { return preprocessings().Names() }
