package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/gan/figures"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/plural"
)

// ganProgress shows the training of a generator: a bar on a terminal, else a line each thirty
// seconds, and the path of the first sheets.
type ganProgress struct {
	app   *app
	bars  *bars
	last  atomic.Pointer[gan.Progress] // read by the bar's goroutine
	shown time.Time
	quiet time.Duration // until the next line
	dir   string        // the run folder
	said  int           // sheets whose path was said
	line  int           // the step of the last line of metrics
	lines []gan.Metrics // the last ones
	// memorizing is what they say of it.
	memorizing atomic.Pointer[string]
}

// ganStartLine is the line of JSON before the first step.
type ganStartLine struct {
	Config              json.RawMessage `json:"config,omitempty"` // as gan.yaml has it
	Dir                 string          `json:"dir,omitempty"`
	GeneratorParameters int             `json:"generator_parameters"`
	CriticParameters    int             `json:"critic_parameters"`
	Threads             int             `json:"threads"`
	CPU                 string          `json:"cpu"`
	Step                int             `json:"step"` // taken before
	MultiplyAdds        int             `json:"step_multiply_adds"`
}

// ganStepLine is a line of JSON: that of metrics.jsonl, with what is left.
type ganStepLine struct {
	gan.Metrics
	Steps     int     `json:"steps"`
	Remaining float64 `json:"remaining_seconds"`
}

func (a *app) newGanProgress(plain bool) *ganProgress {
	return &ganProgress{app: a, bars: a.newBars(plain), shown: a.now()}
}

func (p *ganProgress) started(s gan.Start) {
	p.dir = s.Dir
	p.shown, p.quiet = p.app.now(), firstLine
	if p.app.json {
		p.emitStart(s)
		return
	}
	c := s.Config
	fmt.Fprintln(p.app.err, p.app.fitted(fmt.Sprintf(
		"%s: generator with %d parameters, critic with %d; %s objective; %s; %s on %s, %s",
		c.Network, s.Parameters.Generator, s.Parameters.Critic, c.Objective,
		orNone(strings.Join(c.Regularizers, " ")), foreign.Line(samplesOf(s)), s.CPU,
		plural.Of(s.Threads, "thread"))))
	if s.Step > 0 {
		fmt.Fprintf(p.app.err, "resumed after step %d\n", s.Step)
	}
	if p.bars == nil {
		return
	}
	p.bars.begin(int64(c.Steps),
		mpb.PrependDecorators(decor.CountersNoUnit("step %d/%d ")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + p.pace() })),
		mpb.BarBtmExtender(mpb.BarFillerFunc(p.secondLine)),
	)
	p.bars.set(int64(s.Step), int64(c.Steps))
}

// samplesOf says what a run learns from.
func samplesOf(s gan.Start) string {
	if s.Data.Train == nil {
		return s.Config.Data
	}
	shape := s.Data.Shape
	return fmt.Sprintf("%d images of %s, %d × %d", s.Data.Train.Len(), s.Config.Data, shape[1], shape[2])
}

func (p *ganProgress) emitStart(s gan.Start) {
	line := ganStartLine{
		Dir: s.Dir, GeneratorParameters: s.Parameters.Generator, CriticParameters: s.Parameters.Critic,
		Threads: s.Threads, CPU: s.CPU, Step: s.Step, MultiplyAdds: s.MACs,
	}
	text, err := s.Config.YAML()
	if err == nil {
		text, err = yaml.YAMLToJSON(text)
	}
	if err == nil {
		line.Config = text
	}
	p.app.emit("start", line)
}

// sheet says where a sheet is: that of the first step and the next at once, others in the line of
// the step.
func (p *ganProgress) sheet(dir string, step int) {
	path := figures.SheetPath(dir, step)
	p.app.emit("sheet", map[string]any{"step": step, "path": path})
	if p.app.json || p.said >= 2 {
		return
	}
	p.said++
	text := fmt.Sprintf("sheet of step %d: %s", step, path)
	if step == 0 {
		text = fmt.Sprintf("samples before the first step: %s", path)
	}
	if p.bars == nil {
		fmt.Fprintln(p.app.err, p.app.clean(text))
		return
	}
	p.app.above(p.bars, text)
}

func (p *ganProgress) stepped(s gan.Progress) {
	if m := s.Latest; m != nil && m.Step == s.Step && p.line != s.Step {
		p.line = s.Step
		p.noteLine(*m)
		p.app.emit("step", ganStepLine{*m, s.Steps, s.Remaining.Seconds()})
	}
	p.last.Store(&s)
	if p.bars != nil {
		p.bars.set(int64(s.Step), int64(s.Steps))
		return
	}
	if p.app.json || s.Latest == nil || s.Step < s.Steps && p.app.now().Sub(p.shown) < p.quiet {
		return
	}
	p.shown, p.quiet = p.app.now(), lineEvery
	fmt.Fprintf(p.app.err, "step %d/%d  %s  %s\n", s.Step, s.Steps, p.numbers(longSlopes), p.pace())
}

// noteLine takes a line of metrics together with those before: memorizing of one batch says little.
func (p *ganProgress) noteLine(m gan.Metrics) {
	const most = 50 // more than are taken together
	p.lines = append(p.lines[max(0, len(p.lines)-most):], m)
	text := ""
	if share, ok := gan.Memorizing(p.lines); ok {
		text = fmt.Sprintf(", memorizing %.0f %%", max(0, 100*share))
	}
	p.memorizing.Store(&text)
}

// longSlopes is how the slopes are shown where there is room.
const longSlopes = "real %.3g fake %.3g between %.3g"

// secondLine writes the numbers below the bar, in few words where all do not fit, and then as far as
// they fit.
func (p *ganProgress) secondLine(w io.Writer, s decor.Statistics) error {
	most := max(0, s.AvailableWidth-1)
	line := []rune(p.numbers(longSlopes))
	if len(line) > most {
		line = []rune(p.numbers("%.3g, %.3g, %.3g"))
	}
	_, err := fmt.Fprintln(w, string(line[:min(len(line), most)]))
	return err
}

// numbers says what was watched last, the three slopes in a format.
func (p *ganProgress) numbers(slopes string) string {
	s := p.last.Load()
	if s == nil || s.Latest == nil {
		return "the first numbers follow soon"
	}
	m := s.Latest
	text := fmt.Sprintf("D(real)−D(fake) %.3g, right %.0f %%", m.Gap, 100*m.Right)
	if memorizing := p.memorizing.Load(); memorizing != nil {
		text += *memorizing
	}
	return text + ", slope " + fmt.Sprintf(slopes, m.SlopeReal, m.SlopeFake, m.SlopeBetween)
}

// pace describes how fast the run goes and how long it will take.
func (p *ganProgress) pace() string {
	s := p.last.Load()
	if s == nil {
		return ""
	}
	return paceOf(s.Step, s.Steps, s.ImagesPerSecond, s.Remaining)
}

// close leaves the terminal in order.
func (p *ganProgress) close() { p.bars.close(false) }
