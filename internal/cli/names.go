package cli

import "unicode/utf8"

// nameBytes is how much of a folder's name goes into the name of another file: systems allow 255
// bytes, and more than that name stands there.
const nameBytes = 100

// shortened returns the first bytes of a name, whole characters.
func shortened(name string) string {
	if len(name) <= nameBytes {
		return name
	}
	end := nameBytes
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end]
}
