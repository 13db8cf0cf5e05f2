package assess

import (
	"cmp"
	"maps"
	"slices"
)

// Confusion counts the answers by true and predicted class.
type Confusion struct {
	Classes int
	rows    []map[int]int // by true class: images by predicted class; most pairs of many classes have none
}

// Confusion counts the answers.
func (l *Logits) Confusion() Confusion {
	c := Confusion{l.Classes, make([]map[int]int, l.Classes)}
	for i, y := range l.Labels {
		if c.rows[y] == nil {
			c.rows[y] = map[int]int{}
		}
		c.rows[y][top(l.Row(i))]++
	}
	return c
}

// Matrix returns all counts: [true class, predicted class].
func (c Confusion) Matrix() []int {
	counts := make([]int, c.Classes*c.Classes)
	for class, row := range c.rows {
		for predicted, n := range row {
			counts[class*c.Classes+predicted] = n
		}
	}
	return counts
}

// At returns the number of images of a class that were taken for another, or for their own.
func (c Confusion) At(class, predicted int) int { return c.rows[class][predicted] }

// Class returns the score of the images of one class, without their NLL. A class without images has
// an accuracy of NaN.
func (c Confusion) Class(class int) Score {
	var s Score
	for _, n := range c.rows[class] {
		s.Images += n
	}
	s.Errors = s.Images - c.At(class, class)
	return s
}

// Mix is a class that is taken for another.
type Mix struct{ Class, Predicted, Count int }

// Mixes lists the errors by pair of classes, the most frequent first, at most n of them, and all if
// n is below 0.
func (c Confusion) Mixes(n int) []Mix {
	var all []Mix
	for i, row := range c.rows {
		for _, j := range slices.Sorted(maps.Keys(row)) {
			if i != j {
				all = append(all, Mix{i, j, row[j]})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Mix) int { return b.Count - a.Count })
	if n < 0 {
		return all
	}
	return all[:min(n, len(all))]
}

// Mistake is a wrong answer.
type Mistake struct {
	Index     int     // of the image
	Label     int     // its class
	Predicted int     // the answer
	Certainty float64 // probability of the answer
	Truth     float64 // probability of the image's class
	Loss      float64 // −log Truth, nats
}

// Worst returns the n wrong answers of the highest loss, the worst first; fewer if there are not as
// many, and all if n is below 0.
func (l *Logits) Worst(n int) []Mistake {
	var all []Mistake
	for i, y := range l.Labels {
		if k := top(l.Row(i)); k != int(y) {
			p := Softmax(l.Row(i))
			all = append(all, Mistake{i, int(y), k, p[k], p[y], loss(l.Row(i), int(y), 1)})
		}
	}
	slices.SortStableFunc(all, func(a, b Mistake) int { return cmp.Compare(b.Loss, a.Loss) })
	if n < 0 {
		return all
	}
	return all[:min(n, len(all))]
}
