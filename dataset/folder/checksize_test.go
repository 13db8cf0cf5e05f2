package folder_test

import (
	"errors"
	"testing"

	"github.com/gradreg/gradreg/dataset/folder"
)

// TestCheckSize asks whether the side will do once, before a picture is decoded: the given one, or the one that the pictures suggest.
func TestCheckSize(t *testing.T) {
	dir := shades(t, "a", 0, 5).with(shades(t, "b", 100, 5)).write(t)
	no := errors.New("too small for the model")
	for _, c := range []struct{ size, want int }{{0, 8}, {20, 20}} {
		asked, phase := []int{}, ""
		opt := folder.Options{Size: c.size, Progress: func(p folder.Progress) { phase = p.Phase }, CheckSize: func(side int) error {
			asked = append(asked, side)
			return no
		}}
		if _, err := folder.Open(t.Context(), dir, opt); !errors.Is(err, no) || len(asked) != 1 || asked[0] != c.want || phase == "decoding" {
			t.Errorf("size %d: asked about %v, %v, in phase %q; expected the error of %d before decoding", c.size, asked, err, phase, c.want)
		}
	}
}
