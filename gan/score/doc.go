// Package score says how good generated samples are, from numbers alone: features of a network,
// class probabilities, points, pictures as rows of a [Matrix]. It knows no networks and no files.
//
//	features       ── Frechet, FrechetLimit, Kernel ──▶ one distance of two sets
//	features       ── Neighbours ──▶ quality (precision, density) and variety (recall, coverage)
//	features, pixels ── Copying, Nearest ──▶ is the training set copied?
//	probabilities  ── Classes, Confident, Classifier, Modes ──▶ are all classes there, and clear?
//	points         ── Gaussians ──▶ modes of a known mixture
//	all of them    ── Measure ──▶ Report
//
// # No score alone
//
// A score is a number of a set of samples of one size in the features of one network. It stands
// beside the score of as many real samples in the place of the generated ones; [Measure] does that.
// It is named after its features, as in "FD, LeNet-84": the distances are those known as FID and
// KID, but values of other features do not compare with published ones. A ranking should hold under
// features of a second network.
//
// Each score has a blind spot, which its comment names. Fréchet and kernel distance mix quality and
// variety. Precision and density do not see a collapse, recall and coverage do. None of these
// sees a copy of the training set, for which they are best: [Copying] does.
//
// Methods are compared over seeds by package stats.
//
// # The one invariant
//
// A score is a function of its arguments, with the same bits on any number of processors. What is
// drawn is drawn from generators with a given seed. Comparisons of distances are exact in float64:
// copies have distance 0, see distances.go.
//
// # Input
//
// Numbers that are not finite, shapes that do not fit and sets that are too small are errors,
// marked as the input's fault, which say what was found and what was expected.
//
// # A further score
//
// It is a function of matrices in a file of its own, whose comment has formula, range, traps and
// source, and which checks its arguments with checkAll. A key and a line in report.go add it to the
// report. known_test.go holds it against sets whose answer is known (one distribution, noise, half
// of it, a copy, a collapse), refusal_test.go against broken input, and tools/golden/score.py
// against NumPy and SciPy.
package score
