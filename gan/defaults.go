package gan

import (
	"strings"

	"github.com/gradreg/gradreg/dataset"
)

// DefaultFor returns the configuration of data where nothing else is said: that of [Default], and
// for points and for pictures of a folder, which are larger than digits, networks and batches that
// suit them. The batch is 0: what suits the data is known when they are opened.
func DefaultFor(data string) Config {
	c := Default()
	c.Data, c.Batch = data, 0
	switch kindOf(data) {
	case ofPoints:
		c.Network, c.Noise, c.Regularizers = "mlp:width=64,layers=3", 2, []string{"r1+r2:0.001"}
		c.Steps, c.HalfLife, c.LearningRate, c.Schedule = 60000, 128000, 2e-3, "cosine"
		c.LogEvery, c.SheetEvery, c.CheckpointEvery = 200, 2000, 2000
	case ofPictures:
		c.Network, c.Steps, c.HalfLife = "dcgan:width=32", 12000, 16000
		c.LearningRate = 1e-3
	}
	return c
}

// kindOfData is what defaults depend on.
type kindOfData int

const (
	ofImages   kindOfData = iota // of a data set
	ofPictures                   // of a folder
	ofPoints
)

func kindOf(data string) kindOfData {
	if _, points := PointSetOf(data); points {
		return ofPoints
	}
	if dataset.ParseSource(strings.TrimPrefix(data, StackedPrefix)).Resizable() {
		return ofPictures
	}
	return ofImages
}

// batchOf returns the batch of data of which there is enough.
func batchOf(data string) int {
	return map[kindOfData]int{ofImages: Default().Batch, ofPictures: 32, ofPoints: 128}[kindOf(data)]
}
