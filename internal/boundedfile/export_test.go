package boundedfile

import "io/fs"

// OpenAfter is Open with another look before it.
func OpenAfter(path string, limit int64, stat func() (fs.FileInfo, error)) (*File, error) {
	return open(path, limit, stat, func() (fs.File, error) { return openFile(path) })
}
