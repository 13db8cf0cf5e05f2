package kernel

import (
	"slices"
	"strings"
	"testing"
)

func TestParseLevelReadsWhatStringWrites(t *testing.T) {
	for l := Generic; l <= AVX512; l++ {
		got, err := ParseLevel(l.String())
		if got != l || err != nil {
			t.Errorf("ParseLevel(%q) = %v, %v", l.String(), got, err)
		}
	}
}

func TestParseLevelRefuses(t *testing.T) {
	for _, name := range []string{"", "AVX2", "avx", "avx512 ", "sse"} {
		_, err := ParseLevel(name)
		if err == nil {
			t.Errorf("ParseLevel(%q) succeeds", name)
			continue
		}
		for _, part := range []string{`"` + name + `"`, "generic, avx2, avx512"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("ParseLevel(%q): error %q lacks %s", name, err, part)
			}
		}
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		name    string
		highest Level
		want    Level
		err     string // part of the error
	}{
		{"", Generic, Generic, ""},
		{"", AVX512, AVX512, ""},
		{"generic", AVX512, Generic, ""},
		{"avx2", AVX2, AVX2, ""},
		{"avx2", AVX512, AVX2, ""},
		{"avx512", AVX2, Generic, "GRADREG_CPU: level avx512 is not supported here, the highest is avx2"},
		{"avx2", Generic, Generic, "GRADREG_CPU: level avx2 is not supported here, the highest is generic"},
		{"neon", AVX512, Generic, `GRADREG_CPU: unknown CPU level "neon"`},
	} {
		got, err := choose(c.name, c.highest)
		if got != c.want {
			t.Errorf("choose(%q, %v) = %v, expected %v", c.name, c.highest, got, c.want)
		}
		if c.err == "" && err != nil {
			t.Errorf("choose(%q, %v): %v", c.name, c.highest, err)
		}
		if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("choose(%q, %v): error %v, expected %s", c.name, c.highest, err, c.err)
		}
	}
}

func TestSupportedIsEveryLevelUpToTheHighest(t *testing.T) {
	got := Supported()
	if got[0] != Generic || got[len(got)-1] != detected || !slices.IsSorted(got) || len(got) != int(detected)+1 {
		t.Errorf("Supported() = %v, the highest is %v", got, detected)
	}
}
