package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// topics returns the help topics: commands that only have a text.
func topics() []*cobra.Command {
	topic := func(name, short, text string) *cobra.Command {
		return &cobra.Command{Use: name, Short: short, Long: strings.Trim(text, "\n")}
	}
	return []*cobra.Command{
		topic("exit-codes", "What the program's exit codes mean", exitCodesTopic()),
		topic("environment", "Environment variables", `
GRADREG_DATA     folder of data sets: its subfolder NAME, or itself, may hold the files of data set NAME; others are
                 found as without it. --data-dir, which stands for it, has to hold them
XDG_CACHE_HOME   where data sets, weights, decoded images and features are kept on Linux, in its subfolder gradreg, instead of ~/.cache
HTTPS_PROXY      proxy for gradreg data fetch, as HTTP_PROXY and NO_PROXY
GRADREG_CPU      instruction set of the kernels, avx512, avx2 or generic, instead of the best one
GRADREG_THREADS  worker threads, where --threads is not given
GRADREG_DB       PostgreSQL server of the studies, postgres://user:password@host/database, where neither --db nor --dir is given
NO_COLOR, TERM   the program uses no colour; TERM=dumb replaces the progress bar by lines`),
		topic("json", "Output for programs", `
With --json a command prints its result as one JSON object or array on one line of standard output, and errors as a
JSON object with "error" and "exit_code" on standard error. Fields are added over time, never renamed. Fractions
are in 0..1, times in seconds, names end in _count and _seconds accordingly.

With --json=lines it prints a line for what happens on the way as well. Each line is an object with "type" and "schema", which
is 1: start (config, dir, parameters, threads, cpu, step, step_multiply_adds) and step (step, steps, loss, penalties: R, lambda,
dev_accuracy, or dev_quality and quality_name, where it was evaluated, images_per_second, remaining_seconds; epoch and epochs, of a run that counts them) of training; prediction or unanswered (as
predict) of a picture; progress of a study (as study status)
or a download (file, done_bytes, total_bytes); message (text); and at the end result, with the fields below, or "list" of an
array.

gradreg train    test_accuracy, test_accuracy_interval (95 %, Wilson), test_error_count, test_nll (nats), test_images,
                 test_ece, test_brier, test_class_accuracy (as eval), dev_accuracy, steps, seconds,
                 images_per_second, seed, data, train_size, model, parameters, regularizers, threads, cpu, version,
                 commit, machine, dir; where λ was auto note, in words, and for each lambda_choices (regularizer, lambda,
                 scale: where loss and penalty have gradients of one size, cost: steps over those of the run, dev_chance,
                 probes: lambda, steps, image_count, dev_accuracy, dev_nll, dev_calibrated_nll, or diverged); of a run that
                 was finished early planned_steps, and exhausted where it ended by itself, which says why; of a run that
                 counts them epochs, of one with --keep best best_step; of one that was extended extended (planned_steps, at_step); of labels
                 or numbers task, test_quality, test_quality_name, test_loss, dev_quality in the place of what is about classes; of a
                 head on features head (l2, loss, folds, candidates: l2, loss, held out; note, backbone, backbone_sha256,
                 feature_count, computed_count, cached_count)
gradreg eval     test_accuracy, test_accuracy_interval (95 %, Wilson), test_error_count, test_nll, test_images, test_ece,
                 test_brier, test_class_accuracy (class, image_count, accuracy, accuracy_interval), test_confusion (counts
                 by true, then by predicted class), data, test_data (the folder of --data), size, model, regularizers,
                 train_size, steps, seed, dir; with --slopes slopes (by quantity, test and train: image_count, mean,
                 mean_square, quantiles at 5, 25, 50, 75 and 95 %); with --noise and --attack robustness (name, points:
                 size, accuracy, accuracy_interval, image_count); of several runs an array "runs" of these with to_first
                 (difference, difference_interval, only_first_count, only_this_count, p_mcnemar, p_holm, meaning); notes
                 where its images are not as they were when it was trained; of labels or numbers task, test_quality,
                 test_quality_name, test_quality_interval, test_loss, test_images, of labels mean_average_precision, mean_f1,
                 labels (label, image_count, positive_count, accuracy, average_precision, f1, precision, recall), of numbers
                 mean_absolute_error, mean_r2, numbers (number, root_mean_squared_error, mean_absolute_error, mean_error, r2,
                 target_mean, target_sd); to_first then has difference, difference_interval, p_sign_flip, p_holm, meaning
gradreg predict  an array, printed as it comes: image, class, probability, probabilities (by class), top (class, probability; the
                 --top most probable ones); or image and error of one that cannot be read
gradreg embed    an array: image, features; with --out out, image_count, feature_count
gradreg runs     an array, the newest first: dir, state (finished, running, interrupted or damaged), data, train_size, size, model,
                 regularizers, seed, step (taken), steps, test_accuracy, test_accuracy_interval, test_images, changed
                 (UTC), study and name (of a study's run, where they are known), error; of labels or numbers task,
                 test_quality, test_quality_name, test_loss
gradreg data     list: an array of the data sets; verify: by data set, an array of its files;
                 fetch: name, folder, already_there, downloaded_bytes, resumed_bytes
gradreg models   models: shape, class_count, models (model, parameters, multiply_adds, activation_bytes, and of a training
                 step step_bytes_per_image, step_multiply_adds); show: the same of one, layers (name, kind, shape,
                 parameters, multiply_adds)
gradreg regularizers
                 an array: name, formula, convention, options, cost, source, example, lambda (its interval); with --cost: regularizer,
                 relative_multiply_adds, relative_time, low, high, step_seconds, bytes; show: one object
gradreg bench    date, machine, level, program (as version), peak_gflops, memory_gigabytes (a second), rounds, least_seconds,
                 measurement_seconds, rows: workload, method, threads, engine, format, setting (of a peer), version, best
                 (the fastest variant of the peers), images_per_second, low, high (of the rounds), rounds, gflops,
                 share_of_peak, bytes, error; with --growth an array of its points
gradreg toy      options, fits: problem, lambda, seed, loss, penalty, objective, slope_at, slope_between, slope_everywhere,
                 slope_largest, true_slope, error, and of the first seed lines (t, loss, objective)
gradreg gan      train: version, data, data_digest, network, objective, regularizers, seed, steps, seconds, multiply_adds, last
                 (a line of metrics), kernels, dir; with --json=lines start (config, dir, generator_parameters,
                 critic_parameters, threads, cpu, step, step_multiply_adds), sheet (step, path) and step (step, steps,
                 critic_loss, generator_loss, penalties, gap: D(real) − D(fake), right: share of D(real) > D(fake),
                 real_score, slope_real, slope_fake, slope_between, memorizing, clamped, learning_rate,
                 images_per_second, seconds, remaining_seconds);
                 sample: run, steps, seed, first, sample_count, shape, clamped, out; interpolate: run, steps, seed, first,
                 rows, columns, out; nearest: subject, against, steps, seed, space, sample_count, train_count,
                 held_out_count, sample_distances and held_out_distances (quantiles at 5, 25, 50, 75 and 95 %),
                 copy_count, nearest (sample_index, train: index, distance, mirrored), out;
                 score: subject, against, steps, seed, sample_count, reports (features, classifier, scores: score, name, value,
                 real_against_real, samples, standard_error, warning; class_histogram), classifier_accuracy,
                 copying (c_t, cells, left_out, train_count, held_out_count, generated_count), modes, floor,
                 gaussians, notes
gradreg explain  model, regularizers, what, passes (pass, operation_count, multiply_adds), kernel_call_count,
                 kernel_multiply_adds, before, after, program
gradreg study    run, report: name, title, baseline, blocks (data, train_size, setting, comparisons: summary, interval, paired;
                 published, verdicts), cells (values, tuned, trials, runs: seed, test_accuracy, test_nll, test_ece, seconds,
                 key, curve, of labels or numbers test_metrics, quality_curve; every_trial_diverged), task, quality_name,
                 seeds, missing_count, run_seconds, identity, programs, machines, origin; status: name, state, complete_count,
                 diverged_count, running_count, waiting_count, retrying_count, failed_count, cancelled_count, unplanned_count,
                 run_seconds, remaining_seconds, running_shares, jobs (key, name, state, attempts, worker, since,
                 error), of all studies an array "studies"; run --no-work, cancel: as status of the one; list: studies
                 (name, title, about, cell_count, run_count); show: the fields of the study's file; check: name, cells
                 (data, train_size, setting, method, open, trial_run_count, final_run_count, step_count); import:
                 run_count, new_count
gradreg worker   with --once studies, as study status, when nothing is left to run
gradreg reproduce
                 as study run; without a name published (name, title, run_count, seeds)
gradreg version  version, commit, dirty, go, system, cpu, machine`),
	}
}

func exitCodesTopic() string {
	var b strings.Builder
	for _, c := range exitCodes {
		fmt.Fprintf(&b, "%4d  %s\n", c.code, c.meaning)
	}
	b.WriteString(`
A resource of the machine that has run out, such as files that may be open, is 1 wherever it happens. A limit so low that the
program cannot begin at all (ulimit -v below some 300 MB) makes Go's runtime end with 2 before any line of the program runs.
`)
	return b.String()
}
