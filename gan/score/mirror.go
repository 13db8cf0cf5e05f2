package score

import (
	"slices"

	"github.com/gradreg/gradreg/internal/fault"
)

// Mirrored returns the mirror images, left to right, of pictures [C, H, W] in rows of which each
// has width W.
func Mirrored(pictures Matrix, width int) (Matrix, error) {
	if err := pictures.check("pictures", 0); err != nil {
		return Matrix{}, err
	}
	if width < 1 || pictures.D%width != 0 {
		return Matrix{}, fault.Inputf(
			"pictures of %d numbers in lines of %d, expected a width that divides it",
			pictures.D, width,
		)
	}
	m := Matrix{pictures.N, pictures.D, slices.Clone(pictures.Values)}
	for i := 0; i < len(m.Values); i += width {
		slices.Reverse(m.Values[i : i+width])
	}
	return m, nil
}

// withMirrors returns samples and after them, if width is not 0, their mirror images.
func withMirrors(m Matrix, width int) (Matrix, error) {
	if width == 0 {
		return m, nil
	}
	mirrored, err := Mirrored(m, width)
	return Matrix{2 * m.N, m.D, slices.Concat(m.Values, mirrored.Values)}, err
}
