package bench

import (
	"os"
	"path/filepath"
	"strings"
)

// compilerCache is the folder of what torch.compile makes for one variant of a peer. Compiling
// takes an hour for all workloads, so a process that ends in good order leaves its folder to the
// next one. An interrupted compilation leaves empty files, which fail from then on: what does not
// end in good order is removed.
type compilerCache struct {
	folder string // in use by one process
	kept   string // between two of them
}

// openCompilerCache takes the folder that the last process of that name left, or makes a new one.
func openCompilerCache(environment, name string) (compilerCache, error) {
	all := filepath.Join(environment, "compiled")
	if err := os.MkdirAll(all, 0o755); err != nil {
		return compilerCache{}, err
	}
	own, err := os.MkdirTemp(all, "in-use-")
	if err != nil {
		return compilerCache{}, err
	}
	c := compilerCache{own, filepath.Join(all, strings.ReplaceAll(name, " ", "-"))}
	// A name of its own is all that the new folder is for where another was kept: it goes before
	// it.
	if err := os.Remove(c.folder); err != nil {
		return compilerCache{}, err
	}
	err = os.Rename(c.kept, c.folder)
	if os.IsNotExist(err) {
		err = os.Mkdir(c.folder, 0o755)
	}
	if err != nil {
		return compilerCache{}, err
	}
	return c, nil
}

// close keeps the folder for the next process, or removes it.
func (c compilerCache) close(keep bool) {
	if keep {
		os.RemoveAll(c.kept)
		if os.Rename(c.folder, c.kept) == nil {
			return
		}
	}
	os.RemoveAll(c.folder)
}
