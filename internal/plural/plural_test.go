package plural

import "testing"

func TestOf(t *testing.T) {
	for n, want := range map[int]string{0: "0 images", 1: "1 image", 2: "2 images", -1: "-1 images"} {
		if got := Of(n, "image"); got != want {
			t.Errorf("%d: %q, expected %q", n, got, want)
		}
	}
}
