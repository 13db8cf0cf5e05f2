// Package classify trains classifiers of images: a configuration, a run, a saved model.
//
//	cfg := classify.Default()
//	cfg.Steps = 2000
//	result, err := classify.Run(ctx, cfg, classify.Options{Dir: "run"})
//
// # A run folder
//
//	config.yaml             everything that determines the run, resolved; alone it repeats the run
//	metrics.jsonl           a line per logged step
//	checkpoint.safetensors  weights, optimizer, step: one file, replaced whole
//	model.safetensors       at the end: what predicting needs
//	summary.json            at the end: the result
//	curve.svg               at the end, if Options.Draw draws it: loss, λ·R of the penalties and the dev score
//
// Order of writes: a line of metrics.jsonl is written before the checkpoint that counts it, and a
// resumed run cuts the file to what its checkpoint counts. summary.json is written last; a folder
// without it is an unfinished run. Before a run that is finished goes on ([Options].ExtendTo), its
// summary.json is removed, then its other results, and then config.yaml changes.
//
// # Determinism
//
// With the same configuration, CPU level and program version the weights are bit for bit the same,
// for any number of threads, and with or without interruptions.
//
// # A further setting or result
//
// A setting is a field of [Config], whose zero value is what earlier runs did, since their files do
// not have it: resolve checks it, and YAML writes it. A value with a text form enters as one, such
// as [model.Spec]. What changes no number is a field of [Options] instead. A result is a field of
// [Summary], left out where an earlier run has none. files_fuzz_test.go and readconfig_test.go read
// what is wrong, numbers_test.go pins the numbers. A setting that gives other bits to configurations
// without it raises [NumericsVersion].
package classify

// NumericsVersion is raised by every change that makes an equal configuration train to other bits.
// Results of different NumericsVersion are not the same run.
//
// A change of what some networks are computed by concerns those alone, and other networks and
// batches keep the bits of version 2; [Numbers] tells which. Version 3 came with convolutions of 3×3
// by Winograd's algorithm, and with sums in more parts of batches of more than 128 images; version 4
// with convolutions of 5×5 by it, and of many filters that read them once for a batch of 16 images
// or more; version 5 with batch norms of fixed statistics whose factors are in the filters of the
// convolutions before them, and with the sums of a stem's weight gradient, of 7×7 taps and a stride,
// in parts on large images; version 6 with convolutions of stride two and filters of 4×4 or 5×5 by
// their phases, which no model of package model has; version 7 with a pretrained network whose head's
// λ is found, by another rule, see package linear.
const (
	NumericsVersion    = 7
	foundHeadNumerics  = 7
	phaseNumerics      = 6
	filterNumerics     = 5
	winogradNumerics   = 4
	largeBatchNumerics = 3
	directNumerics     = 2
)
