package backbone

import (
	"encoding/json"
	"fmt"

	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
)

// Config is what a config.json of timm says, as it stands beside the weights on Hugging Face.
type Config struct {
	Architecture string // in timm's words, such as tf_efficientnet_lite0
	Classifier   string // the layer of the classes, such as fc
	License      string
	// Preprocessing is nil if the file does not say all of it.
	Preprocessing *Preprocessing
}

// longestConfig bounds a config.json, in bytes.
const longestConfig = 1 << 20

// pretrained are the fields of a config.json, which stand in pretrained_cfg, and of old ones above.
type pretrained struct {
	Mean          []float64 `json:"mean"`
	Std           []float64 `json:"std"`
	InputSize     []int     `json:"input_size"`
	CropPct       float64   `json:"crop_pct"`
	CropMode      string    `json:"crop_mode"`
	Interpolation string    `json:"interpolation"`
	Classifier    any       `json:"classifier"`
	License       string    `json:"license"`
}

// ReadConfig reads a config.json of timm. One of something else has no architecture. What is wrong
// with the file is the input's fault; a missing one is fs.ErrNotExist.
func ReadConfig(path string) (*Config, error) {
	text, err := boundedfile.Read(path, longestConfig)
	if err != nil {
		return nil, err
	}
	var file struct {
		Architecture string      `json:"architecture"`
		Pretrained   *pretrained `json:"pretrained_cfg"`
		pretrained
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fault.Inputf("%s: not the config.json of a network: %w", path, err)
	}
	of := file.Pretrained
	if of == nil {
		of = &file.pretrained
	}
	c := &Config{Architecture: file.Architecture, License: of.License}
	c.Classifier, _ = of.Classifier.(string)
	if c.Architecture == "" || of.Mean == nil && of.Std == nil && of.InputSize == nil {
		return c, nil
	}
	c.Preprocessing, err = of.preprocessing()
	if err != nil {
		return nil, fault.Inputf("%s: %w", path, err)
	}
	c.Preprocessing.Source = path
	return c, nil
}

// preprocessing returns what the fields say, or what is wrong with them.
func (f *pretrained) preprocessing() (*Preprocessing, error) {
	if len(f.Mean) != 3 || len(f.Std) != 3 {
		return nil, fmt.Errorf(
			"mean and std have %d and %d numbers, expected 3 each", len(f.Mean), len(f.Std),
		)
	}
	size := f.InputSize
	if len(size) != 3 || size[0] != 3 || size[1] != size[2] {
		return nil, fmt.Errorf("input_size is %v, expected 3 channels and a square, [3, 224, 224]", size)
	}
	if f.CropMode != "" && f.CropMode != "center" {
		return nil, fmt.Errorf("crop_mode is %.40q, expected center", f.CropMode)
	}
	p := &Preprocessing{
		Mean: [3]float64(f.Mean), Std: [3]float64(f.Std), Size: size[1], Crop: f.CropPct,
		Interpolation: f.Interpolation,
	}
	return p, p.Validate()
}
