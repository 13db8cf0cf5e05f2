package train

import "time"

// Meter measures steps per second. It leaves out the first step, which is not typical: memory is
// touched for the first time.
type Meter struct {
	Now func() time.Time

	since time.Time
	steps int
	rate  float64
}

// Count counts a step.
func (m *Meter) Count() {
	if m.since.IsZero() {
		m.since = m.Now()
		return
	}
	m.steps++
	m.rate = Rate(float64(m.steps), m.Now().Sub(m.since).Seconds())
}

// PerSecond returns the steps per second, 0 before it is known.
func (m *Meter) PerSecond() float64 { return m.rate }

// Remaining returns the time that some steps will take, 0 before it is known.
func (m *Meter) Remaining(steps int) time.Duration {
	if m.rate == 0 {
		return 0
	}
	return time.Duration(float64(steps) / m.rate * float64(time.Second))
}

// Rate returns amount/seconds, 0 where the clock did not move: then there is no rate yet.
func Rate(amount, seconds float64) float64 {
	if !(seconds > 0) {
		return 0
	}
	return amount / seconds
}
