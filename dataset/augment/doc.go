// Package augment changes training images at random, in ways that leave their class what it is.
//
// The change of an image is a function of the run's seed, the step and the image's place in the
// batch, so it is the same for any number of threads and after an interruption. Each operation has
// random numbers of its own, so switching one on does not change the others. Images are bytes in
// planes, C × H × W.
//
// # A further operation
//
// It is a field of [Pipeline] with its row in the table of the text form in augment.go, and its
// work in apply.go, in integers, with a place of its own among the random numbers of an image. A
// case beside TestColorAndCutout holds its effect, one of reference_test.go its definition in
// float64; TestIndependent checks that it changes no other operation, TestText its text form.
package augment
