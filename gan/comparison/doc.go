// Package comparison compares ways to train generators over seeds: a YAML file names data, what all
// runs have in common, and variants; every combination with every seed is a run of package gan, whose
// generator is then judged.
//
//	Spec ──▶ runs ──▶ a folder each, one line in runs.jsonl ──▶ Report: tables, figures, a montage
//
// The runs that are left are a pure function of the spec and of the lines so far, so a comparison
// that is interrupted goes on, and several processes work on one: a run whose folder another
// process has is passed over, and looked at again at the end.
//
// # A further comparison
//
// A built-in one is a YAML file in the folder builtin. Scores are what the judge that [Run] is given
// returns; a table has the columns that the spec names.
package comparison
