// Package study compares training methods over many runs: the runs that a comparison needs, and the
// statistics of their results.
//
//	Spec ──▶ cells ──▶ trials on dev images ──▶ the best values ──▶ final runs over seeds ──▶ Report
//
// A [Spec] is a YAML file. It names data, train sizes, settings (a model, what all methods of a row
// have in common) and methods; each combination is a [Cell]. A value that a method leaves open,
// such as λ or the learning rate, is a parameter with a space. Every cell with an open parameter
// gets the same number of trials, drawn at random from its space, and successive halving over the
// steps (Jamieson and Talwalkar 2016) picks one; trials are scored on dev images only. The final
// runs of the chosen values touch the test images, once each.
//
// What a run is scored by, and which of two scores is better, says the task of the data
// ([Identity].Task): accuracy of classes, label accuracy, root mean squared error of numbers.
//
// # The one invariant
//
// The next runs are a pure function of the study and of the results so far ([Study.Progress]).
// There is no other state: the same results, in any order, give the same runs, the same choices and
// the same report. A [Run] is known by its key, the hash of everything that determines its numbers;
// a result belongs to a key, so that no run is done twice and studies share what they have in
// common.
//
// A report's folder holds the study and its runs, from which all of it follows ([ReadFolder]);
// [Repeat] trains one of them again.
//
// Package queue runs a study's runs, on one machine or many.
//
// # A further study, parameter, or part of a report
//
// A built-in study is a YAML file in the folder builtin; one that repeats published results is also
// a name in builtin.go. A field that a study may set of a training is one of classify.Config,
// without code here. An open parameter is a case of parameter.go. A table or figure of a report is
// built in tables.go or figures.go from [Report] alone, so that reports of stored results have it
// too: TestStoredResults makes them again. Whatever changes the numbers of a run belongs to its
// key.
package study
