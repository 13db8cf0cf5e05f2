package dataset

import (
	"encoding/binary"

	"github.com/gradreg/gradreg/dataset/augment"
	"github.com/gradreg/gradreg/internal/fault"
)

// The magic numbers of IDX files: bytes in three dimensions, bytes in one (LeCun, "The MNIST
// database").
const (
	magicImages = 0x00000803
	magicLabels = 0x00000801
)

// mnist is LeCun, Cortes and Burges' set of handwritten digits.
func mnist() row {
	return row{
		Info: Info{
			Name: "mnist", Description: "handwritten digits, white on black",
			Classes: []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
			Shape:   Shape{1, 28, 28}, Train: 60000, Test: 10000,
			Licence: "CC BY-SA 3.0, LeCun and Cortes", From: "the program itself", Embedded: true,
			Defaults: digitDefaults(),
		},
		files: []file{
			{"train-images-idx3-ubyte", 47040016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
			{"train-labels-idx1-ubyte", 60008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
			{"t10k-images-idx3-ubyte", 7840016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
			{"t10k-labels-idx1-ubyte", 10008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
		},
		trainFiles: 2,
		parse:      parseIDX,
		inside:     embeddedFolder("mnist"),
		digest:     "2c9768498b37f6806ec5f57aa8690902f2223dfab74dcba7b9931860c13ad158",
	}
}

// fashionMNIST is Xiao, Rasul and Vollgraf's set of articles of clothing, in MNIST's format. Sizes
// and digests of the downloads are those of TensorFlow Datasets; a gzip header with the authors'
// file names and times before the compressed streams of Debian's package gives the same ones.
func fashionMNIST() row {
	return row{
		Info: Info{
			Name: "fashion-mnist", Description: "articles of clothing",
			Classes: []string{
				"t-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker",
				"bag", "ankle boot",
			},
			Shape: Shape{1, 28, 28}, Train: 60000, Test: 10000, Licence: "MIT, Zalando SE",
			From:     "github.com/zalandoresearch/fashion-mnist or the Debian package dataset-fashion-mnist",
			Defaults: Defaults{Augment: augment.None, Lambda2000: 1},
		},
		home: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
		downloads: []remoteFile{
			{
				"train-images-idx3-ubyte.gz", 26421880,
				"3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
			},
			{"train-labels-idx1-ubyte.gz", 29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
			{"t10k-images-idx3-ubyte.gz", 4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
			{"t10k-labels-idx1-ubyte.gz", 5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"},
		},
		files: []file{
			{"train-images-idx3-ubyte", 47040016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
			{"train-labels-idx1-ubyte", 60008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"},
			{"t10k-images-idx3-ubyte", 7840016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
			{"t10k-labels-idx1-ubyte", 10008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"},
		},
		trainFiles: 2,
		parse:      parseIDX,
	}
}

// parseIDX makes a part of a file of images and one of labels.
func parseIDX(s *row, contents []content, limit int) (*Part, error) {
	images, labels := contents[0], contents[1]
	p := &Part{Shape: s.Shape}
	var err error
	if p.Images, err = parseItems(images.data, magicImages, limit, []int{s.Shape.H, s.Shape.W}); err != nil {
		return nil, fault.Inputf("%s: %w", images.path, err)
	}
	if p.Labels, err = parseLabels(labels.data, limit, len(s.Classes)); err != nil {
		return nil, fault.Inputf("%s: %w", labels.path, err)
	}
	if found := len(p.Images) / s.Shape.Size(); found != len(p.Labels) {
		return nil, fault.Inputf("%s: %d images, but %d labels in %s", images.path, found, len(p.Labels), labels.path)
	}
	return p, nil
}

// parseLabels returns at most limit class numbers.
func parseLabels(data []byte, limit, classes int) ([]int32, error) {
	items, err := parseItems(data, magicLabels, limit, nil)
	if err != nil {
		return nil, err
	}
	labels := make([]int32, len(items))
	for i, y := range items {
		if int(y) >= classes {
			return nil, fault.Inputf("label %d is %d, expected 0 to %d", i, y, classes-1)
		}
		labels[i] = int32(y)
	}
	return labels, nil
}

// parseItems returns the items of an IDX file of bytes: magic number, number of items, the extents
// of an item, and then the items, which must be 1 to limit and end with the file. They are not
// copied.
func parseItems(data []byte, magic uint32, limit int, extents []int) ([]byte, error) {
	header := 8 + 4*len(extents)
	if len(data) < header {
		return nil, fault.Inputf("the file is truncated after %d bytes of the header", len(data))
	}
	word := func(i int) uint32 { return binary.BigEndian.Uint32(data[4*i:]) }
	if word(0) != magic {
		return nil, fault.Inputf("magic number is %#08x, expected %#08x", word(0), magic)
	}
	size := 1
	for i, want := range extents {
		if word(2+i) != uint32(want) {
			return nil, fault.Inputf("extent %d of an image is %d, expected %d", i+1, word(2+i), want)
		}
		size *= want
	}
	items := word(1)
	if items < 1 || items > uint32(limit) {
		return nil, fault.Inputf("header announces %d items, expected 1 to %d", items, limit)
	}
	body := data[header:]
	switch want := int(items) * size; {
	case len(body) < want:
		return nil, fault.Inputf("the file is truncated after %d of the announced %d bytes", len(body), want)
	case len(body) > want:
		return nil, fault.Inputf("data goes on after the announced %d bytes", want)
	}
	return body, nil
}
