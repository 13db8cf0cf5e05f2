// Package folder makes a data set of any folder of pictures that has a folder for each class,
// or a table of labels.
//
//	DIR/daisy/*.jpg     DIR/train/daisy/*.jpg     DIR/train/…
//	DIR/roses/*.jpg     DIR/test/daisy/*.jpg      DIR/val/…    DIR/test/…
//
// # A table instead of folders
//
// Where there is a file labels.csv in DIR whose first column is called file, it says which pictures
// there are and what is to be learned of them. It is a CSV with a header and a row for each picture,
// whose file is a path in DIR with slashes:
//
//	file,class            file,cat,dog,outdoors       file,part,height,age
//	a/1.jpg,tea           a/1.jpg,1,0,1               a/1.jpg,train,1.74,31
//	a/2.jpg,coffee        a/2.jpg,0,0,1               a/2.jpg,test,1.6,28.5
//
// With the one column class it is about classification, with columns of 0 and 1 alone about several
// labels, else about numbers; Options.Task can ask for numbers where all are 0 and 1. An optional
// column part, of train, val and test, divides the pictures; without it a fifth of them are test
// images, of classes a fifth of each.
//
// # A folder without classes
//
// Who asks for no classes, as a generator of images does, sets Options.Unclassed: then pictures in
// DIR itself, in one folder or in train/ and test/ alone are read as well, as those of one class.
//
// # From files to parts
//
//	scan ──▶ inspect ──▶ settle ──▶ divide ──▶ load ──▶ Set
//	names    hash and     copies     parts      cached or
//	         header                             decoded
//
// Scanning finds the classes and the files with a picture's ending. Inspecting reads every file
// once: from there on a file is identified by its SHA-256, so names and times of files decide
// nothing. Settling finds files of equal content. Dividing puts every content into a part, where
// folders have not done so. Loading takes images from the cache, and decodes missing ones with
// [github.com/gradreg/gradreg/dataset/picture].
//
// # Which part a picture is in
//
// Where folders do not say it, that is a function of the seed and of the contents of its class,
// never of names. Each picture has a place between 0 and 1 by the seed and its own content; those
// of a class with the least places, a fifth of them and at least one of two, are test images. So a
// file that is renamed moves nothing, and one that is added or removed moves at most one other of
// its class. (Exact shares have this price. In earlier versions a file's own content alone decided,
// and small classes had no test image by chance. Runs of these versions still find their images,
// see [ByContent].)
//
// # Files of equal content
//
// Copies of a picture are never two images. Of copies in one part the first in the order of names
// is used. Where parts share a picture, the test part keeps it and the training part loses it: the
// test part is the yardstick, often somebody else's, and a number measured on it stays comparable,
// while training images are worth little one by one. Where classes share a picture, all copies are
// left out, for nobody knows which label is right. All of it stands in the [Report].
//
// # Outside bytes
//
// One file that is no use never costs the others: what cannot be read, is no regular file, or is a
// link to nothing stands in the report and is left out. Links are followed wherever they lead, for
// that is how hubs and tools lay out sets that share files; what they lead to is read as a picture
// or not at all. A folder is walked once in a class, and never one that the class is in, so that
// links may lead in a circle. The cache is no more trusted than pictures are.
//
// # A further layout, or a further judgement
//
// A layout is a case of layout.go, which says for a tree of folders which classes and parts it has;
// a picture of the tree in TestLayouts holds it. A judgement of pictures, such as that they have no
// contrast, is a file beside contrast.go and a line of the [Report].
package folder
