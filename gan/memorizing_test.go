package gan

import "testing"

// TestMemorizing weighs each line by the gap that its share is of.
func TestMemorizing(t *testing.T) {
	share := func(v float64) *float64 { return &v }
	line := func(gap float64, m *float64) Metrics { return Metrics{Watch: Watch{Gap: gap}, Memorizing: m} }
	if v, ok := Memorizing([]Metrics{line(1, nil), line(-1, nil)}); ok {
		t.Errorf("found %v of lines that do not say it", v)
	}
	var lines []Metrics
	for i := range fewestLines / 2 {
		if v, ok := Memorizing(lines); ok {
			t.Errorf("found %v of %d lines", v, 2*i)
		}
		lines = append(lines, line(3, share(0.5)), line(5, nil), line(1, share(-0.5)))
	}
	v, ok := Memorizing(lines)
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

// TestAlarm checks that a few lines sound no alarm, and that lines which say nothing do not count.
func TestAlarm(t *testing.T) {
	all := 0.9
	line := Metrics{Watch: Watch{Gap: 1}, Memorizing: &all}
	var lines []Metrics
	for n := range fewestLines + 1 {
		if got, want := Alarm(lines), n >= fewestLines; got != want {
			t.Errorf("%d lines: alarm %v, expected %v", n, got, want)
		}
		lines = append(lines, line, Metrics{Watch: Watch{Gap: 1}})
	}
	little := 0.4
	for i := range lines {
		lines[i].Memorizing = &little
	}
	if Alarm(lines) {
		t.Error("an alarm at 40 %")
	}
}
