// Package linear fits linear models on features to their minimum: the head of a frozen network.
//
//	features [N, F] ──▶ centred, of mean square length 1 ──▶ minimum for one λ ──▶ weights of the features
//	                          └── folds × a grid of λ ──▶ strongest λ of about the least held-out loss ──┘
//
// The objective is convex, so that nothing depends on a start, a rate or a number of steps:
//
//	J(W, b) = 1/N Σ_n loss(Wᵀz_n + b, t_n) + λ/2 ‖W‖²,   z_n = (x_n − mean x) / √(mean ‖x − mean x‖²)
//
// with the loss of the task: cross-entropy of classes, mean binary cross-entropy of labels, mean
// squared error of numbers (package task). The offset b is not penalized. The scale of z makes λ mean
// the same for every network. λ is searched on a grid from strong to weak by stratified
// cross-validation on the training samples, each minimum starting from the one before: the strongest
// is taken whose held-out loss is at most a standard error above the least, and at most a twentieth of
// what the features tell, the loss of the strongest λ tried less the least one.
//
// Everything is in float64 and deterministic: the same samples in the same order give the same bits
// on any number of threads.
package linear
