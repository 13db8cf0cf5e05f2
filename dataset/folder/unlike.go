package folder

import (
	"cmp"

	"github.com/gradreg/gradreg/dataset/picture"
)

// unlike says why a file is passed over whose name is not one that pictures have.
func unlike(name string) string {
	return cmp.Or(picture.Foreign(name), "not a name that pictures have")
}
