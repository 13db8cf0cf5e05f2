package task

// Answers are what a network answers to some samples of a task without classes, beside their
// targets, both row by row: [n, Kinds]. Labels are answered by logits, numbers in the unit of the
// targets.
type Answers struct {
	Kinds            int
	Outputs, Targets []float32
}

// Len returns the number of samples.
func (a *Answers) Len() int { return len(a.Outputs) / max(a.Kinds, 1) }

// Add appends the answers to further samples.
func (a *Answers) Add(outputs, targets []float32) error {
	if _, err := rows(outputs, targets, a.Kinds); err != nil {
		return err
	}
	a.Outputs, a.Targets = append(a.Outputs, outputs...), append(a.Targets, targets...)
	return nil
}

// Judge returns what the answers are worth for a task.
func (a *Answers) Judge(t Task) (Metrics, error) {
	score := t.Score()
	err := score.Add(a.Outputs, a.Targets, a.Kinds)
	return score.Metrics(), err
}
