package torchfile

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gradreg/gradreg/internal/pickle"
)

// longestDirectory bounds the directory of the archive, whose memory comes several times over. It
// has room for 25,000 storages.
const longestDirectory = 2 << 20

// directoryReader is a file of which at most left bytes are read.
type directoryReader struct {
	io.ReaderAt
	left int64
}

var errLongDirectory = fmt.Errorf("the directory of the archive is longer than %d bytes", longestDirectory)

func (d *directoryReader) ReadAt(p []byte, off int64) (int, error) {
	if d.left -= int64(len(p)); d.left < 0 {
		return 0, errLongDirectory
	}
	return d.ReaderAt.ReadAt(p, off)
}

// members are the places in the file of the members of an archive by name.
type members map[string]span

// span is a part of the file.
type span struct{ start, length int64 }

// readZip reads the objects of an archive, and finds its storages.
func readZip(r io.ReaderAt, size int64, h *host) (any, error) {
	found, folder, err := openZip(r, size)
	if err != nil {
		return nil, err
	}
	if order, ok := found[folder+"byteorder"]; ok {
		text := make([]byte, min(order.length, 16))
		if _, err := r.ReadAt(text, order.start); err != nil && err != io.EOF {
			return nil, err
		}
		if string(text) != "little" {
			return nil, fmt.Errorf("the byte order is %q, expected little", text)
		}
	}
	p := found[folder+"data.pkl"]
	root, err := pickle.Read(pickle.NewReader(r, p.start, p.start+p.length, longestPickle), h)
	if err != nil {
		return nil, err
	}
	for key, s := range h.storages {
		m, ok := found[folder+"data/"+key]
		if !ok {
			return nil, fmt.Errorf("storage %.40q is not in the archive", key)
		}
		if want := s.count * int64(s.bytes); m.length != want {
			return nil, fmt.Errorf("storage %.40q takes %d bytes, expected %d", key, m.length, want)
		}
		s.start = m.start
	}
	return root, nil
}

// openZip returns the members of an archive and the folder, with a slash, that its data.pkl is in.
func openZip(r io.ReaderAt, size int64) (found members, folder string, err error) {
	limited := &directoryReader{ReaderAt: r, left: longestDirectory}
	archive, err := zip.NewReader(limited, size)
	if errors.Is(err, errLongDirectory) {
		return nil, "", err
	}
	if errors.Is(err, zip.ErrFormat) {
		return nil, "", errors.New("an archive without the directory at its end: the file is cut off or damaged")
	}
	if err != nil {
		return nil, "", fmt.Errorf("an archive that cannot be read: %w", err)
	}
	for _, f := range archive.File { // before its code, which is compressed
		if f.Name == "constants.pkl" || strings.HasSuffix(f.Name, "/constants.pkl") {
			return nil, "", errors.New("a TorchScript program, expected a state dict: torch.save(net.state_dict(), …)")
		}
	}
	found, pickles := members{}, 0
	for _, f := range archive.File {
		if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 {
			return nil, "", fmt.Errorf("member %.80q is compressed, which PyTorch does not do", f.Name)
		}
		if _, ok := found[f.Name]; ok {
			return nil, "", fmt.Errorf("member %.80q stands twice in the archive", f.Name)
		}
		limited.left = 1 << 10 // for the head of the member
		start, err := f.DataOffset()
		if err != nil {
			return nil, "", fmt.Errorf("member %.80q cannot be read: %w", f.Name, err)
		}
		length := int64(f.UncompressedSize64)
		if length < 0 || start < 0 || length > size-start {
			return nil, "", fmt.Errorf(
				"member %.80q has %d bytes from byte %d on, in a file of %d", f.Name,
				f.UncompressedSize64, start, size,
			)
		}
		found[f.Name] = span{start, length}
		if in, ok := strings.CutSuffix(f.Name, "data.pkl"); ok && strings.Count(in, "/") <= 1 &&
			(in == "" || strings.HasSuffix(in, "/")) {
			folder = in
			pickles++
		}
	}
	if pickles != 1 {
		return nil, "", fmt.Errorf("an archive with %d files data.pkl, expected 1 as torch.save writes", pickles)
	}
	return found, folder, nil
}
