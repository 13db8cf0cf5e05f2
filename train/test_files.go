package train

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
)

// A run on a folder of pictures lists the files that it is tested on, so that pictures which come
// to the folder later bar no evaluation. The list is one that sha256sum --check takes in that
// folder: a line has the SHA-256 in hexadecimal, two spaces and the name; one with a backslash
// before it has newlines and backslashes of the name written as \n and \\.

// writeTestFiles writes the list.
func writeTestFiles(path string, test dataset.Subset) error {
	var b bytes.Buffer
	escape := strings.NewReplacer("\\", `\\`, "\n", `\n`)
	for _, i := range test.Index {
		name, mark := escape.Replace(test.Files[i]), ""
		if name != test.Files[i] {
			mark = `\`
		}
		fmt.Fprintf(&b, "%s%x  %s\n", mark, test.Hashes[i], name)
	}
	return atomicfile.WriteBytes(path, b.Bytes())
}

// maxTestFiles bounds such a list, in bytes: a million names.
const maxTestFiles = 256 << 20

// readTestFiles returns the digests of the list; nil if there is none, as of runs of older
// programs.
func readTestFiles(path string) (map[[32]byte]bool, error) {
	data, err := boundedfile.Read(path, maxTestFiles)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := map[[32]byte]bool{}
	for n, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		digest, _, _ := strings.Cut(strings.TrimPrefix(line, `\`), " ")
		sum, err := hex.DecodeString(digest)
		if err != nil || len(sum) != 32 {
			return nil, fault.Inputf("%s: line %d begins with no SHA-256", path, n+1)
		}
		out[[32]byte(sum)] = true
	}
	return out, nil
}
