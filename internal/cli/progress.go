package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/plural"
	"github.com/gradreg/gradreg/task"
)

// progress shows a run: a bar on a terminal, else a line at every evaluation and every thirty
// seconds.
type progress struct {
	data  string // what the images are called, where their name in the configuration says nothing
	app   *app
	bars  *bars
	last  atomic.Pointer[classify.Progress] // read by the bar's goroutine
	shown time.Time
	quiet time.Duration // until the next line
	dir   string        // the run folder

	logEvery int // steps between lines of JSON
	epochs   int // of a run whose length was given in them
}

// startLine is the line of JSON before the first step.
type startLine struct {
	Config       json.RawMessage `json:"config,omitempty"` // as config.yaml has it
	Dir          string          `json:"dir,omitempty"`
	Parameters   int             `json:"parameters"`
	Threads      int             `json:"threads"`
	CPU          string          `json:"cpu"`
	Step         int             `json:"step"` // taken before
	MultiplyAdds int             `json:"step_multiply_adds"`
}

func newStartLine(s classify.Start) startLine {
	line := startLine{
		Dir: s.Dir, Parameters: s.Parameters, Threads: s.Threads, CPU: s.CPU, Step: s.Step,
		MultiplyAdds: s.MACs,
	}
	text, err := s.Config.YAML()
	if err == nil {
		text, err = yaml.YAMLToJSON(text)
	}
	if err == nil {
		line.Config = text
	}
	return line
}

// stepLine is a line of JSON after a step.
type stepLine struct {
	Step            int                `json:"step"`
	Steps           int                `json:"steps"`
	Epoch           int                `json:"epoch,omitempty"` // of a run whose length was given in epochs
	Epochs          int                `json:"epochs,omitempty"`
	Loss            float64            `json:"loss"`
	Penalties       map[string]float64 `json:"penalties"`              // R
	Lambdas         map[string]float64 `json:"lambda"`                 // λ at this step
	DevAccuracy     *float64           `json:"dev_accuracy,omitempty"` // of an evaluation at this step
	DevQuality      *float64           `json:"dev_quality,omitempty"`  // likewise, of a task without classes
	QualityName     string             `json:"quality_name,omitempty"` // of DevQuality
	ImagesPerSecond float64            `json:"images_per_second"`
	Remaining       float64            `json:"remaining_seconds"`
}

// lineEvery is the longest silence without a terminal.
const lineEvery = 30 * time.Second

// epochLineEvery is the least time without a terminal between lines about epochs, which may be short.
const epochLineEvery = 5 * time.Second

// firstLine is when the first line comes without a terminal: it says how long all will take.
const firstLine = 3 * time.Second

func (a *app) newProgress(plain bool) *progress {
	return &progress{app: a, bars: a.newBars(plain), shown: a.now()}
}

func (p *progress) started(s classify.Start) {
	p.dir, p.logEvery = s.Dir, s.Config.LogEvery
	p.shown, p.quiet = p.app.now(), firstLine
	if len(s.Config.Extended) == 0 {
		p.epochs = s.Config.Epochs
	}
	if p.app.json {
		p.app.emit("start", newStartLine(s))
		return
	}
	c := s.Config
	fmt.Fprintln(p.app.err, p.app.fitted(fmt.Sprintf(
		"%s with %d parameters on %d images of %s; %s; %s, %s", c.Model, s.Parameters, c.TrainSize,
		foreign.Line(cmp.Or(p.data, c.Data.String())), orNone(strings.Join(gradreg.Texts(c.Regularizers), " ")),
		s.CPU, plural.Of(s.Threads, "thread"),
	)))
	if s.Step > 0 {
		fmt.Fprintf(p.app.err, "resumed after step %d\n", s.Step)
	}
	if p.bars == nil || c.Frozen() { // one step, during which something else is shown
		return
	}
	p.bars.begin(int64(s.Steps),
		mpb.PrependDecorators(decor.Any(func(d decor.Statistics) string { return p.counts(d.Current, d.Total) + " " })),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + p.pace() })),
		mpb.BarBtmExtender(mpb.BarFillerFunc(p.secondLine)),
	)
	p.bars.set(int64(s.Step), int64(s.Steps))
}

func (p *progress) stepped(s classify.Progress) {
	p.last.Store(&s)
	if s.Evaluated || s.Step == s.Steps || s.Step%p.logEvery == 0 {
		p.emit(s)
	}
	if p.bars != nil {
		p.bars.set(int64(s.Step), int64(s.Steps))
		return
	}
	silence := p.app.now().Sub(p.shown)
	due := silence >= p.quiet || s.Evaluated && (s.Epochs == 0 || s.Step == s.Steps || silence >= epochLineEvery)
	if p.app.json || !due {
		return
	}
	p.shown, p.quiet = p.app.now(), lineEvery
	fmt.Fprintf(p.app.err, "%s  %s  %s\n", p.counts(int64(s.Step), int64(s.Steps)), p.numbers(), p.pace())
}

// counts says how far the run is: in epochs, if that is how its length was given.
func (p *progress) counts(step, steps int64) string {
	if s := p.last.Load(); s != nil && s.Epochs > 0 {
		return fmt.Sprintf("epoch %d/%d", s.Epoch, s.Epochs)
	}
	if p.epochs > 0 {
		return fmt.Sprintf("epoch 1/%d", p.epochs)
	}
	return fmt.Sprintf("step %d/%d", step, steps)
}

func (p *progress) emit(s classify.Progress) {
	line := stepLine{
		Step: s.Step, Steps: s.Steps, Epoch: s.Epoch, Epochs: s.Epochs, Loss: s.Loss, Penalties: map[string]float64{},
		Lambdas: map[string]float64{}, ImagesPerSecond: s.ImagesPerSecond,
		Remaining: s.Remaining.Seconds(),
	}
	for i, name := range s.Names {
		if !math.IsNaN(s.Penalties[i]) { // of one that was not taken since the run was resumed; JSON has no NaN
			line.Penalties[name], line.Lambdas[name] = s.Penalties[i], s.Weights[i]
		}
	}
	switch {
	case !s.Evaluated:
	case s.Quality == task.Classification{}.Quality():
		line.DevAccuracy = &s.DevQuality
	default:
		line.DevQuality, line.QualityName = &s.DevQuality, s.Quality.Name
	}
	p.app.emit("step", line)
}

// secondLine writes the numbers below the bar, as far as they fit.
func (p *progress) secondLine(w io.Writer, s decor.Statistics) error {
	line := []rune(p.numbers())
	_, err := fmt.Fprintln(w, string(line[:max(0, min(len(line), s.AvailableWidth-1))]))
	return err
}

// numbers describes the last step: the loss, what each penalty adds to it, and on a terminal, which
// a new line replaces, the last dev score with its step; else only a new one.
func (p *progress) numbers() string {
	s := p.last.Load()
	if s == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "loss %.4f", s.Loss)
	before := "  λ·R: "
	for i, name := range s.Names {
		// dropout and its like add nothing
		if added := s.Weights[i] * s.Penalties[i]; added != 0 && !math.IsNaN(added) {
			fmt.Fprintf(&b, "%s%s %.3g", before, name, added)
			before = ", "
		}
	}
	if math.IsNaN(s.DevQuality) || !s.Evaluated && p.bars == nil {
		return b.String()
	}
	fmt.Fprintf(&b, "  dev %s", s.Quality.Format(s.DevQuality))
	if s.Quality != (task.Classification{}).Quality() {
		fmt.Fprintf(&b, " %s", s.Quality.Name)
	}
	if !s.Evaluated {
		if s.Epochs > 0 && s.DevStep > 0 {
			return b.String() + fmt.Sprintf(" at epoch %d", s.DevEpoch)
		}
		fmt.Fprintf(&b, " at step %d", s.DevStep)
	}
	return b.String()
}

// pace describes how fast the run goes and how long it will take.
func (p *progress) pace() string {
	s := p.last.Load()
	if s == nil {
		return ""
	}
	return paceOf(s.Step, s.Steps, s.ImagesPerSecond, s.Remaining)
}

// paceOf describes how fast a run goes and how long it will take.
func paceOf(step, steps int, imagesPerSecond float64, remaining time.Duration) string {
	switch {
	case imagesPerSecond == 0: // the first step is not typical
		return ""
	case step == steps:
		return fmt.Sprintf("%.0f images/s", imagesPerSecond)
	}
	return fmt.Sprintf("%.0f images/s  %v left", imagesPerSecond, remaining.Round(time.Second))
}

// close leaves the terminal in order.
func (p *progress) close() { p.bars.close(false) }
