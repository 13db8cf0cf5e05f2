package gan

import "testing"

// TestMemorizing weighs each line by the gap that its share is of.
func TestMemorizing(t *testing.T) {
	share := func(v float64) *float64 { return &v }
	line := func(gap float64, m *float64) Metrics { return Metrics{Watch: Watch{Gap: gap}, Memorizing: m} }
	if v, ok := Memorizing([]Metrics{line(1, nil), line(-1, nil)}); ok {
		t.Errorf("found %v of lines that do not say it", v)
	}
	v, ok := Memorizing([]Metrics{line(3, share(0.5)), line(5, nil), line(1, share(-0.5))})
	if want := (3*0.5 - 0.5) / 4; !ok || v != want {
		t.Errorf("found %v, want %v", v, want)
	}
	old := []Metrics{line(1, share(1))}
	for range memorizingLines {
		old = append(old, line(1, share(0)))
	}
	if v, _ := Memorizing(old); v != 0 {
		t.Errorf("found %v with a line of long ago in it", v)
	}
}
