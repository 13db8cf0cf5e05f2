package cli

import (
	"context"
	"path/filepath"

	"github.com/gradreg/gradreg/study/queue"
)

// runNames finds what studies call runs whose folders have hashes for names: the database of the
// studies is beside the folder that the runs are in.
type runNames struct {
	ctx context.Context
	of  map[string]map[string]queue.RunName // by folder of studies, then by key
}

// name returns the name of the run in a folder; it is zero where none is known.
func (n *runNames) name(dir string) queue.RunName {
	path, err := filepath.Abs(dir)
	if err != nil {
		return queue.RunName{}
	}
	studies := filepath.Dir(filepath.Dir(path))
	names, ok := n.of[studies]
	if !ok {
		if queue.Exists(studies) {
			names, _ = queue.RunNames(n.ctx, studies) // without names a run has its hash
		}
		n.of[studies] = names
	}
	return names[filepath.Base(path)]
}
