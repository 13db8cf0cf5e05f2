// Package optim holds optimizers and learning-rate schedules.
//
// An [Optimizer] builds the new values of parameters and of its own state as expressions, so that the update is part
// of the compiled training step. What changes from step to step, the learning rate and the bias corrections, are
// scalar inputs, whose values [Step.Values] gives:
//
//	step := optim.NewAdam().Build(params, sym.Gradient(loss, nn.Exprs(params)...))
//	…
//	lr := base * schedule.At(t, total) // t = 1, 2, …, total
//	for i, v := range step.Values(t, lr) { … } // into the inputs step.Scalars
package optim
