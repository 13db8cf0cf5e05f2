package classify

import "github.com/gradreg/gradreg/task"

// Score returns what the test images say of the model by its task's quality, and what that is: the
// accuracy of classes. The task's name is one that a run has written.
func (s Summary) Score() (value float64, of task.Quality) {
	t, err := task.Parse(s.Task)
	if err != nil {
		return nan, of
	}
	if s.TaskResult != nil {
		return s.Quality, t.Quality()
	}
	return s.TestAccuracy, t.Quality()
}

// Learns returns the configuration's task; of one that the data decide, and that no run has
// settled yet, classification. It is nil of a name that no run can have.
func (c Config) Learns() task.Task {
	t, err := task.Parse(c.Task)
	if err != nil {
		return nil
	}
	return t
}

// Quality returns what the configuration's task is judged by.
func (c Config) Quality() task.Quality {
	if t := c.Learns(); t != nil {
		return t.Quality()
	}
	return task.Quality{}
}
