package classify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/plural"
)

// OpenRunOn opens a finished run to be tested on the pictures of another folder, which has a folder
// for each class, as [folder.OpenLabelled] has it: classes are known by their names, and pictures
// are made what the run's model takes. What is passed over, and pictures that the run was trained
// on, stand in Notes.
func OpenRunOn(ctx context.Context, dir, data string, opt Options) (*Opened, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	if slices.Contains(dataset.Names(), data) && !exists(data) {
		return nil, fault.Inputf(
			"found %s, a data set with a name, expected a folder of pictures with a folder for each class",
			data,
		)
	}
	o, err := openFinished(dir, opt)
	if err != nil {
		return nil, err
	}
	if err := o.Card.needsClasses("a test on another folder"); err != nil {
		return nil, err
	}
	l, err := folder.OpenLabelled(data, o.Card.Classes)
	if err != nil {
		return nil, err
	}
	m, err := load(filepath.Join(dir, ModelFile), nil, 1, opt.Threads)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	part, unreadable, err := m.readLabelled(ctx, data, l)
	if err != nil {
		return nil, err
	}
	o.run.test, o.other = dataset.Whole(part), data
	from := data
	if l.From != "" {
		from = filepath.Join(data, l.From)
	}
	o.note("tested on %s of %s", plural.Of(part.Len(), "picture"), from)
	switch len(l.Unknown) {
	case 0:
	case 1:
		o.note("%s is no class of %s and left out", l.Unknown[0], dir)
	default:
		o.note("%s are no classes of %s and left out", few(l.Unknown), dir)
	}
	if len(l.Missing) > 0 {
		o.note("of %s there are no pictures", few(l.Missing))
	}
	if n := len(unreadable); n > 0 {
		o.note("%s cannot be read: %s", plural.Of(n, "picture"), strings.Join(firsts(unreadable, 3), "; "))
	}
	o.noteSeen(part)
	return o, nil
}

// note adds a note.
func (o *Opened) note(format string, args ...any) {
	o.Notes = append(o.Notes, fmt.Sprintf(format, args...))
}

// firsts returns at most n texts, and how many more there are.
func firsts(list []string, n int) []string {
	if len(list) <= n {
		return list
	}
	return append(list[:n:n], fmt.Sprintf("%d more", len(list)-n))
}

// noteSeen says which of the pictures the run was trained on: about those a model knows more than
// it will about others.
func (o *Opened) noteSeen(part *dataset.Part) {
	trained := map[[32]byte]bool{}
	for _, p := range o.run.pictures[trainPart] {
		trained[p.sum()] = true
	}
	seen := 0
	for _, sum := range part.Hashes {
		if trained[sum] {
			seen++
		}
	}
	if seen > 0 {
		o.note(
			"%s was trained on %d of the %s: about those it is right more often than about others",
			o.run.Dir, seen, plural.Of(part.Len(), "picture"),
		)
	}
}

// labelledBatch is the number of pictures that are read at a time.
const labelledBatch = 256

// readLabelled makes of a labelled folder a part of the model's images. Pictures that cannot be
// read are left out and named.
func (m *SavedModel) readLabelled(
	ctx context.Context, dir string, l folder.Labelled,
) (part *dataset.Part, unreadable []string, err error) {
	part = &dataset.Part{Shape: m.shape(), Classes: m.Classes}
	h := sha256.New()
	for first := 0; first < len(l.Files); first += labelledBatch {
		paths := l.Files[first:min(first+labelledBatch, len(l.Files))]
		files := m.decodeFiles(ctx, paths, false, nil)
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		for i, path := range paths {
			f, class := files[i], l.Labels[first+i]
			if f.err != nil {
				unreadable = append(unreadable, f.err.Error())
				continue
			}
			part.Images, part.Labels = append(part.Images, f.image...), append(part.Labels, int32(class))
			part.Files, part.Hashes = append(part.Files, within(dir, path)), append(part.Hashes, f.sum)
			fmt.Fprintf(h, "%x %q\n", f.sum, m.Classes[class]) // as package folder has it
		}
	}
	if part.Len() == 0 {
		return nil, nil, fault.Inputf(
			"%s: found no picture that can be read among %d; the first is %s", dir, len(l.Files),
			unreadable[0],
		)
	}
	part.Digest = hex.EncodeToString(h.Sum(nil))
	return part, unreadable, nil
}

// within returns a path relative to a folder that it is in, with slashes.
func within(dir, path string) string {
	if name, err := filepath.Rel(dir, path); err == nil {
		return filepath.ToSlash(name)
	}
	return path
}
