package cli

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/study/queue"
)

// screen is what a terminal was sent.
type screen struct {
	lock sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.text.Write(p)
}

// shows waits for a text to be drawn.
func (s *screen) shows(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		s.lock.Lock()
		drawn := s.text.String()
		s.lock.Unlock()
		switch {
		case strings.Contains(drawn, text):
			return
		case time.Now().After(end):
			t.Fatalf("%q was never drawn, the last is %q", text, drawn[max(0, len(drawn)-200):])
		}
	}
}

// TestStudyLines reads the lines that a study writes where there is no terminal.
func TestStudyLines(t *testing.T) {
	var out bytes.Buffer
	now := time.Now()
	p := (&app{err: &out, out: &out, now: func() time.Time { return now }}).newStudyProgress(true)
	for _, s := range []queue.Status{
		{Name: "few", Running: 2, Waiting: 8, Complete: 1, Remaining: 3723, Shares: []float64{0.248, 1}},
		{Name: "few", Running: 1, Waiting: 8, Complete: 2, Failed: 1, Remaining: 90},
	} {
		s.State = queue.Active
		p.tick(s)
		now = now.Add(lineEvery)
	}
	p.close()
	const want = "few: run 1/11  2 running (25 %, 100 %), 1h2m3s left\nfew: run 2/12  1 running, 0 to try again, 1 failed, 1m30s left\n"
	if out.String() != want {
		t.Errorf("found %q, expected %q", out.String(), want)
	}
}

// TestBars moves each bar of the program through what may befall it: to its end and beyond, as its
// total grows, from phase to phase, and to a close before its end. What it is told last is drawn.
func TestBars(t *testing.T) {
	terminal := func() (*app, *screen) {
		s := &screen{}
		return &app{err: s, out: s, screen: s, terminal: true, getenv: func(string) string { return "" }, now: time.Now}, s
	}
	t.Run("study", func(t *testing.T) {
		a, s := terminal()
		p := a.newStudyProgress(false)
		for _, at := range []struct{ complete, waiting int }{{0, 4}, {1, 3}, {4, 0}, {4, 6}, {9, 1}, {10, 0}, {2, 9}} {
			p.tick(queue.Status{Complete: at.complete, Waiting: at.waiting})
			s.shows(t, fmt.Sprintf("run %d/%d ", at.complete, at.complete+at.waiting))
		}
		// Nothing happens for a while, and it can be seen that something goes on.
		p.tick(queue.Status{Running: 2, Waiting: 9})
		s.shows(t, "2 running")
		for _, elapsed := range []string{"1s", "2s"} {
			s.shows(t, elapsed)
		}
		p.log("a line above")
		s.shows(t, "a line above\n")
		p.close()
	})
	t.Run("train", func(t *testing.T) {
		a, s := terminal()
		p := a.newProgress(false)
		p.started(classify.Start{Config: classify.Config{Steps: 10, LogEvery: 1}})
		for _, at := range []struct{ step, steps int }{{1, 10}, {10, 10}, {10, 30}, {29, 30}} {
			p.stepped(classify.Progress{Step: at.step, Steps: at.steps})
			s.shows(t, fmt.Sprintf("step %d/%d ", at.step, at.steps))
		}
		p.stepped(classify.Progress{Step: 30, Steps: 30})
		p.close()
		s.shows(t, "step 30/30  [========]")
	})
	t.Run("folder", func(t *testing.T) {
		a, s := terminal()
		p := a.newFolderProgress(false)
		for _, at := range []folder.Progress{{Phase: "listing"}, {Phase: "reading", Done: 1, Total: 1}, {Phase: "reading", Done: 2, Total: 5}, {Phase: "decoding", Done: 3, Total: 5}} {
			p.report(at)
			s.shows(t, fmt.Sprintf("%s %d/%d ", at.Phase, at.Done, at.Total))
		}
		p.close()
		p.close()
	})
	t.Run("fetch", func(t *testing.T) {
		a, s := terminal()
		p := a.newFetchProgress(false)
		for _, at := range []dataset.FetchProgress{{Done: 1000, Total: 1000}, {Done: 2000, Total: 9000}} {
			p.report(at)
			s.shows(t, fmt.Sprintf("%d.0 KB / %d.0 KB", at.Done/1000, at.Total/1000))
		}
		p.close()
	})
	t.Run("none", func(t *testing.T) {
		a, s := terminal()
		a.newFetchProgress(true).close()
		a.newFolderProgress(true).close()
		if s.text.Len() > 0 {
			t.Errorf("%q", s.text.String())
		}
	})
}
