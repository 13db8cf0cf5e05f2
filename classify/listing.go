package classify

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"math"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
)

// picturesFile lists the pictures of a folder that a run uses, and what for.
const picturesFile = "pictures.jsonl"

// The parts of a run, as picturesFile calls them.
const (
	trainPart = "train"
	devPart   = "dev"
	testPart  = "test"
)

// listedPicture is a line of picturesFile.
type listedPicture struct {
	SHA256 string `json:"sha256"` // of its file
	Part   string `json:"part"`
	Class  string `json:"class"`
	File   string `json:"file"` // where it was in the folder
	// Targets are its labels or numbers, of a task without classes. Older programs did not write
	// them down.
	Targets []float32 `json:"targets,omitempty"`
}

// writePictures writes down which pictures of a folder the run is trained, judged and tested on:
// with pictures added to the folder it is still known which it did not see. Data sets with a name
// have no such file, for theirs do not change.
func (r *run) writePictures() error {
	if r.test.Hashes == nil {
		return nil
	}
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	for _, part := range []struct {
		name string
		dataset.Subset
	}{{trainPart, r.division.Train}, {devPart, r.division.Dev}, {testPart, r.test}} {
		for _, i := range part.Index {
			line := listedPicture{
				SHA256: hex.EncodeToString(part.Hashes[i][:]), Part: part.name,
				Class: r.className(part.Part, i), File: part.Files[i],
			}
			if part.Targets != nil {
				line.Targets = part.TargetRow(i)
			}
			if err := out.Encode(line); err != nil {
				return err
			}
		}
	}
	return atomicfile.WriteBytes(r.path(picturesFile), b.Bytes())
}

// maxPicturesFile bounds picturesFile: some million pictures.
const maxPicturesFile = 1 << 30

// className returns the name of the class of an image; empty where the task has none.
func (r *run) className(p *dataset.Part, image int) string {
	if p.Targets != nil {
		return ""
	}
	return r.data.Classes[p.Labels[image]]
}

// readPictures reads picturesFile by part, in the order of its lines; nil if there is none, as of
// runs of older programs.
func readPictures(path string) (map[string][]listedPicture, error) {
	data, err := boundedfile.Read(path, maxPicturesFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	parts := map[string][]listedPicture{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var p listedPicture
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return nil, fault.Inputf("%s: line %d: %w", path, n, err)
		}
		if sum, err := hex.DecodeString(p.SHA256); err != nil || len(sum) != 32 {
			return nil, fault.Inputf("%s: line %d: sha256 is %.80q, expected 64 hexadecimal digits", path, n, p.SHA256)
		}
		for _, v := range p.Targets {
			if math.IsInf(float64(v), 0) || math.IsNaN(float64(v)) {
				return nil, fault.Inputf("%s: line %d: targets has %v, expected finite numbers", path, n, v)
			}
		}
		parts[p.Part] = append(parts[p.Part], p)
	}
	if err := lines.Err(); err != nil {
		return nil, fault.Inputf("%s: %w", path, err)
	}
	return parts, nil
}

// sum returns the SHA-256.
func (p listedPicture) sum() (sum [32]byte) {
	_, _ = hex.Decode(sum[:], []byte(p.SHA256)) // readPictures has looked at it
	return sum
}
