// Package assess measures trained classifiers.
//
// A classifier's answers to labelled images are [Logits]. From them alone follow a [Score]
// (accuracy, negative log-likelihood) with Wilson's interval, [Calibration], the Brier score, a
// [Confusion] matrix with every class's accuracy, and the images it is most wrong about
// ([Mistake]). Two classifiers' answers to the same images make a [Paired] comparison.
//
// Other measures ask the [Network] itself, at the images and near them: the norms
// of its derivatives and the margins of its decisions ([Network.Slopes]), its accuracy under noise
// ([Network.Noise]) and under attack ([Network.Attack]).
//
// # Units
//
// The network's input x is the normalized image, x = (v − mean)/(std + 1e-7) per channel, of pixels
// v in [0, 1] ([dataset.Normalizer]). Derivatives are with respect to x, as the penalties of
// training are: the mean of ‖∂L/∂x‖² is DataGrad's R. Distances, noise and perturbations are in
// units of v, so that models with different normalizations can be compared: an ε of 8/255 is
// eight steps of a byte.
//
// # A further measure
//
// A measure of answers alone is a function of [Logits] in a file beside score.go. A measure that
// asks the network is a method of [Network] beside slopes.go, and a field of [Findings] if every
// examination should have it. The values of tools/golden/assess.py and attack.py, or a case
// computed by hand, hold it. What gradreg eval shows of it is a table of internal/evaluation.
package assess
