package dataset

import (
	"archive/tar"
	"io"
	"path"
	"path/filepath"

	"github.com/gradreg/gradreg/internal/fault"
)

// archiveExtras is how much an archive may hold besides the set's files: headers, padding, a
// list of class names, a page that explains the format.
const archiveExtras = 1 << 20

// readArchive reads the wanted files out of a .tar.gz archive; they may be in any folder of it.
// Nothing is unpacked to disk. The archive is refused, whether that concerns a wanted file or not,
// if it holds anything but folders and regular files, or a name that leads out of it, or one file
// twice, or unpacks to more than all the set's files and archiveExtras bytes. It is read to its
// end, because only there is gzip's checksum.
func (s *row) readArchive(at place, name string, wanted []file) (map[string][]byte, error) {
	f, err := openStored(at, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	total := int64(archiveExtras)
	for _, f := range s.files {
		total += int64(f.size)
	}
	data, err := readTarGz(f, total, wanted)
	if err != nil {
		return nil, fault.Inputf("%s: %w", at.path(name), err)
	}
	for _, f := range wanted {
		if _, ok := data[f.name]; !ok {
			return nil, fault.Inputf("%s: there is no %s in it", at.path(name), f.name)
		}
	}
	return data, nil
}

// readTarGz reads those of the wanted files that are in the archive, which may unpack to total
// bytes.
func readTarGz(r io.Reader, total int64, wanted []file) (map[string][]byte, error) {
	z, err := unpacker(r, ".gz")
	if err != nil {
		return nil, err
	}
	limited := &bounded{r: z, left: total, total: total}
	size := map[string]int{}
	for _, f := range wanted {
		size[f.name] = f.size
	}
	data := map[string][]byte{}
	for t := tar.NewReader(limited); ; {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, truncated(err)
		}
		if err := checkEntry(h); err != nil {
			return nil, err
		}
		base := path.Base(h.Name)
		limit, ok := size[base]
		if !ok || h.Typeflag == tar.TypeDir {
			continue
		}
		if _, twice := data[base]; twice {
			return nil, fault.Inputf("%s is in it twice", base)
		}
		if data[base], err = readAtMost(t, limit); err != nil {
			return nil, fault.Inputf("%s: %w", h.Name, err)
		}
	}
	if _, err := io.Copy(io.Discard, limited); err != nil {
		return nil, truncated(err)
	}
	return data, nil
}

// checkEntry refuses what none of the published archives has.
func checkEntry(h *tar.Header) error {
	switch {
	case !filepath.IsLocal(filepath.FromSlash(h.Name)):
		return fault.Inputf("entry %q leads out of the archive", h.Name)
	case h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeDir:
		return fault.Inputf("entry %q is of type %q, expected a file or a folder", h.Name, h.Typeflag)
	}
	return nil
}

// bounded is a reader that fails once more than total bytes have come.
type bounded struct {
	r           io.Reader
	left, total int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fault.Inputf("unpacks to more than %d bytes", b.total)
	}
	return n, err
}
