package report

import "testing"

// TestLegendRoom checks that an axis goes on below what a legend would cover, and only there, of
// fractions not below 0.
func TestLegendRoom(t *testing.T) {
	figure := func(left, right float64) ErrorBars {
		f := ErrorBars{X: Axis{Label: "images"}, Y: Axis{Label: "accuracy", Percent: true}}
		for _, name := range []string{"none", "a method with a long name", "another"} {
			f.Series = append(f.Series, BarSeries{Name: name, Points: []BarPoint{{X: 1, Values: []float64{left}}, {X: 2, Values: []float64{right}}}})
		}
		return f
	}
	for _, c := range []struct {
		left, right, most, least float64 // of the axis's lower end
	}{
		{0.5, 0.9, 50, 50},       // free
		{0.9, 0.5, 45, 30},       // covered at the right
		{0.5, 0.52, 50, 50},      // free, if not by much
		{0.52, 0.515, 51.45, 50}, // covered
		{0.9, 0, 0, 0},           // there is no room below
	} {
		f := figure(c.left, c.right)
		rows, err := f.plots()
		if err != nil {
			t.Fatal(err)
		}
		if low := rows[0][0].Y.Min; low > c.most || low < c.least {
			t.Errorf("from %v to %v the axis begins at %v, expected %v to %v", c.left, c.right, low, c.least, c.most)
		}
		curves := Bands{X: f.X, Y: f.Y}
		for _, s := range f.Series {
			curves.Series = append(curves.Series, BandSeries{Name: s.Name, X: []float64{1, 2}, Runs: [][]float64{{c.left, c.right}}})
		}
		if rows, err = curves.plots(); err != nil {
			t.Fatal(err)
		}
		if low := rows[0][0].Y.Min; low > c.most || low < c.least {
			t.Errorf("curves: from %v to %v the axis begins at %v, expected %v to %v", c.left, c.right, low, c.least, c.most)
		}
	}
}
