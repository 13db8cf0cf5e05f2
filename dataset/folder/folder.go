package folder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/task"
)

// Options say what to make of a folder. The zero value is: a size that suits the pictures, crop,
// channels that suit the pictures, seed 0, unreadable files skipped, no cache.
type Options struct {
	// Size is the side of the images in pixels, 4 to 1024; 0 means the median of the pictures'
	// shorter sides, rounded down to a multiple of 4, but at least 8 and at most 64.
	Size int
	// LargestDefault takes the place of 64 there; 0 leaves it.
	LargestDefault int
	// Fit is how a picture becomes a square.
	Fit picture.Fit
	// Channels is 1 for grey images, 3 for colour; 0 means 1 if all pictures are grey, else 3.
	Channels int
	// Seed divides the pictures where the folders do not, in the way of Division, Stratified if
	// empty.
	Seed     uint64
	Division Division
	// Task is what is to be learned; nil for what labels.csv says, and classification without one.
	Task task.Task
	// Unclassed takes a folder without folders for classes, too, for those who ask for no classes:
	// all pictures in it, and in folders in it, are then of the one class pictures. Folders train,
	// test and the like without folders in them are its parts.
	Unclassed bool
	// Strict refuses a folder with a picture that cannot be read.
	Strict bool
	// Cache is the folder that decoded images are kept in; empty means that they are not kept.
	Cache string
	// CacheLimit bounds the bytes in that folder; 0 means 4 GiB. Those used longest ago give way.
	CacheLimit int64
	// CheckSize, if set, is asked whether images of a side will do as soon as that is known, which is
	// before any is decoded. Its error ends Open.
	CheckSize func(side int) error
	// Progress, if set, is called now and then, from one goroutine at a time.
	Progress func(Progress)
}

// Progress describes an Open under way.
type Progress struct {
	Phase       string // "reading" or "decoding"
	Done, Total int    // files
}

// Bounds and defaults of Options.
const (
	minSize, maxSize             = 4, 1024
	minDefault, maxDefault       = 8, 64
	sizeStep                     = 4 // so that two poolings by 2 have no remainder
	defaultCacheLimit      int64 = 4 << 30
	// maxClasses is the number of classes that a model's file may have.
	maxClasses = 1 << 16
)

// Set is a folder, ready for training.
type Set struct {
	Task     task.Task
	Classes  []string // in byte order; the labels or numbers in the order of their columns
	Side     int      // of the images, which are squares
	Channels int      // 1 or 3
	Fit      picture.Fit
	// Train, Val and Test are the parts. Val is empty unless the folder has train/, val/ and test/;
	// with train/ and val/ alone, val/ is the test part.
	Train, Val, Test Pictures
	Report           Report
}

// Pictures are a set of labelled images, ordered by the SHA-256 of their files, so that names do not
// matter here either.
type Pictures struct {
	Images []byte  // [N, Channels, Side, Side]
	Labels []int32 // class numbers [N]; 0 where there are labels or numbers
	// Targets are labels, 0 or 1, or numbers [N, K]; nil of classes.
	Targets []float32
	Files   []string   // relative to the folder, with slashes, readable [N]
	Hashes  [][32]byte // SHA-256 of the files [N]
	// Digest identifies pictures and classes, whatever size the images have: the SHA-256 of the
	// SHA-256 of the files and the names of their classes.
	Digest string
}

// Open reads the folder dir. Where there is a labels.csv whose first column is called file, it says
// which pictures there are and what is to be learned of them, as the package's documentation says.
// Else, where there is a train/ with folders in it, its folders are the
// classes, and test/ or val/ (or testing/, valid/, validation/, also with words as in test_set or
// seg_train, also packed in a folder of such a name) hold the others' images. Otherwise the folders
// of dir are the classes, and the pictures are divided as Division says.
//
// Folders in class folders belong to the class. Hidden files and those that systems leave are
// passed over in silence. Links are followed wherever they lead, as a hub's cache is laid out, but
// to no folder twice in a class. Names of classes that differ in their Unicode form alone are one.
// A file that is no use is named in the Report and left out.
//
// With Unclassed a folder without classes is read as well.
//
// The input's fault are: a folder that is none, no class or one, more than 65,536, a class without
// a picture that can be read, a class in test/ that is not in train/, folders that look like a
// layout which is not read, Options out of range; with Strict, a picture that cannot be read. A
// cache that cannot be used is a note in the Report.
func Open(ctx context.Context, dir string, opt Options) (*Set, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	var err error
	if opt.Fit, err = picture.ParseFit(string(opt.Fit)); err != nil {
		return nil, err
	}
	if opt.Division, err = ParseDivision(string(opt.Division)); err != nil {
		return nil, err
	}
	if opt.Size != 0 && (opt.Size < minSize || opt.Size > maxSize) {
		return nil, fault.Inputf("size is %d, expected %d to %d pixels, or 0", opt.Size, minSize, maxSize)
	}
	if opt.CheckSize == nil {
		opt.CheckSize = func(int) error { return nil }
	}
	if opt.Size != 0 {
		if err := opt.CheckSize(opt.Size); err != nil {
			return nil, err
		}
	}
	if opt.Channels != 0 && opt.Channels != 1 && opt.Channels != 3 {
		return nil, fault.Inputf("channels is %d, expected 1 or 3, or 0", opt.Channels)
	}
	if err := checkFolder(dir); err != nil {
		return nil, err
	}
	o := &opening{Options: opt, dir: dir, report: Report{Problems: []Problem{}, Notes: []string{}}}
	set, err := o.open(ctx)
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return set, err
}

// checkFolder returns why dir is no folder to read.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && info.IsDir() {
		return nil
	}
	if err == nil {
		return fault.Inputf("data folder %s: not a folder", dir)
	}
	why := cause(err)
	if link, bad := os.Lstat(dir); bad == nil && link.Mode()&os.ModeSymlink != 0 {
		why = errors.New(brokenLink(err))
		if errors.Is(err, fs.ErrNotExist) {
			why = fault.Missingf("%w", why)
		}
	}
	return fault.Inputf("data folder %s: %w", dir, why)
}

// opening is an Open under way.
type opening struct {
	Options
	dir    string
	listed listing
	report Report
}

func (o *opening) open(ctx context.Context) (*Set, error) {
	var err error
	if o.listed, err = scan(o.dir, o.Options, &o.report); err != nil {
		return nil, err
	}
	if err := o.inspect(ctx); err != nil {
		return nil, err
	}
	files := o.readable(o.listed.files)
	if err := o.strict(); err != nil { // before the long work
		return nil, err
	}
	files = o.settle(files)
	if err := o.nonempty(files); err != nil {
		return nil, err
	}
	o.divide(files)
	if o.Size == 0 {
		o.Size = defaultSize(files, cmp.Or(o.LargestDefault, maxDefault))
		if err := o.CheckSize(o.Size); err != nil {
			return nil, err
		}
	}
	sortForParts(files)
	set := &Set{
		Task: task.OrClassification(o.listed.task), Classes: o.listed.classes,
		Side: o.Size, Fit: o.Fit,
	}
	if err := o.load(ctx, set, files); err != nil {
		return nil, err
	}
	o.report.finish(o, set)
	set.Report = o.report
	return set, nil
}

// nonempty checks that every class has a picture, and there is a training part.
func (o *opening) nonempty(files []*file) error {
	if o.listed.targets() {
		if !slices.ContainsFunc(files, func(f *file) bool {
			return f.part == train ||
				!o.listed.divided
		}) || len(files) < 2 {
			return fault.Inputf("found %d pictures, expected at least 2, one of them to train on", len(files))
		}
		return nil
	}
	count := make([]int, len(o.listed.classes))
	for _, f := range files {
		if f.part == train || !o.listed.divided {
			count[f.class]++
		}
	}
	for k, n := range count {
		if n == 0 {
			return fault.Inputf(
				"class %s has no picture to train on%s", o.listed.classes[k],
				o.report.why(o.listed.classes[k]),
			)
		}
	}
	if len(files) < 2 {
		return fault.Inputf("found %d pictures, expected at least 2", len(files))
	}
	return nil
}

// defaultSize returns the side that suits the pictures, at most a largest one.
func defaultSize(files []*file, largest int) int {
	short := make([]int, len(files))
	for i, f := range files {
		short[i] = min(f.width, f.height)
	}
	side := spreadOf(short).Median / sizeStep * sizeStep
	return int(math.Min(math.Max(float64(side), minDefault), float64(largest)))
}

// absolute returns the name of the folder that does not depend on where we are.
func (o *opening) absolute() (string, error) {
	path, err := filepath.Abs(o.dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}
