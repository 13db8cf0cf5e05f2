package dataset

import (
	"math/rand/v2"
	"strconv"

	"github.com/gradreg/gradreg/internal/fault"
)

// Subset is a choice of images of a part, in an order.
type Subset struct {
	*Part
	Index []int
}

// Len returns the number of images.
func (s Subset) Len() int { return len(s.Index) }

// Whole returns the subset of all images in their order.
func Whole(p *Part) Subset {
	index := make([]int, p.Len())
	for i := range index {
		index[i] = i
	}
	return Subset{p, index}
}

// Division is how a data set is used in a run.
type Division struct{ Train, Dev Subset }

// maxDev is the largest number of dev images.
const maxDev = 10000

// Divide chooses n training images of the training file: the first n of a permutation by the seed,
// so that the 500 of a seed are among its 1000, and they need not be balanced. The dev part is what
// follows in the permutation, at most 10,000 images; it is empty if there are no others.
func Divide(train *Part, n int, seed uint64) (Division, error) {
	if n < 1 || n > train.Len() {
		return Division{}, fault.Inputf("train size is %d, expected 1 to %d", n, train.Len())
	}
	order := permutation(train.Len(), seed)
	dev := order[n:min(n+maxDev, len(order))]
	return Division{Train: Subset{train, order[:n]}, Dev: Subset{train, dev}}, nil
}

// DivideBalanced chooses n training images of which every class has as many, up to one: the first
// of each class in the permutation that Divide takes the first n of, so that the 500 of a seed are
// among its 1000 here, too. A class with too few images is an error. The dev part is what is left,
// at most 10,000 images.
func DivideBalanced(train *Part, n, classes int, seed uint64) (Division, error) {
	if n < 1 || n > train.Len() {
		return Division{}, fault.Inputf("train size is %d, expected 1 to %d", n, train.Len())
	}
	for i, label := range train.Labels {
		if label < 0 || int(label) >= classes {
			return Division{}, fault.Inputf("training image %d is of class %d, expected 0 to %d", i, label, classes-1)
		}
	}
	quota := make([]int, classes)
	for c := range quota {
		quota[c] = n / classes
		if c < n%classes {
			quota[c]++
		}
	}
	var d Division
	d.Train.Part, d.Dev.Part = train, train
	for _, i := range permutation(train.Len(), seed) {
		switch c := train.Labels[i]; {
		case quota[c] > 0:
			quota[c]--
			d.Train.Index = append(d.Train.Index, i)
		case d.Dev.Len() < maxDev:
			d.Dev.Index = append(d.Dev.Index, i)
		}
	}
	for c, missing := range quota {
		if missing > 0 {
			return Division{}, fault.Inputf(
				"class %s has %d images too few for %d balanced training images",
				train.className(c), missing, n,
			)
		}
	}
	return d, nil
}

// className returns what a class is called, its number if nobody knows.
func (p *Part) className(class int) string {
	if class < len(p.Classes) {
		return p.Classes[class]
	}
	return strconv.Itoa(class)
}

// DividePaper is the division of the paper's experiments (Varga, Csiszárik and Zombori 2017):
// 10,000 images of the training file are held out as "test", and λ is tuned on the official test
// file, which is the dev part here. It is for reproducing published numbers only.
func DividePaper(train, official *Part, n int, seed uint64) (d Division, test Subset, err error) {
	order := permutation(train.Len(), seed)
	held := max(0, min(maxDev, len(order)-1))
	if n < 1 || n > len(order)-held {
		return d, test, fault.Inputf(
			"train size is %d, expected 1 to %d under the paper's protocol", n, len(order)-held,
		)
	}
	d = Division{Train: Subset{train, order[:n]}, Dev: Whole(official)}
	return d, Subset{train, order[len(order)-held:]}, nil
}

// permutation returns a permutation of 0 … n−1, a function of the seed alone: Go's documented PCG
// generator and shuffle.
func permutation(n int, seed uint64) []int {
	return rand.New(rand.NewPCG(seed, 0x67726164726567)).Perm(n)
}
