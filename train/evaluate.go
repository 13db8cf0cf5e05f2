package train

import (
	"context"
	"path/filepath"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

// Evaluation is what a finished run's model is worth on the run's test images.
type Evaluation struct {
	Config Config
	Outcome
}

// Evaluate classifies the test images of a finished run again, with the model of its folder: the official test
// images, under the paper's protocol those that it held out, normalized as in the run. Of the options it uses
// DataDirs and Threads.
func Evaluate(dir string, opt Options) (Evaluation, error) {
	cfg, err := FolderConfig(dir)
	if err != nil {
		return Evaluation{}, err
	}
	m, err := Load(filepath.Join(dir, ModelFile), evalBatch, opt.Threads)
	if err != nil {
		return Evaluation{}, err
	}
	defer m.Close()
	if m.Model != cfg.Model || m.Data != cfg.Data {
		return Evaluation{}, fault.Inputf("%s holds the model %s of %s, but its config.yaml says %s of %s", dir, m.Model, m.Data, cfg.Model, cfg.Data)
	}
	r := run{Options: opt, config: cfg, normalizer: m.Normalizer}
	if r.data, err = openData(context.Background(), &cfg, opt); err != nil {
		return Evaluation{}, err
	}
	if cfg.PaperProtocol {
		if err := r.divide(&cfg); err != nil {
			return Evaluation{}, err
		}
	} else {
		official, err := r.data.Test()
		if err != nil {
			return Evaluation{}, err
		}
		r.test = dataset.Whole(official)
	}
	logits, err := m.answers(r.test, r.tables(r.test))
	return Evaluation{cfg, Outcome{cfg.title(), m.Classes, r.test, logits}}, err
}
