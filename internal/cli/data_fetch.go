package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/foreign"
)

// dataFetchOptions are the flags of gradreg data fetch.
type dataFetchOptions struct {
	dir    string
	mirror string
	plain  bool
}

func (a *app) dataFetchCommand() *cobra.Command {
	o := &dataFetchOptions{}
	cmd := &cobra.Command{
		Use:   "fetch NAME",
		Short: "Download a data set from its public home",
		Long: `Download a data set from its public home, check it against the published SHA-256 and put it where the other
commands find it: the folder NAME of gradreg in the user's cache folder, or of --data-dir.

The folder appears whole or not at all. What was broken off, by an error, an interrupt or a power cut, goes on
where it stopped with the same command. A data set that is already there is only checked.`,
		Example: `  # CIFAR-10, 170 MB, for gradreg train --data cifar10
  gradreg data fetch cifar10

  # The same from a copy of the archive on a server nearby
  gradreg data fetch cifar10 --mirror https://mirror.example.org/cifar`,
		Args: args(cobra.ExactArgs(1)), ValidArgs: dataset.Names(),
		RunE: func(cmd *cobra.Command, list []string) error { return a.runDataFetch(cmd.Context(), o, list[0]) },
	}
	f := cmd.Flags()
	f.StringVar(
		&o.dir, "data-dir", "",
		"folder to make the folder NAME in (default: gradreg in the user's cache folder)",
	)
	f.StringVar(
		&o.mirror, "mirror", "",
		"address of a folder to download from instead of the public home; user, password and query are never shown",
	)
	f.BoolVar(&o.plain, "plain", false, "no progress bar")
	return cmd
}

func (a *app) runDataFetch(parent context.Context, o *dataFetchOptions, name string) error {
	var result dataset.FetchResult
	err := a.fetching(parent, o.plain, func(ctx context.Context, show *fetchProgress) (err error) {
		result, err = dataset.Fetch(ctx, name, dataset.FetchOptions{
			Dir: o.dir, Mirror: o.mirror, Progress: show.report,
		})
		return err
	})
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(result)
	}
	switch {
	case result.Folder == "":
		fmt.Fprintf(a.out, "%s comes with the program\n", name)
	case result.AlreadyThere:
		fmt.Fprintf(a.out, "%s is already in %s, as published\n", name, foreign.Line(result.Folder))
	default:
		fmt.Fprintf(a.out, "%s is in %s\n", name, foreign.Line(result.Folder))
	}
	return nil
}

// fetching runs a download that can be interrupted and shows how it goes.
func (a *app) fetching(
	parent context.Context, plain bool, fetch func(ctx context.Context, show *fetchProgress) error,
) error {
	ctx, stop := interruptible(parent)
	defer stop()
	show := a.newFetchProgress(plain)
	err := fetch(ctx, show)
	show.close()
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w; the same command goes on where it stopped", classify.ErrInterrupted)
	}
	return err
}

// fetchProgress shows a download: a bar on a terminal, else a line at its beginning and every
// thirty seconds.
type fetchProgress struct {
	app   *app
	bars  *bars
	shown time.Time
}

func (a *app) newFetchProgress(plain bool) *fetchProgress {
	return &fetchProgress{app: a, bars: a.newBars(plain)}
}

// report is told what happens.
func (p *fetchProgress) report(f dataset.FetchProgress) {
	switch {
	case p.app.json:
		p.emit(f)
	case f.Note != "" && p.bars != nil:
		fmt.Fprintln(p.bars, foreign.Line(f.Note)) // above the bar
	case f.Note != "":
		p.app.note(f.Note)
	case p.bars != nil:
		p.draw(f)
	case p.app.now().Sub(p.shown) >= lineEvery:
		p.shown = p.app.now()
		fmt.Fprintf(p.app.err, "%s: %.1f of %.1f MB\n", f.File, float64(f.Done)/1e6, float64(f.Total)/1e6)
	}
}

// emit writes a line of JSON, at most one a second.
func (p *fetchProgress) emit(f dataset.FetchProgress) {
	switch {
	case f.Note != "":
		if p.app.lines {
			p.app.note(f.Note)
		}
	case p.app.now().Sub(p.shown) >= time.Second:
		p.shown = p.app.now()
		p.app.emit("progress", map[string]any{"file": f.File, "done_bytes": f.Done, "total_bytes": f.Total})
	}
}

// draw moves the bar, which begins where the download does, so that its pace is that of what comes
// now.
func (p *fetchProgress) draw(f dataset.FetchProgress) {
	if p.bars.bar == nil {
		p.bars.begin(f.Total,
			mpb.PrependDecorators(decor.CountersKiloByte("% .1f / % .1f ")),
			mpb.AppendDecorators(
				decor.AverageSpeed(decor.SizeB1000(0), " % .1f "),
				decor.AverageETA(decor.ET_STYLE_GO),
			),
		)
		p.bars.bar.SetRefill(f.Done)
		p.bars.bar.DecoratorAverageAdjust(p.app.now())
	}
	p.bars.set(f.Done, f.Total)
}

// close leaves the terminal in order.
func (p *fetchProgress) close() { p.bars.close(false) }
