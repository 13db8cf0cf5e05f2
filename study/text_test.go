package study

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestUnfinished checks that every form of a report of an unfinished study says so, which methods have fewer runs, and how
// many are missing in all.
func TestUnfinished(t *testing.T) {
	s := read(t, example)
	p, err := s.Progress(nil)
	if err != nil {
		t.Fatal(err)
	}
	results := Results{}
	for _, r := range p.Runs() {
		if r.Cell.Method == "given" && r.Cell.TrainSize == 50 && r.Config.Seed < 3 {
			results[r.Key] = madeUp(r)
		}
	}
	r, err := NewReport(s, results)
	if err != nil {
		t.Fatal(err)
	}
	want := "Not finished: 32 of the study's 36 final runs are not there."
	if r.Unfinished() != want {
		t.Errorf("%q, expected %q", r.Unfinished(), want)
	}
	var notes []string
	for _, table := range r.Tables() {
		notes = append(notes, table.Notes...)
	}
	for _, note := range []string{"Means of fewer than 3 runs: given (2).", want, want + " Runs so far: none 0 of 3, datagrad 0 of 3, given 2 of 3.", want + " Runs so far: none 0 of 3, datagrad 0 of 3, given 0 of 3."} {
		if !slices.Contains(notes, note) {
			t.Errorf("no note %q in %q", note, notes)
		}
	}
	for _, format := range []string{"text", "markdown", "latex"} {
		text, err := r.tables(format)
		if err != nil || strings.Count(string(text), want) < 2 {
			t.Errorf("%s, %v: no %q in\n%s", format, err, want, text)
		}
	}
	fields, err := r.tables("csv")
	if err != nil || !strings.Contains(string(fields), ",run_count,missing_count,diverged_count,") {
		t.Errorf("csv, %v:\n%s", err, fields)
	}
}

// TestCSVBlocks checks that a row of a block's table says which block it is of.
func TestCSVBlocks(t *testing.T) {
	r := madeUpReport(t, "wd-table", lifelike)
	text, err := r.tables("csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\ndata,train_size,setting,method,test_accuracy,", "\nmnist,2000,no weight decay,spectreg,0.", "\nmnist,2000,weight decay 5e-4,spectreg,0.",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no row %q in\n%s", want, text)
		}
	}
}

// TestConditionalNote checks that the tables of a tuned study, and only these, say that the choice's chance is not in them.
func TestConditionalNote(t *testing.T) {
	_, results := complete(t, read(t, example), madeUp, rand.New(rand.NewPCG(1, 1)))
	tuned, err := NewReport(read(t, example), results)
	if err != nil {
		t.Fatal(err)
	}
	for r, want := range map[*Report]bool{tuned: true, madeUpReport(t, "wd-table", lifelike): false} {
		text, err := r.tables("text")
		if err != nil || strings.Contains(string(text), "conditional on those that tuning chose") != want {
			t.Errorf("%s, %v: the note should be there: %t\n%s", r.Name, err, want, text)
		}
	}
}
