package score

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// from draws n points of a mixture of the modes that are kept.
func from(m Mixture, seed uint64, n int, kept func(mode int) bool) Matrix {
	random := rand.New(rand.NewPCG(seed, 7))
	points := Matrix{n, 2, nil}
	for range n {
		mode := random.IntN(m.Centres.N)
		for !kept(mode) {
			mode = random.IntN(m.Centres.N)
		}
		for _, c := range m.Centres.Row(mode) {
			points.Values = append(points.Values, c+float32(m.Sigma*random.NormFloat64()))
		}
	}
	return points
}

func all(int) bool { return true }

// TestGaussians checks points of the mixture itself, of some of its modes, and off all of them.
func TestGaussians(t *testing.T) {
	grid := Grid(5, 2, 0.05)
	s := must(Gaussians(from(grid, 1, 20000, all), grid))
	near(t, "share on a mode", s.OnMode, 1-math.Exp(-4.5), 0.003)
	near(t, "its own share", s.RealOnMode, 1-math.Exp(-4.5), 1e-12)
	// 25 degrees of freedom, 24 of them: 2n·KL is χ².
	if s.Hit != 25 || s.Modes != 25 || s.KL > 60/40000.0 || s.ModeKL > 60/40000.0 || s.KL == 0 {
		t.Errorf("of the mixture itself: %+v", s)
	}
	even := func(mode int) bool { return mode%2 == 0 }
	some := must(Gaussians(from(grid, 2, 20000, even), grid))
	near(t, "mode KL of 13 modes", some.ModeKL, math.Log(25.0/13), 0.003)
	if some.Hit != 13 {
		t.Errorf("%d modes hit, expected 13", some.Hit)
	}
	// Half of the points between the modes: one point is enough for a mode, the rest says more.
	between := from(grid, 3, 10000, all)
	for i := range between.N / 2 {
		between.Row(2 * i)[0]++
	}
	s = must(Gaussians(between, grid))
	near(t, "share on a mode", s.OnMode, (1-math.Exp(-4.5))/2, 0.01)
	on, off := s.OnMode, 1-s.OnMode
	want := on*math.Log(on/s.RealOnMode) + off*math.Log(off/(1-s.RealOnMode))
	if s.Hit != 25 || math.Abs(s.KL-want) > 0.01 || s.ModeKL > 0.01 {
		t.Errorf("half between the modes: %+v, expected a KL of %v", s, want)
	}
	// None on a mode.
	s = must(Gaussians(Matrix{2, 2, []float32{1, 1, 9, 9}}, grid))
	if s.Hit != 0 || s.OnMode != 0 || s.ModeKL != math.Log(25) || math.Abs(s.KL-4.5) > 1e-9 {
		t.Errorf("of no point on a mode: %+v", s)
	}
}

// TestMixtures checks the places of the modes.
func TestMixtures(t *testing.T) {
	grid := Grid(5, 2, 0.05)
	var want []float32
	for x := float32(-4); x <= 4; x += 2 {
		want = append(want, x, -4, x, -2, x, 0, x, 2, x, 4)
	}
	if c := grid.Centres; c.N != 25 || !slices.Equal(c.Values, want) {
		t.Errorf("centres %v", c)
	}
	ring := Ring(8, 2, 0.02)
	for i := range 8 {
		x, y := float64(ring.Centres.Row(i)[0]), float64(ring.Centres.Row(i)[1])
		near(t, "radius", math.Hypot(x, y), 2, 1e-6)
		angle := math.Mod(math.Atan2(y, x)+2*math.Pi+1e-6, 2*math.Pi)
		near(t, "angle", angle, float64(i)*math.Pi/4, 1e-5)
	}
	s := must(Gaussians(from(ring, 1, 4000, all), ring))
	if s.Hit != 8 || s.OnMode < 0.98 {
		t.Errorf("%+v", s)
	}
}

// TestModes checks samples of all modes, of one, and those of three channels.
func TestModes(t *testing.T) {
	every := make([]int, 3000)
	for i := range every {
		every[i] = i % 1000
	}
	s := must(Modes(every, 1000))
	if s.Hit != 1000 || s.KL > 1e-12 || s.Samples != 3000 {
		t.Errorf("of all modes: %+v", s)
	}
	near(t, "floor", s.Floor, 999/6000.0, 1e-12)
	one := must(Modes(make([]int, 26000), 1000))
	if one.Hit != 1 || math.Abs(one.KL-math.Log(1000)) > 1e-12 {
		t.Errorf("of one mode: %+v", one)
	}
	near(t, "floor of StackedMNIST", one.Floor, 0.0192, 1e-4)
	stacked := must(Stacked([]int{0, 3, 9}, []int{0, 2, 9}, []int{0, 1, 9}, 10))
	if !slices.Equal(stacked, []int{0, 321, 999}) {
		t.Errorf("modes %v", stacked)
	}
	shares := StackedShares([]float64{0.5, 0.3, 0.2})
	near(t, "share of red 0, green 1, blue 2", shares[0*9+1*3+2], 0.5*0.3*0.2, 1e-12)
	// A mode that does not exist is never drawn.
	f := must(ModeFloor([]float64{0.5, 0, 0.5, 0}, 1000, 5, 1))
	if f.Hit.Mean != 2 || math.Abs(f.KL.Mean-math.Ln2) > 0.01 {
		t.Errorf("%+v", f)
	}
}

// TestClassifierRange checks the ends of the classifier score.
func TestClassifierRange(t *testing.T) {
	sure := Matrix{4, 4, []float32{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}}
	near(t, "sure, all classes", must(Classifier(sure)), 4, 1e-12)
	near(t, "sure, one class", must(Classifier(Matrix{2, 2, []float32{1, 0, 1, 0}})), 1, 1e-12)
	near(t, "unsure", must(Classifier(Matrix{2, 2, []float32{0.5, 0.5, 0.5, 0.5}})), 1, 1e-12)
	p := Matrix{4, 2, []float32{0.95, 0.05, 0.9, 0.1, 0.2, 0.8, 0, 1}}
	near(t, "above 0.9", must(Confident(p, 0)), 0.5, 0)
	near(t, "above 0.75", must(Confident(p, 0.75)), 1, 0)
	classes := must(Predicted(Matrix{3, 2, []float32{1, 0, 0.5, 0.5, 0, 1}}))
	if !slices.Equal(classes, []int{0, 0, 1}) {
		t.Errorf("classes %v", classes)
	}
	if q := must(Shares([]int{0, 2, 2, 2}, 3)); !slices.Equal(q, []float64{0.25, 0, 0.75}) {
		t.Errorf("shares %v", q)
	}
	large := must(Softmax(Matrix{1, 3, []float32{3e38, -3e38, 3e38}}))
	if !slices.Equal(large.Values, []float32{0.5, 0, 0.5}) {
		t.Errorf("softmax of large logits: %v", large.Values)
	}
}

// TestNearestMirrors checks that a picture and its mirror image are one.
func TestNearestMirrors(t *testing.T) {
	train := Matrix{3, 4, []float32{1, 2, 3, 4, 5, 5, 5, 5, 9, 9, 9, 9}}
	made := Matrix{2, 4, []float32{2, 1, 4, 3, 5, 5, 5, 6}}
	found := must(Nearest(train, made, NearestOptions{K: 2, MirrorWidth: 2}))
	want := []Match{{Neighbour{0, 0}, true}, {Neighbour{1, math.Sqrt(9 + 16 + 1 + 4)}, false}}
	if !slices.Equal(found[0], want) {
		t.Errorf("the nearest are %v", found[0])
	}
	if !slices.Equal(found[1][:1], []Match{{Neighbour{1, 1}, false}}) {
		t.Errorf("the nearest are %v", found[1])
	}
	plain := must(Nearest(train, made, NearestOptions{K: 9}))
	if len(plain[0]) != 3 || plain[0][0].Distance != 2 || plain[0][0].Mirrored {
		t.Errorf("without mirror images %v", plain[0])
	}
	if c := Closest(found, 1); len(c) != 1 || c[0].Generated != 0 || c[0].Index != 0 {
		t.Errorf("the closest are %v", c)
	}
	if c := Closest(found, 5); len(c) != 2 || c[1].Generated != 1 {
		t.Errorf("the closest are %v", c)
	}
	// Copies of mirror images are copies, if training had flips.
	set, held := normal(1, 400, 6), normal(2, 200, 6)
	copies := noisy(must(Mirrored(set.First(200), 3)), 3, 1e-3)
	with := must(Copying(set, held, copies, CopyingOptions{Cells: 1, MirrorWidth: 3}))
	without := must(Copying(set, held, copies, CopyingOptions{Cells: 1}))
	if with.CT > -10 || math.Abs(without.CT) > 3 {
		t.Errorf("C_T is %v with mirror images and %v without", with.CT, without.CT)
	}
}
