package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/study"
)

// Status is where a study stands.
type Status struct {
	Name      string `json:"name"`
	State     string `json:"state"` // active, cancelled, complete or failed
	Complete  int    `json:"complete_count"`
	Diverged  int    `json:"diverged_count"` // of the complete
	Running   int    `json:"running_count"`
	Waiting   int    `json:"waiting_count"`
	Retrying  int    `json:"retrying_count"`
	Failed    int    `json:"failed_count"`
	Cancelled int    `json:"cancelled_count"`
	// Unplanned runs will follow when tuning has chosen.
	Unplanned int `json:"unplanned_count"`
	// Seconds is what the complete runs took, on one thread each; Remaining the time left at the
	// present pace, 0 if unknown.
	Seconds   float64 `json:"run_seconds"`
	Remaining float64 `json:"remaining_seconds,omitempty"`
	Jobs      []Job   `json:"jobs,omitempty"` // running, retrying and failed ones
	// Shares are the parts of their steps that running ones have taken, of those of this process.
	Shares []float64 `json:"running_shares,omitempty"`
}

// Complete is the state of a study whose runs all have results.
const Complete = "complete"

// Total returns the number of runs.
func (s Status) Total() int {
	return s.Complete + s.Running + s.Waiting + s.Retrying + s.Failed + s.Cancelled + s.Unplanned
}

// Done reports whether nothing is left that a worker could do.
func (s Status) Done() bool { return s.State != Active }

// Status returns where a study stands.
func (q *Queue) Status(ctx context.Context, name string) (Status, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Status{}, err
	}
	entry, err := q.Study(ctx, name)
	if err != nil {
		return Status{}, err
	}
	return q.statusOf(ctx, entry)
}

// statusOf is Status of a study that was read.
func (q *Queue) statusOf(ctx context.Context, entry Entry) (Status, error) {
	results := study.Results{}
	p, err := q.Progress(ctx, &entry.Study, results)
	if err != nil {
		return Status{}, err
	}
	status, err := q.status(ctx, entry, p, results, nil)
	return status, q.hide(err)
}

// status is Status of a study whose progress and results are known, and the shares of some runs, by
// their keys.
func (q *Queue) status(
	ctx context.Context, entry Entry, p study.Progress, results study.Results, shares map[string]float64,
) (Status, error) {
	s := Status{Name: entry.Name, State: entry.State, Unplanned: entry.Unplanned(p)}
	jobs, err := q.jobs(ctx, entry.Name)
	if err != nil {
		return s, err
	}
	byKey, taken := map[string]Job{}, map[string]float64{}
	for _, j := range jobs {
		byKey[j.Key] = j
	}
	for _, r := range p.Runs() {
		if result, ok := results[r.Key]; ok {
			s.Complete++
			s.Seconds += result.Seconds
			if result.Diverged != "" {
				s.Diverged++
			}
			continue
		}
		j, ok := byKey[r.Key]
		if !ok {
			s.Waiting++ // its job will be inserted
			continue
		}
		switch j.State {
		case Running:
			s.Running++
			taken[r.Key] = 0.5 // on the average
			if share, known := shares[r.Key]; known {
				taken[r.Key] = share
				s.Shares = append(s.Shares, share)
			}
		case Retrying:
			s.Retrying++
		case Failed:
			s.Failed++
		case Cancelled:
			s.Cancelled++
		default:
			s.Waiting++
		}
		if j.State != Waiting && j.State != Cancelled {
			s.Jobs = append(s.Jobs, j)
		}
	}
	left := s.Running + s.Waiting + s.Retrying
	switch {
	case left == 0 && s.Unplanned == 0 && s.Failed == 0 && s.Cancelled == 0:
		s.State = Complete // also of a study that was cancelled too late
	case s.State == Cancelled || left > 0:
	case s.Failed > 0:
		s.State = Failed // what depends on them cannot follow
	}
	if s.Running > 0 {
		s.Remaining = entry.Left(p, results, taken) / float64(s.Running)
	}
	return s, nil
}

// Duration returns the remaining time.
func (s Status) Duration() time.Duration { return time.Duration(s.Remaining * float64(time.Second)) }

// Failure is the error of a study of which runs failed.
func (s Status) Failure() error {
	first := ""
	for _, j := range s.Jobs {
		if j.State == Failed {
			first = j.Name + ": " + j.Error
			break
		}
	}
	return fmt.Errorf(
		"%d runs of study %s failed, the first with: %s; running it again tries them again",
		s.Failed, s.Name, first,
	)
}
