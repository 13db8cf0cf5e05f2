package download_test

import (
	"fmt"
	"testing"

	"github.com/gradreg/gradreg/internal/download"
)

// FuzzContentRange gives outside text to the parser of a server's Content-Range.
func FuzzContentRange(f *testing.F) {
	for _, text := range []string{"bytes 5-9/10", "bytes 0-0/*", "bytes */10", "", "bytes 1-2/-3", "bytes 99999999999999999999-1/2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, total, ok := download.ContentRange(text)
		if ok && total < -1 {
			t.Errorf("%q is from %d of %d", text, first, total)
		}
		if ok && total >= 0 {
			again := fmt.Sprintf("bytes %d-%d/%d", first, total-1, total)
			if f, n, ok := download.ContentRange(again); first >= 0 && (!ok || f != first || n != total) {
				t.Errorf("%q gives %d of %d, but %q gives %d of %d", text, first, total, again, f, n)
			}
		}
	})
}
