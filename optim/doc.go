// Package optim holds optimizers and learning-rate schedules. An [Optimizer] builds the new values of
// parameters and of its own state as expressions, so that the update is part of the compiled training step.
package optim
