package classify

import (
	"testing"

	"github.com/gradreg/gradreg/dataset"
)

// TestEmbeddedDigest computes what is not computed for every run.
func TestEmbeddedDigest(t *testing.T) {
	d, err := dataset.Open("mnist")
	if err != nil {
		t.Fatal(err)
	}
	train, test, err := d.Parts()
	if err != nil {
		t.Fatal(err)
	}
	if got := compute(d, train, test); got != embeddedDigest || digest(d, train, test) != embeddedDigest {
		t.Errorf("the digest of the embedded MNIST is %s, expected %s", got, embeddedDigest)
	}
}
