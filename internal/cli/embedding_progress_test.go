package cli

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/gradreg/gradreg/classify"
)

// TestEmbeddingProgress checks what is said without a terminal while features are computed: at once
// how long they take, by those that were not known before.
func TestEmbeddingProgress(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	a := &app{err: &out, screen: io.Discard, now: func() time.Time { return now }}
	p := a.newEmbeddingProgress(true)
	now = now.Add(time.Hour) // the folder is read
	p.report(1000, 3000)
	now = now.Add(time.Second)
	p.report(1016, 3000)
	if want := "features of 1016 of 3000 pictures, about 2m0s left\n"; out.String() != want {
		t.Errorf("said %q, expected %q", out.String(), want)
	}
	out.Reset()
	now = now.Add(29 * time.Second)
	p.report(2016, 3000)
	if out.Len() > 0 {
		t.Errorf("said %q too soon", out.String())
	}
	now = now.Add(time.Second)
	p.report(2032, 3000)
	if want := "features of 2032 of 3000 pictures, about 30s left\n"; out.String() != want {
		t.Errorf("said %q, expected %q", out.String(), want)
	}
	out.Reset()
	p.report(3000, 3000)
	p.fitting(0, 12)
	now = now.Add(time.Minute)
	p.fitting(3, 12)
	if want := "head: 3 of at most 12 strengths of its penalty\n"; out.String() != want {
		t.Errorf("said %q, expected %q", out.String(), want)
	}
	p.close()
}

// TestGoOn checks that a head on features, which cannot be finished early, is not offered that.
func TestGoOn(t *testing.T) {
	features := goOn(classify.Config{Backbone: "w.pth"}, "my run")
	if features != "continue with: gradreg train --resume 'my run'" {
		t.Errorf("said %s", features)
	}
	for _, cfg := range []classify.Config{{}, {Backbone: "w.pth", Transfer: classify.TransferFinetune}} {
		if text := goOn(cfg, "my run"); text != features+"; with --finish behind it, it ends there with a model" {
			t.Errorf("said %s", text)
		}
	}
}
