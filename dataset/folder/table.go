package folder

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/task"
)

const (
	// tableFile names the pictures of a folder and what a network is to learn of them.
	tableFile = "labels.csv"
	maxTable  = 1 << 30 // bytes

	fileColumn  = "file"
	classColumn = "class"
	partColumn  = "part"
)

// table is what a labels.csv says.
type table struct {
	header []string
	rows   [][]string
	lines  []int // of the rows
	part   int   // column of the parts, -1 if there is none
	values []int // columns of the class, the labels or the numbers
}

// readTable reads the folder's labels.csv. It is nil if there is none, or one whose first column is
// not called file, which is somebody else's.
func readTable(dir string) (*table, error) {
	data, err := boundedfile.Read(filepath.Join(dir, tableFile), maxTable)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Inputf("%s: %w", tableFile, cause(err))
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff")))
	t := &table{part: -1}
	if t.header, err = r.Read(); err != nil || t.header[0] != fileColumn {
		return nil, nil
	}
	for k, name := range t.header {
		switch {
		case name == "" || slices.Contains(t.header[:k], name):
			return nil, fault.Inputf("%s: column %d is %q, expected a name of its own", tableFile, k+1, name)
		case name == partColumn:
			t.part = k
		case k > 0:
			t.values = append(t.values, k)
		}
	}
	if len(t.values) == 0 {
		return nil, fault.Inputf(
			"%s: found no column but file, expected class, or labels of 0 and 1, or numbers",
			tableFile,
		)
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fault.Inputf("%s: %w", tableFile, err)
		}
		line, _ := r.FieldPos(0)
		t.rows, t.lines = append(t.rows, row), append(t.lines, line)
	}
	if len(t.rows) < 2 {
		return nil, fault.Inputf("%s: found %d pictures, expected at least 2", tableFile, len(t.rows))
	}
	return t, nil
}

// classes reports whether the table has classes, rather than labels or numbers.
func (t *table) classes() bool { return len(t.values) == 1 && t.header[t.values[0]] == classColumn }

// numbers returns the values of a row.
func (t *table) numbers(row int) ([]float32, error) {
	var out []float32
	for _, k := range t.values {
		v, err := strconv.ParseFloat(strings.TrimSpace(t.rows[row][k]), 32)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fault.Inputf(
				"%s: line %d: %s is %q, expected a finite number", tableFile, t.lines[row],
				t.header[k], t.rows[row][k],
			)
		}
		out = append(out, float32(v))
	}
	return out, nil
}

// task returns what the table is for: what was asked for, if it suits, else what its columns say.
func (t *table) task(asked task.Task, targets [][]float32) (task.Task, error) {
	classes, labels := task.Classification{}, task.MultiLabel{}
	if t.classes() {
		if asked != nil && asked != classes {
			return nil, fault.Inputf("task is %s, but %s has a column class: it is for %s", asked, tableFile, classes)
		}
		return classes, nil
	}
	var found task.Task = labels
	for i, row := range targets {
		for k, v := range row {
			if v == 0 || v == 1 {
				continue
			}
			if asked == labels {
				return nil, fault.Inputf(
					"%s: line %d: %s is %v, expected 0 or 1 for the task %s", tableFile, t.lines[i],
					t.header[t.values[k]], v, labels,
				)
			}
			found = task.Regression{}
		}
	}
	switch asked {
	case nil:
		return found, nil
	case classes:
		return nil, fault.Inputf("task is %s, but %s has no column class of its own", asked, tableFile)
	}
	return asked, nil
}

// scanTable lists the pictures of a table.
func (s *scanner) scanTable(t *table, asked task.Task) error {
	var targets [][]float32
	if !t.classes() {
		for i := range t.rows {
			v, err := t.numbers(i)
			if err != nil {
				return err
			}
			targets = append(targets, v)
		}
	}
	var err error
	if s.task, err = t.task(asked, targets); err != nil {
		return err
	}
	if t.classes() {
		if err := s.tableClasses(t); err != nil {
			return err
		}
	} else {
		for _, k := range t.values {
			s.classes = append(s.classes, t.header[k])
		}
	}
	line := map[string]int{}
	for i, row := range t.rows {
		f, err := s.tableFile(t, row, t.lines[i])
		if err != nil {
			return err
		}
		if other := line[f.path]; other > 0 {
			return fault.Inputf(
				"%s: line %d: file %s stands in line %d, too", tableFile, t.lines[i],
				readable(f.path), other,
			)
		}
		line[f.path] = t.lines[i]
		if targets != nil {
			f.targets = targets[i]
		} else {
			f.class = s.numbers[canonical(row[t.values[0]])]
		}
		info, err := os.Stat(s.at(f.path))
		switch {
		case err != nil:
			s.report.add(Unreadable, f.path, cause(err).Error())
		case !info.Mode().IsRegular():
			s.report.add(Unreadable, f.path, "not a regular file")
		default:
			f.size = info.Size()
			s.files = append(s.files, f)
		}
	}
	return s.tableParts(t)
}

// tableFile returns the file of a row, with its part.
func (s *scanner) tableFile(t *table, row []string, line int) (*file, error) {
	name := row[0]
	if !filepath.IsLocal(filepath.FromSlash(name)) || !isPicture(name) {
		return nil, fault.Inputf("%s: line %d: file is %q, expected a picture in the folder", tableFile, line, name)
	}
	f := &file{path: filepath.ToSlash(filepath.Clean(filepath.FromSlash(name)))}
	if t.part < 0 {
		return f, nil
	}
	part, ok := map[string]int{"train": train, "val": val, "test": test}[row[t.part]]
	if !ok {
		return nil, fault.Inputf("%s: line %d: part is %q, expected train, val or test", tableFile, line, row[t.part])
	}
	f.part = part
	return f, nil
}

// tableClasses numbers the classes of a table, in byte order.
func (s *scanner) tableClasses(t *table) error {
	for i, row := range t.rows {
		name := canonical(row[t.values[0]])
		if name == "" {
			return fault.Inputf("%s: line %d: class is empty", tableFile, t.lines[i])
		}
		s.numbers[name] = 0
	}
	for name := range s.numbers {
		s.classes = append(s.classes, name)
	}
	slices.Sort(s.classes)
	for k, name := range s.classes {
		s.numbers[name] = k
	}
	if len(s.classes) < 2 {
		return fault.Inputf("%s: found the one class %s, expected at least 2", tableFile, s.classes[0])
	}
	return s.bounded()
}

// tableParts completes the parts that a table says.
func (s *scanner) tableParts(t *table) error {
	if t.part < 0 {
		return nil
	}
	var has [parts]bool
	for _, f := range s.files {
		has[f.part] = true
	}
	if !has[train] || !has[test] && !has[val] {
		return fault.Inputf(
			"%s: found pictures of the parts %v, expected some of train and of test or val",
			tableFile, s.partNames(has),
		)
	}
	s.divided, s.testDir = true, fmt.Sprintf("the column part of %s", tableFile)
	if !has[test] { // val is the only yardstick
		for _, f := range s.files {
			if f.part == val {
				f.part = test
			}
		}
	}
	return nil
}

// partNames lists the parts that have pictures.
func (s *scanner) partNames(has [parts]bool) []string {
	var names []string
	for part, name := range []string{train: "train", val: "val", test: "test"} {
		if has[part] {
			names = append(names, name)
		}
	}
	return names
}

// targets reports whether pictures have labels or numbers, rather than classes.
func (l listing) targets() bool { return l.task != nil && l.task != task.Classification{} }
