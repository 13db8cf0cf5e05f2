package tune

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/kernel"
)

// Memory keeps the short runs of one search in a folder, so that a search which was interrupted or
// killed goes on when it is asked for again. Its Probe is for [Options]. Several goroutines may use
// it.
type Memory struct {
	dir     string
	program string // what else determines a run's numbers beside its configuration
}

// Remember returns the memory of a search, in a folder of its own in parent; nothing is written
// before the first probe.
func Remember(ctx context.Context, parent string, cfg classify.Config, opt classify.Options) (*Memory, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	level, err := kernel.Active()
	if err != nil {
		return nil, fault.Input(err)
	}
	_, digest, err := classify.Describe(ctx, cfg, opt)
	if err != nil {
		return nil, err
	}
	numbers, err := classify.Numbers(cfg)
	if err != nil {
		return nil, err
	}
	b := build.Current()
	m := &Memory{
		program: fmt.Sprintf(
			"numbers %d, version %s %s, search %d, cpu %s, data %s", numbers,
			b.Version, b.Commit, SearchVersion, level, digest,
		),
	}
	name, err := m.name(cfg)
	m.dir = filepath.Join(parent, name)
	return m, err
}

// name returns the hash of everything that determines what comes of a configuration.
func (m *Memory) name(cfg classify.Config) (string, error) {
	cfg.Note, cfg.Choices = "", nil
	text, err := cfg.YAML()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append([]byte(m.program+"\n"), text...))
	return hex.EncodeToString(sum[:16]), nil
}

// Probe is [classify.Probe], or what it returned before. A memory that cannot be written to is done
// without.
func (m *Memory) Probe(ctx context.Context, cfg classify.Config, opt classify.Options) (classify.ProbeResult, error) {
	if err := fault.NoContext(ctx); err != nil {
		return classify.ProbeResult{}, err
	}
	name, err := m.name(cfg)
	if err != nil {
		return classify.ProbeResult{}, err
	}
	path := filepath.Join(m.dir, name)
	if t, ok := recalled(path + ".json"); ok {
		return t, nil
	}
	kept := opt
	kept.Dir, kept.Resume = path, classify.HasRun(path)
	t, err := classify.Probe(ctx, cfg, kept)
	if err != nil && ctx.Err() == nil {
		return classify.Probe(ctx, cfg, opt)
	}
	if err == nil && keep(path+".json", t) == nil {
		os.RemoveAll(path)
	}
	return t, err
}

// Forget removes the folder.
func (m *Memory) Forget() error { return os.RemoveAll(m.dir) }

// recalled reads a trial; one that is damaged is none.
func recalled(path string) (t classify.ProbeResult, ok bool) {
	data, err := boundedfile.Read(path, 1<<20) // a trial is a line
	if err != nil || json.Unmarshal(data, &t) != nil || t.Images == 0 && t.Diverged == "" {
		return classify.ProbeResult{}, false
	}
	if t.Diverged != "" {
		t = classify.DivergedProbe(t.Diverged, t.Seconds)
	}
	return t, true
}

// keep writes a trial, of one that diverged what JSON can hold, which has no NaN.
func keep(path string, t classify.ProbeResult) error {
	if t.Diverged != "" {
		t = classify.ProbeResult{Seconds: t.Seconds, Diverged: t.Diverged}
	}
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, append(data, '\n'))
}
