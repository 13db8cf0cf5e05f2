// Package optim holds optimizers and learning-rate schedules.
//
// An [Optimizer] builds the new values of parameters and of its own state as expressions, so that
// the update is part of the compiled training step. What changes from step to step, the learning
// rate and the bias corrections, are scalar inputs, whose values [Step.Values] gives:
//
//	step := optim.NewAdam().Build(params, sym.Gradient(loss, nn.Exprs(params)...))
//	…
//	lr := base * schedule.At(t, total) // t = 1, 2, …, total
//	for i, v := range step.Values(t, lr) { … } // into the inputs step.Scalars
//
// Networks in scopes of their own ([nn.Params.Scope]) have optimizers, rates and state of their own
// in one graph:
//
//	g := optim.NewAdam().Build(generator.Trainable(), …) // optim/generator/adam.rate, …
//	c := optim.NewAdam().Build(critic.Trainable(), …)    // optim/critic/adam.rate, …
//
// # A further optimizer
//
// It is one file beside sgd.go and one row in the table of optimizer.go. Its options are a struct
// that implements [Optimizer]; a function parses their text form. Build makes a Step with newStep,
// asks it for scalars and for state of a parameter's shape, which names them and refuses what
// another optimizer of the graph has, and sets new values. Values gives the scalars in the order
// they were asked for. The table of TestSteps compares each optimizer with its formula written as a
// loop. A further schedule is a case of [Schedule.At] and a name in [ScheduleNames].
package optim
