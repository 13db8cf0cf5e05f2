package queue

import (
	"context"
	"os"
	"path/filepath"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/study"
)

// RunName is what people call a run of a study.
type RunName struct {
	Study string
	Run   string // of [study.Run.String]
}

// RunNames returns the names of the runs of all studies in a folder by their keys, which are the
// names of the runs' folders. Nothing is written, not even a lock: a database that cannot be read
// so names no runs. A run that studies share has the name in the one that comes first.
func RunNames(ctx context.Context, dir string) (map[string]RunName, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(filepath.Join(dir, File))
	if err != nil {
		return nil, err
	}
	alone := immutable
	if _, err := os.Stat(path + "-wal"); err == nil { // others work on it, and have made the files beside it
		alone = ""
	}
	q := &Queue{read: map[string]bool{}, dir: dir}
	defer q.Close()
	if err := q.openReadOnly(ctx, path, alone); err != nil {
		return nil, fault.Inputf("%s: %w; expected a database of gradreg that can be read", path, err)
	}
	studies, err := q.Studies(ctx)
	if err != nil {
		return nil, err
	}
	names := map[string]RunName{}
	for _, e := range studies {
		p, err := q.Progress(ctx, &e.Study, study.Results{})
		if err != nil {
			return nil, err
		}
		for _, r := range p.Runs() {
			if _, known := names[r.Key]; !known {
				names[r.Key] = RunName{e.Name, r.String()}
			}
		}
	}
	return names, nil
}
