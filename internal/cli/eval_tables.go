package cli

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/train"
)

// matrixClasses is the largest number of classes whose confusion matrix is printed; of more, the most frequent errors are.
const matrixClasses = 20

// printScore prints a result's numbers.
func (a *app) printScore(e evaluation) {
	fmt.Fprintf(a.out, "test accuracy   %.2f %%   (95 %% interval %.2f to %.2f; %d errors in %d images)\n",
		100*e.TestAccuracy, 100*e.TestInterval[0], 100*e.TestInterval[1], e.TestErrorCount, e.TestImages)
	fmt.Fprintf(a.out, "test NLL        %.4f nats\n", e.TestNLL)
	fmt.Fprintf(a.out, "calibration     error (ECE, 15 bins) %.2f points, Brier score %.4f\n", 100*e.TestECE, e.TestBrier)
}

// classTable lists the accuracy of every class, the worst first.
func classTable(e evaluation) report.Table {
	t := report.Table{Columns: []report.Column{
		{Head: "class"}, {Head: "images", Right: true}, {Head: "accuracy, %", Right: true}, {Head: "95 % interval"},
	}}
	for _, c := range fromWorst(e.TestClasses) {
		t.Rows = append(t.Rows, []report.Cell{
			{Text: c.Class}, {Text: strconv.Itoa(c.Images)}, {Text: fmt.Sprintf("%.2f", 100**c.Accuracy)},
			{Text: fmt.Sprintf("%.2f to %.2f", 100*c.Interval[0], 100*c.Interval[1])},
		})
	}
	return t
}

// fromWorst orders classes by their accuracy, the worst first, without those that have no images.
func fromWorst(list []train.ClassAccuracy) []train.ClassAccuracy {
	list = slices.DeleteFunc(slices.Clone(list), func(c train.ClassAccuracy) bool { return c.Accuracy == nil })
	slices.SortStableFunc(list, func(x, y train.ClassAccuracy) int { return cmp.Compare(*x.Accuracy, *y.Accuracy) })
	return list
}

// worstClasses names up to three classes that are recognized least, if there are more than that.
func worstClasses(list []train.ClassAccuracy) string {
	const shown = 3
	list = fromWorst(list)
	if len(list) <= shown {
		return ""
	}
	var parts []string
	for _, c := range list[:shown] {
		parts = append(parts, fmt.Sprintf("%s %.1f %%", c.Class, 100**c.Accuracy))
	}
	return strings.Join(parts, ", ")
}

// confusionTable is the confusion matrix, a dot for 0.
func confusionTable(e evaluation) report.Table {
	t := report.Table{Columns: []report.Column{{Head: `true \ predicted`}}}
	for i, row := range e.Confusion {
		name := e.TestClasses[i].Class
		t.Columns = append(t.Columns, report.Column{Head: name, Right: true})
		cells := []report.Cell{{Text: name}}
		for _, n := range row {
			text := "."
			if n > 0 {
				text = strconv.Itoa(n)
			}
			cells = append(cells, report.Cell{Text: text})
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// mixTable lists the most frequent errors.
func mixTable(r train.Evaluation) report.Table {
	t := report.Table{Columns: []report.Column{{Head: "class"}, {Head: "taken for"}, {Head: "images", Right: true}}}
	for _, m := range r.Logits.Confusion().Mixes(matrixClasses) {
		t.Rows = append(t.Rows, []report.Cell{{Text: r.Classes[m.Class]}, {Text: r.Classes[m.Predicted]}, {Text: strconv.Itoa(m.Count)}})
	}
	return t
}

// makeFolder makes the folder of --out.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Inputf("--out: %w", err)
	}
	return nil
}

// writePictures writes a result's pictures to a folder.
func writePictures(dir string, r train.Evaluation) error {
	if err := makeFolder(dir); err != nil {
		return err
	}
	return r.WritePictures(dir)
}
