package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/gan/features"
	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
)

// ganSubject is what is looked at: a generator, or a folder of pictures, and the data it is held
// against.
type ganSubject struct {
	against, dataDir string
	size, threads    int
	seed             uint64

	path      string
	generator *gan.Generator // nil of a folder
	config    gan.Config     // of the data
}

// flags adds the flags of a subject.
func (s *ganSubject) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.against, "against", "", "data set or folder of pictures to compare with (default the run's own)")
	f.StringVar(
		&s.dataDir, "data-dir", "",
		"folder with the data set's files (instead of GRADREG_DATA and the usual places)",
	)
	f.IntVar(
		&s.size, "size", 0,
		"side of the images that the pictures of --against become (default that of the samples)",
	)
	f.Uint64Var(&s.seed, "seed", 1, "seed of the samples' noise")
	threadsFlag(cmd, &s.threads)
	complete(cmd, "against", completeFolders)
	complete(cmd, "data-dir", completeFolders)
	cmd.ValidArgsFunction = completeRunFolders
}

// open opens the subject, and says what it is held against.
func (s *ganSubject) open(path string) error {
	s.path = path
	info, err := os.Stat(path)
	if err != nil {
		return fault.Inputf(
			"%s: found nothing there, expected a run folder, a generator file or a folder of pictures",
			path,
		)
	}
	if err := wantsGenerator(path, " or a folder of pictures"); err != nil {
		return err
	}
	if err := wantsPictures("against", sourceOf(s.against).Dir()); err != nil {
		return err
	}
	if run := gan.HasRun(path); run || !info.IsDir() {
		if s.generator, err = gan.LoadGenerator(path, s.threads); err != nil {
			return err
		}
		s.config = gan.DefaultFor(s.generator.Data)
		if run {
			if s.config, err = gan.FolderConfig(path); err != nil {
				s.close()
				return err
			}
		}
	}
	switch {
	case s.against != "":
		s.config = gan.DefaultFor(s.against)
	case s.generator == nil:
		return usage{
			fmt.Errorf(
				"%s is a folder of pictures, expected --against, a data set or a folder to compare it with",
				path,
			),
		}
	}
	switch {
	case s.size != 0:
		s.config.Size = s.size
	case !sourceOf(s.config.Data).Resizable(): // others have their size
	case s.config.Size == 0 && s.generator != nil && len(s.generator.Shape) == 3:
		s.config.Size = s.generator.Shape[1]
	case s.config.Size == 0 && s.generator == nil:
		s.config.Size = s.side()
	}
	return nil
}

// side returns the width of the folder's first picture, where that is one that images may have.
func (s *ganSubject) side() (side int) {
	_ = folder.EachPicture(s.path, func(path string) error {
		data, err := boundedfile.Read(path, picture.MaxFile)
		if err != nil {
			return nil
		}
		if p, err := picture.Decode(data); err == nil {
			side = p.Image.Bounds().Dx()
		}
		return errEnough
	}, func(string, error) {}, nil)
	return side
}

// errEnough ends a walk.
var errEnough = fmt.Errorf("enough")

func (s *ganSubject) close() {
	if s.generator != nil {
		s.generator.Close()
	}
}

// openSet opens the images that a subject is held against.
func (a *app) openSet(ctx context.Context, s *ganSubject) (*features.Set, error) {
	reading := a.newFolderProgress(false)
	defer reading.close()
	set, err := features.Open(ctx, s.config, gan.RunOptions{DataDirs: a.dataDirs(s.dataDir), Reading: reading.report})
	if err != nil {
		return nil, err
	}
	reading.close()
	a.warnProblems(sourceOf(s.config.Data).Dir(), set.Report)
	if s.generator == nil {
		return set, nil
	}
	shape := set.Shape
	if set.Stacked {
		shape.C = 3
	}
	if g := s.generator.Shape; len(g) != 3 || shape != (dataset.Shape{C: g[0], H: g[1], W: g[2]}) {
		return nil, fault.Inputf("the generator makes samples of %v, but the images of %s are %v", g, set.Data, shape)
	}
	return set, nil
}

// images returns n images of the subject as bytes, and how many of them were scaled.
func (s *ganSubject) images(
	ctx context.Context, shape dataset.Shape, stacked bool, n int,
) (images [][]byte, scaled int, err error) {
	if s.generator == nil {
		if stacked {
			return nil, 0, fault.Inputf(
				"%s is a folder of pictures, expected a run: stacked images are scored as such alone",
				s.path,
			)
		}
		return s.pictures(ctx, shape, n)
	}
	size := sizeOf(s.generator.Shape)
	samples := make([]float32, min(n, chunk)*size)
	for at := 0; at < n; at += chunk {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		some := min(chunk, n-at)
		if err := s.generator.Sample(s.seed, uint64(at), some, samples[:some*size]); err != nil {
			return nil, 0, err
		}
		for i := range some {
			images = append(images, bytesOf(samples[i*size:(i+1)*size]))
		}
	}
	return images, 0, nil
}

// bytesOf rounds a sample to 8 bits.
func bytesOf(sample []float32) []byte {
	image := make([]byte, len(sample))
	for i, v := range sample {
		image[i] = gan.Byte(v)
	}
	return image
}

// pictures reads the first n pictures of the folder.
func (s *ganSubject) pictures(
	ctx context.Context, shape dataset.Shape, n int,
) (images [][]byte, scaled int, err error) {
	var damaged error
	err = folder.EachPicture(s.path, func(path string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(images) == n {
			return errEnough
		}
		data, err := boundedfile.Read(path, picture.MaxFile)
		if err != nil {
			return fault.Inputf("%s: %w", path, err)
		}
		p, err := picture.Decode(data)
		if err != nil {
			return fault.Inputf("%s: %w", path, err)
		}
		if b := p.Image.Bounds(); b.Dx() != shape.W || b.Dy() != shape.H {
			scaled++
		}
		image, err := dataset.ScalePicture(p, shape, false)
		if err != nil {
			return fault.Inputf("%s: %w", path, err)
		}
		images = append(images, image)
		return nil
	}, func(path string, err error) {
		if damaged == nil {
			damaged = fault.Inputf("%s: %w", path, err)
		}
	}, nil)
	if err == errEnough {
		err = nil
	}
	if err == nil {
		err = damaged
	}
	if err == nil && len(images) == 0 {
		err = fault.Inputf("%s: found no picture in the folder", s.path)
	}
	return images, scaled, err
}
