package gradreg

import "fmt"

// mostRepeats is the largest number of projections, iterations or logits that a penalty repeats
// something for. Repetitions are unrolled into the program, and the compiler's time grows with
// their square: 100 projections of a ResNet-20 compile for four minutes on one core, 1000
// iterations of LeNet's spectral norms for one and a half, 100,000 fill any memory. Beyond some ten
// there is nothing to gain: the exact norm costs what as many projections as classes cost, and a
// power iteration goes on at the next step.
const mostRepeats = 100

// repeats returns an error unless n is between 1 and mostRepeats, or 0, which stands for the
// default.
func repeats(key string, n int) error {
	if n < 0 {
		return fmt.Errorf("%s is %d, expected at least 1", key, n)
	}
	if n > mostRepeats {
		return fmt.Errorf(
			"%s is %d, expected at most %d, since each is a part of the program of its own", key, n,
			mostRepeats,
		)
	}
	return nil
}
