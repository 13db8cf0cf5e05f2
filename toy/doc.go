// Package toy trains small regressions with a penalty on the slope at the training points, and
// measures the learned functions.
//
// The question comes from Varga's talk of 2017: "this is not supposed to work". The penalty
//
//	R = mean_b ‖∂f/∂x(x_b)‖²
//
// sees the slope of the learned function f at the training points x_b only. A function with steps
// between them has any values at the points and no slope there: loss 0 and R = 0. So the penalty
// could be met without any effect on what f is elsewhere. [Run] shows that training does not find
// such a function: the slope between the points falls as the slope at them does.
//
// The two problems are y = sin 5x + N(0, 0.1²) on [−1, 1] and y = x₁² + x₂² on [−1, 1]², 100 points
// each, a network of five hidden layers of 64 ReLU units, the squared loss mean_b (f(x_b) − y_b)²
// of [task.Regression], the whole set in each of 10,000 steps of Adam with learning rate 0.01. The
// talk gives neither the intervals nor the optimizer.
//
// # A further problem
//
// It is a row of [Problems]: the function and the norm of its slope. The figures of figures.go draw
// one and two dimensions.
package toy
