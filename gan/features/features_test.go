package features

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/gan/score"
)

func digits(t *testing.T) *Set {
	t.Helper()
	s, err := Open(context.Background(), gan.Default(), gan.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSet keeps the images of the classifier, of the scores and the held-out ones apart.
func TestSet(t *testing.T) {
	s := digits(t)
	if s.classifier.Len() != 40000 || s.Real.Len() != 20000 || s.Other.Len() != 10000 || s.Count() != 10000 {
		t.Errorf("%d, %d and %d images", s.classifier.Len(), s.Real.Len(), s.Other.Len())
	}
	seen := map[int]bool{}
	for _, k := range s.classifier.Index {
		seen[k] = true
	}
	for _, k := range s.Real.Index {
		if seen[k] {
			t.Fatalf("image %d is the classifier's and a score's", k)
		}
	}
	if s.Other.Part == s.Real.Part {
		t.Error("held-out images are training images")
	}
	sum := 0.0
	for _, v := range s.Shares {
		sum += v
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("shares sum to %v", sum)
	}
}

// TestClassifier trains a classifier once: the next one comes from the cache, and a damaged one is
// trained again.
func TestClassifier(t *testing.T) {
	s := digits(t)
	s.classifier.Index = s.classifier.Index[:400]
	trained := 0
	training := Training{Cache: t.TempDir(), Threads: 1, Steps: 5, Started: func(classify.Start) { trained++ }}
	images := Images(s.Other, 150)
	var first score.Matrix
	for i := range 3 {
		if i == 2 {
			files, err := filepath.Glob(filepath.Join(training.Cache, "*", classify.ModelFile))
			if err != nil || len(files) != 1 {
				t.Fatal(files, err)
			}
			if err := os.Truncate(files[0], 100); err != nil {
				t.Fatal(err)
			}
		}
		n, err := s.Classifier(context.Background(), training)
		if err != nil {
			t.Fatal(err)
		}
		features, probabilities, err := n.Of(images)
		n.Close()
		if err != nil {
			t.Fatal(err)
		}
		if n.Name != "lenet-84" || features.N != 150 || features.D != 84 || probabilities.D != 10 {
			t.Fatalf("%s: %d × %d features, %d classes", n.Name, features.N, features.D, probabilities.D)
		}
		if i == 0 {
			first = features
		} else if !slices.Equal(first.Values, features.Values) {
			t.Errorf("time %d: other features", i)
		}
	}
	if trained != 2 {
		t.Errorf("trained %d times, expected twice", trained)
	}
}

// TestInterruptedClassifier goes on with a classifier whose training was interrupted.
func TestInterruptedClassifier(t *testing.T) {
	s := digits(t)
	s.classifier.Index = s.classifier.Index[:400]
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	training := Training{Cache: t.TempDir(), Threads: 1, Steps: 30, Stepped: func(p classify.Progress) {
		if p.Step == 3 {
			stop()
		}
	}}
	if _, err := s.Classifier(ctx, training); err == nil {
		t.Fatal("an interrupted training gave a classifier")
	}
	from := -1
	training.Stepped, training.Started = nil, func(s classify.Start) { from = s.Step }
	n, err := s.Classifier(context.Background(), training)
	if err != nil {
		t.Fatal(err)
	}
	n.Close()
	if from < 3 {
		t.Errorf("went on after step %d, expected 3 or more", from)
	}
}

// TestRandom is a function of an image alone, and not the same for all.
func TestRandom(t *testing.T) {
	s := digits(t)
	n, err := Random(s.Shape, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	images := Images(s.Other, batch+3)
	all, none, err := n.Of(images)
	if err != nil || none.N != 0 {
		t.Fatal(none.N, err)
	}
	last, _, err := n.Of(images[batch+2:])
	if err != nil || !slices.Equal(all.Row(batch+2), last.Row(0)) {
		t.Errorf("an image alone has other features: %v", err)
	}
	if slices.Equal(all.Row(0), all.Row(1)) {
		t.Error("two images have the same features")
	}
}

// TestKnownScores scores sets whose answer is known: real images, noise, half of the classes, and
// copies of the training images.
func TestKnownScores(t *testing.T) {
	s := digits(t)
	s.Train.Index = s.Train.Index[:500]
	network, err := Random(s.Shape, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	const n = 600
	sets := map[string][][]byte{
		"real": nil, "copies": Images(s.Train, 500), "noise": nil,
	}
	fresh := s.Other
	fresh.Index = fresh.Index[5000:]
	sets["real"] = Images(fresh, n)
	for i := range n {
		image := make([]byte, s.Shape.Size())
		for p := range image {
			image[p] = byte((i*131 + p*p*17) >> 2)
		}
		sets["noise"] = append(sets["noise"], image)
	}
	find := func(r score.Report, key string) float64 {
		v, ok := r.Find(key)
		if !ok {
			t.Fatalf("no %s", key)
		}
		return v.Value
	}
	results := map[string]Scores{}
	for name, images := range sets {
		if results[name], err = s.Score(context.Background(), images, []*Network{network}, false, nil); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	real, noise, copies := results["real"], results["noise"], results["copies"]
	if a, b := find(real.Reports[0], score.KeyFrechet), find(noise.Reports[0], score.KeyFrechet); a*20 > b {
		t.Errorf("FD %v of real images, %v of noise", a, b)
	}
	if a, b := find(real.Reports[0], score.KeyCoverage), find(noise.Reports[0], score.KeyCoverage); a < 0.85 || b > 0.1 {
		t.Errorf("coverage %v of real images, %v of noise", a, b)
	}
	if c := copies.Copying.CT; c > -3 {
		t.Errorf("C_T of copies is %v", c)
	}
	if c := real.Copying.CT; math.Abs(c) > 3 {
		t.Errorf("C_T of real images is %v", c)
	}
}

// TestFewImages scores sets that are too small for a Fréchet distance.
func TestFewImages(t *testing.T) {
	s := digits(t)
	network, err := Random(s.Shape, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	for _, n := range []int{2, 4, 12, 60} {
		scores, err := s.Score(context.Background(), Images(s.Other, n), []*Network{network}, true, nil)
		if err != nil {
			t.Fatalf("%d images: %v", n, err)
		}
		if _, ok := scores.Reports[0].Find(score.KeyFrechet); ok || scores.Reports[0].Scores[0].Warning == "" {
			t.Errorf("%d images: %+v", n, scores.Reports[0])
		}
	}
	if _, err := s.Score(context.Background(), Images(s.Other, 1), []*Network{network}, false, nil); err == nil {
		t.Error("scored one image")
	}
}

// TestPoints scores points of the mixture itself: all modes, all mass.
func TestPoints(t *testing.T) {
	for _, set := range gan.PointSets() {
		const count = 1000
		points := make([]float32, count*set.Dimensions)
		set.Draw(7, 0, count, points)
		scores, err := ScorePoints(set, 1, points)
		if err != nil {
			t.Fatal(err)
		}
		if set.Centres == nil {
			if len(scores.Reports) != 1 || scores.Gaussians != nil {
				t.Errorf("%s: %+v", set.Name, scores)
			}
			continue
		}
		if g := scores.Gaussians; g.Hit != len(set.Centres) || !(math.Abs(g.OnMode-g.RealOnMode) <= 0.01) {
			t.Errorf("%s: %d modes, %v on them", set.Name, g.Hit, g.OnMode)
		}
	}
}

// TestNearest finds an image in a training set that is looked through part by part.
func TestNearest(t *testing.T) {
	s := digits(t)
	train := Images(s.Train, trainChunk+500)
	space := InPixels(s.Shape, false)
	for _, k := range []int{0, trainChunk - 1, trainChunk, trainChunk + 499} {
		found, err := space.Nearest(context.Background(), train, [][]byte{train[k]}, 3)
		if err != nil {
			t.Fatal(err)
		}
		if m := found[0]; len(m) != 3 || m[0].Index != k || m[0].Distance != 0 || m[1].Distance > m[2].Distance {
			t.Errorf("image %d: %+v", k, m)
		}
	}
}

// TestStacked finds the modes of stacked real digits.
func TestStacked(t *testing.T) {
	c := gan.Default()
	c.Data = "stacked:mnist"
	s, err := Open(context.Background(), c, gan.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// A network that knows: the class stands in the first byte.
	oracle := &Network{Name: "oracle", Classes: s.Classes, Shape: s.Shape, count: 1, close: func() {}, of: func(images [][]byte) (f, l []float32, err error) {
		for _, image := range images {
			f = append(f, 0)
			logits := make([]float32, 10)
			logits[image[0]%10] = 50
			l = append(l, logits...)
		}
		return f, l, nil
	}}
	var images [][]byte
	for i := range 500 { // modes 0 … 499, red·100 + green·10 + blue
		image := make([]byte, 3*s.Shape.Size())
		image[0], image[s.Shape.Size()], image[2*s.Shape.Size()] = byte(i/100), byte(i/10%10), byte(i%10)
		images = append(images, image)
	}
	scores, err := s.Stack(images, oracle)
	if err != nil {
		t.Fatal(err)
	}
	if m := scores.Modes; m.Hit != 500 || math.Abs(m.KL-math.Log(2)) > 1e-9 || scores.Floor.KL.Mean <= 0 {
		t.Errorf("%+v, floor %+v", m, scores.Floor)
	}
}
