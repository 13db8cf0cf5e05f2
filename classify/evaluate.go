package classify

import (
	"context"

	"github.com/gradreg/gradreg/internal/fault"
)

// Evaluation is what a finished run's model is worth on the run's test images.
type Evaluation struct {
	Config Config
	Outcome
}

// Evaluate classifies the test images of a finished run again, with the model of its folder: the
// official test images, under the paper's protocol those that it held out, normalized as in the
// run. Of the options it uses DataDirs and Threads.
func Evaluate(ctx context.Context, dir string, opt Options) (Evaluation, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Evaluation{}, err
	}
	s, err := Examine(ctx, dir, opt)
	if err != nil {
		return Evaluation{}, err
	}
	defer s.Close()
	return s.Evaluation, nil
}
