package evaluation

import (
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
)

// TestPretrainedSettings checks that a head on features is called one, and has no settings of steps,
// and that a finetuned network names its file.
func TestPretrainedSettings(t *testing.T) {
	of := func(transfer string) string {
		var b strings.Builder
		c := classify.Config{Backbone: "/weights/w.pth", Transfer: transfer, Steps: 1, Batch: 50}
		if err := Settings([]Result{{Name: "run", Evaluation: classify.Evaluation{Config: c}}}).Write(&b, "text"); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text := of(classify.TransferFeatures)
	for _, want := range []string{"a head on the features of w.pth", "an L2 penalty of the head"} {
		if !strings.Contains(text, want) {
			t.Errorf("settings lack %q: %s", want, text)
		}
	}
	if strings.Contains(text, "steps") || strings.Contains(text, "optimizer") {
		t.Errorf("settings of a head speak of steps: %s", text)
	}
	if text := of(classify.TransferFinetune); !strings.Contains(text, "all of w.pth") || !strings.Contains(text, "steps") {
		t.Errorf("settings of a finetuned network: %s", text)
	}
}
