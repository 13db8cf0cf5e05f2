// Package engine runs symbolic steps. An [Engine] compiles steps to a [Program], which holds their
// inputs and runs them:
//
//	program, err := native.Compile(engine.Step{Outputs: []*sym.Expr{loss}, Updates: updates})
//	…
//	err = program.Write(x, images)   // inputs keep what they hold until they are written or updated
//	err = program.Run(0, seed, t)    // step 0; seed and t determine the random numbers
//	err = program.Output(0, loss[:]) // of the step that ran last
//
// Steps that are compiled together share their inputs, and so their state: a training step with a
// penalty and one without, the two steps of a pair of networks, an evaluation beside the training.
//
// [Native] has the project's own float32 kernels, and [Reference] evaluates one operation after
// another in float64, as package sym defines them.
//
// # What an engine promises
//
//   - Every result of a step is that of [Reference] within a bound that the engine states; random
//     numbers are functions of key, t, stream and index, and the same on every engine.
//   - Updates see what inputs held before the run, in whatever order they stand.
//   - The engine keeps inputs and state where it wants. Nobody outside keeps a slice of them over a
//     call.
//   - Whatever a caller can do wrong is an error, never a panic, and so is a panic of a kernel.
//     Errors of building that expressions carry come back from Compile.
//   - An engine states in which cases bits are equal. Native gives the same bits for any number of
//     threads, on one level.
//
// # A further engine
//
// It is a type with the methods of [Engine] in a file or a package of its own, and one with those
// of [Runner], of which [Checked] makes a [Program]: no engine checks its callers itself. The table
// of TestConformance runs steps on every engine that its list names, and compares them with
// Reference: add a row there. The interfaces [Lister], [Measurer] and [Divider] are
// optional.
package engine
