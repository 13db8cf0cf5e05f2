// Package task says what a network learns: which targets a sample has, what its loss is, and which
// of two results is better.
//
//	task             targets of a sample        outputs              loss of a sample
//	Classification   one of K classes           K logits             cross-entropy, nats
//	MultiLabel       any of K labels            K logits             mean binary cross-entropy, nats
//	Regression       D numbers                  D standardized ones  mean squared error
//
// What people judge by is the accuracy, the label accuracy (the share of labels that is right), and
// the root mean squared error in the unit of the numbers ([Task.Quality]).
//
// A task has a symbolic half, from which a training step is built ([Task.Target], [Task.Losses],
// [Task.Distribution]), and a numeric half, which judges what a network answers ([Task.Score]).
// Packages below this one know expressions only, those above it files and runs.
//
// # A further task
//
// A type with the methods of [Task], a row in the table tasks, and a case in the table of task_test.go,
// which compares its losses with an independent float64 form, their gradients with finite
// differences, and its scores with sets whose answer is known. Penalties on the loss and on the
// outputs' Jacobian then work; those on probabilities do if [Task.Distribution] has one. Runs,
// studies and tables show its quality; what gradreg eval says of each label or number is in
// assess/targets.go and internal/evaluation/targets.go.
package task
