package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Digest returns the SHA-256 of a data set's images, labels and classes: equal digests mean that
// equal configurations train on equal bytes. That of an embedded set is known without reading it.
func (d *Dataset) Digest() (string, error) {
	if d.known != "" {
		return d.known, nil
	}
	return d.compute()
}

// compute is Digest of what is read.
func (d *Dataset) compute() (string, error) {
	train, test, err := d.Parts()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %v\n", d.Classes, d.Shape)
	for _, part := range []*Part{train, d.Val(), test} {
		if part == nil {
			part = &Part{}
		}
		fmt.Fprintf(h, "%d\n", len(part.Labels))
		h.Write(part.Images)
		h.Write(LabelBytes(part.Labels, len(d.Classes)))
		if part.Targets != nil {
			fmt.Fprintln(h, d.Task)
			binary.Write(h, binary.LittleEndian, part.Targets)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
