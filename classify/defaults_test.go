package classify_test

import (
	"fmt"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
)

func TestDefaultRegularizers(t *testing.T) {
	for _, c := range []struct {
		data   string
		images int
		lambda string
	}{
		{"mnist", 500, "50"}, {"mnist", 2000, "50"}, {"mnist", 3000, "20"}, {"mnist", 10000, "5"}, {"mnist", 0, "2"},
		{"fashion-mnist", 500, "2"}, {"fashion-mnist", 2000, "1"}, {"fashion-mnist", 10000, "0.2"}, {"fashion-mnist", 0, "0.03"},
		{"cifar10", 2000, "0.5"}, {"cifar10", 0, "0.02"}, {"photos", 0, "0.5"}, {"photos", 300, "1"},
	} {
		want := fmt.Sprintf("[datagrad:%s weight-decay:5e-4]", c.lambda)
		if got := fmt.Sprint(classify.DefaultRegularizers(dataset.ParseSource(c.data), c.images)); got != want {
			t.Errorf("%s, %d images: %s, expected %s", c.data, c.images, got, want)
		}
	}
}
