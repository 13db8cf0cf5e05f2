// Package folder makes a data set of any folder of pictures that has a folder for each class.
//
//	DIR/daisy/*.jpg     DIR/train/daisy/*.jpg     DIR/train/…
//	DIR/roses/*.jpg     DIR/test/daisy/*.jpg      DIR/val/…    DIR/test/…
//
// # From files to parts
//
//	scan ──▶ inspect ──▶ settle ──▶ divide ──▶ load ──▶ Set
//	names    hash and     copies     parts      cached or
//	         header                             decoded
//
// Scanning finds the classes and the files with a picture's ending. Inspecting reads every file once: its SHA-256 is what
// it is known by from there on, so that names and times of files decide nothing. Settling finds files of equal content.
// Dividing puts every content into a part, where folders have not done so. Loading takes images from the cache, and decodes
// what is not there with [github.com/gradreg/gradreg/dataset/picture].
//
// # The one invariant
//
// Which part a picture is in, where the folders do not say it, is a function of the seed and of its own content. So a file
// that is renamed, added or removed moves no other file between training and test images. (No rule that fills parts to exact
// shares can promise this: what decides for a file may not depend on other files. The shares of a class are therefore
// binomial around 80 % and 20 %; [Open] names the two exceptions.)
//
// # Files of equal content
//
// Copies of a picture are never two images. Of copies in one part the first in the order of names is used. Where parts share a
// picture, the test part keeps it and the training part loses it: the test part is the yardstick, often somebody else's,
// and a number measured on it stays comparable, while training images are worth little one by one. Where classes share a
// picture, all copies are left out, for nobody knows which label is right. All of it stands in the [Report].
//
// # Outside bytes
//
// Files are reached through [os.Root], so that no link leads out of the folder. The cache is no more trusted than pictures are.
package folder
