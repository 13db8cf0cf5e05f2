package kernel

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRegistersOfAVX2 holds that kernels of AVX2 do with its sixteen registers: the assembler takes
// more as instructions of AVX-512.
func TestRegistersOfAVX2(t *testing.T) {
	files, err := filepath.Glob("*_amd64.s")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	beyond := regexp.MustCompile(`\b(Z\d+|[XY](1[6-9]|2\d|3[01])|K[0-7])\b`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		function := ""
		for i, line := range strings.Split(string(text), "\n") {
			if strings.HasPrefix(line, "TEXT") {
				function = line
			}
			if strings.Contains(function, "AVX2") && !strings.HasPrefix(line, "//") && beyond.MatchString(line) {
				t.Errorf("%s:%d: %s in %s", file, i+1, strings.TrimSpace(line), function)
			}
		}
	}
}
