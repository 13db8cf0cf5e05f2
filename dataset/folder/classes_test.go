package folder_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestTooManyClasses refuses more classes than a model's file may have.
func TestTooManyClasses(t *testing.T) {
	var table strings.Builder
	fmt.Fprintln(&table, "file,class")
	for i := range 1<<16 + 1 {
		fmt.Fprintf(&table, "%d.png,class%d\n", i, i)
	}
	_, err := folder.Open(t.Context(), tree{}.withTable(table.String()).write(t), folder.Options{})
	if want := "found 65537 classes, expected at most 65536"; !fault.IsInput(err) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, expected %q", err, want)
	}
}
