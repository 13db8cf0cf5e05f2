package assess

import (
	"cmp"
	"math"
	"slices"

	"github.com/gradreg/gradreg/task"
)

// LabelScore says how well one label of several is answered. A logit above 0 says that an image
// has it. What cannot be told is NaN.
type LabelScore struct {
	Images, Positives int // all images, and those that have the label
	// Right, of all images, Found, of those that have the label, and False, of those that have it
	// not, are numbers of answers: right ones, and those that say that an image has it.
	Right, Found, False int
	// AveragePrecision is Σ_n (R_n − R_{n−1})·P_n over the thresholds n from the largest logit
	// down, with precision P_n and recall R_n of the images whose logit is at least that large: 1
	// if every image that has the label has a larger logit than every one that has it not, about
	// the share of positives by chance. NaN without positives.
	AveragePrecision float64
}

// Accuracy returns the share of right answers.
func (s LabelScore) Accuracy() float64 { return float64(s.Right) / float64(s.Images) }

// Precision returns the share of images that have the label among those that are said to.
func (s LabelScore) Precision() float64 { return float64(s.Found) / float64(s.Found+s.False) }

// Recall returns the share of images that are said to have the label among those that do.
func (s LabelScore) Recall() float64 { return float64(s.Found) / float64(s.Positives) }

// F1 returns the harmonic mean of precision and recall, 2·Found/(Positives + Found + False). It is
// NaN where no image has the label or is said to.
func (s LabelScore) F1() float64 {
	return 2 * float64(s.Found) / float64(s.Positives+s.Found+s.False)
}

// Labels judges each label by itself.
func Labels(a *task.Answers) []LabelScore {
	list := make([]LabelScore, a.Kinds)
	for k := range list {
		s := &list[k]
		s.Images = a.Len()
		order := make([]int, a.Len()) // of the places in a
		for i := range order {
			at := i*a.Kinds + k
			order[i] = at
			has, said := a.Targets[at] > 0.5, a.Outputs[at] > 0
			if has {
				s.Positives++
			}
			switch {
			case has == said:
				s.Right++
			case said:
				s.False++
			}
			if has && said {
				s.Found++
			}
		}
		slices.SortFunc(order, func(i, j int) int { return cmp.Compare(a.Outputs[j], a.Outputs[i]) })
		s.AveragePrecision = averagePrecision(a, order, s.Positives)
	}
	return list
}

// averagePrecision is that of answers in the order of their logits. Equal logits are one threshold.
func averagePrecision(a *task.Answers, order []int, positives int) float64 {
	if positives == 0 {
		return math.NaN()
	}
	sum, found, before := 0.0, 0, 0
	for i, at := range order {
		if a.Targets[at] > 0.5 {
			found++
		}
		if i+1 < len(order) && a.Outputs[order[i+1]] == a.Outputs[at] {
			continue
		}
		sum += float64(found-before) * float64(found) / float64(i+1)
		before = found
	}
	return sum / float64(positives)
}

// NumberScore says how well one number of several is answered, in the unit of the data. What cannot
// be told is NaN.
type NumberScore struct {
	Mean, SD float64 // of the targets: the root mean squared error of one who always says their mean is SD
	RMSE     float64 // √mean(e²) of the errors e = answer − target
	MAE      float64 // mean |e|
	Bias     float64 // mean e
	R2       float64 // 1 − RMSE²/SD²; NaN where all targets are the same
}

// Numbers judges each number by itself.
func Numbers(a *task.Answers) []NumberScore {
	list := make([]NumberScore, a.Kinds)
	n := float64(a.Len())
	for k := range list {
		s := &list[k]
		for i := range a.Len() {
			at := i*a.Kinds + k
			e := float64(a.Outputs[at]) - float64(a.Targets[at])
			s.Mean += float64(a.Targets[at]) / n
			s.RMSE += e * e / n
			s.MAE += math.Abs(e) / n
			s.Bias += e / n
		}
		for i := range a.Len() {
			d := float64(a.Targets[i*a.Kinds+k]) - s.Mean
			s.SD += d * d / n
		}
		s.R2 = math.NaN()
		if s.SD > 0 {
			s.R2 = 1 - s.RMSE/s.SD
		}
		s.RMSE, s.SD = math.Sqrt(s.RMSE), math.Sqrt(s.SD)
	}
	return list
}

// PerImage returns what the answers to each image are worth: of labels the share that is right, of
// numbers the mean squared error. Their mean is the label accuracy, or the square of the root mean
// squared error.
func PerImage(a *task.Answers, t task.Task) ([]float64, error) {
	var out []float64
	for i := range a.Len() {
		one := task.Answers{
			Kinds: a.Kinds, Outputs: a.Outputs[i*a.Kinds : (i+1)*a.Kinds],
			Targets: a.Targets[i*a.Kinds : (i+1)*a.Kinds],
		}
		m, err := one.Judge(t)
		if err != nil {
			return nil, err
		}
		if t.Quality().Fraction {
			out = append(out, m.Quality)
		} else {
			out = append(out, m.Loss)
		}
	}
	return out, nil
}
