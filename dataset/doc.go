// Package dataset provides images with labels: where they come from, their division into training,
// dev and test images, normalization, and batches.
//
//	text ── ParseSource ──▶ Source           public home ── Fetch ──▶ files
//	Source, files ── Open ──▶ Dataset (bytes) ── Divide ──▶ Subsets (indices) ── Batches ──▶ normalized floats
//	                                                          └── Statistics ──▶ Normalizer ──┘
//
// # Vocabulary
//
// A [Source] says which data are meant: a data set with a name, the pictures of a folder, or images
// in memory. Its text is parsed once, where it enters a program; its methods answer what differs
// between the three.
//
// A data set with a name is a row of a table: the facts known without reading the set ([Info]), its
// public home and the files published there, its files with the checksums that identify them, and
// the way a part is made of their contents. [Fetch] downloads a set, [Verify] checks it.
//
// A [Dataset] is an opened source. It has two parts, the training file and the official test file; a
// [Part] holds bytes and labels:
//
//	Images  | image 0            | image 1 …         [N, C, H, W], one byte each, 0 … 255
//	        | R rows, G, B       |
//	Labels  | 7 | 2 | 1 …                            [N], numbers of Classes
//
// A [Subset] is a choice of a part's images in an order, without a copy of them. [Divide] chooses
// training and dev images honestly; [DividePaper] as the published experiments did. A [Normalizer]
// is learned from training images and kept with a model. [Batches] chooses the images of a step.
//
// # The one invariant
//
// The order of images and the content of every batch are a pure function of the seed: the same on
// every machine, in every version, and at any point of a run. So a run can be resumed at any step,
// and the training images of a smaller size are among those of a larger one.
//
// # Outside bytes
//
// Files and pictures are not trusted. Nothing is allocated on the word of a header beyond a bound,
// and every damage is one line that names the file, what was found and what was expected, marked as
// the input's fault.
//
// # A further set
//
// A set in a known format is a function that returns a row, and a line in the table; another
// format is a file of its own beside idx.go and cifar.go. The format need not know how the files
// are packed. Its row also has the augmentation and the λ that suit it ([Defaults]) and, of a
// set that comes with the program, the files and the digest of their contents. Images that a
// program has in memory need no row: [New]. A further kind of source, such as an address, is a case
// in the methods of [Source], all in source.go; nothing outside asks for the kind.
package dataset
