package gan

import (
	"strings"

	"github.com/gradreg/gradreg/dataset"
)

// DefaultFor returns the configuration of data where nothing else is said: that of [Default], and
// for points and for pictures of a folder, which are larger than digits, networks and batches that
// suit them.
func DefaultFor(data string) Config {
	c := Default()
	c.Data = data
	_, points := PointSetOf(data)
	switch {
	case points:
		c.Network, c.Noise, c.Batch = "mlp:width=256,layers=2", 16, 256
		c.Steps, c.HalfLife, c.LearningRate = 20000, 128000, 1e-3
	case dataset.ParseSource(strings.TrimPrefix(data, StackedPrefix)).Resizable():
		c.Network, c.Batch, c.Steps, c.HalfLife = "dcgan:width=32", 32, 12000, 16000
		c.LearningRate = 1e-3
	}
	return c
}
