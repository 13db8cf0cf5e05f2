package cli

import "io"

// output is what results are printed to. It keeps its first error, which few of those who print
// look at.
type output struct {
	io.Writer
	err error
}

// Write writes, unless it failed before.
func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.Writer.Write(p)
	o.err = err
	return n, err
}
