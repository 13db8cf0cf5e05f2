// Package train is the loop: steps of compiled programs, taken in phases, fed while they compute.
// It knows neither files nor classes; [github.com/gradreg/gradreg/classify] is the loop of a
// classifier.
//
//	samples ─ Feed ─▶ program ◀─ Learner ─ steps, schedules, λ
//	                     │
//	                  values ─▶ Loop ─▶ hooks: evaluate, log, save
//
// A [Learner] is what one optimizer changes: the parameters of a [gradreg.Training], a learning
// rate and λ that follow schedules, and the verdict that numbers are no longer finite. A [Loop]
// takes the phases of every step in turn, such as five of a critic and one of its generator, each
// with its learner; both may be steps of one program. A [Feed] prepares the next batch meanwhile.
//
// What a step computes depends on the seed and its number alone, so that a run which is interrupted
// and goes on, on any number of threads, comes to the same bits.
//
// # A further order of steps
//
// Several networks, or another order of their steps, are a list of phases (TestPhases) and need no
// code here. A caller that watches, saves or judges does so in After.
package train
