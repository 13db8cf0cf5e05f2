package sym

// Update is a change of state: after a run the input Target holds Value, which is computed from
// what the inputs held before the run. Shapes and types are the same.
type Update struct{ Target, Value *Expr }
