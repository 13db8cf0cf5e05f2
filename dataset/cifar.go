package dataset

import (
	"slices"

	"github.com/gradreg/gradreg/internal/fault"
)

// The sizes of CIFAR's files: a record is one label or two and three planes of 32 by 32 bytes.
const (
	cifarImage      = 3 * 32 * 32
	cifar10Batch    = 10000 * (1 + cifarImage)
	cifar100Record  = 2 + cifarImage
	cifarHome       = "https://www.cs.toronto.edu/~kriz/"
	cifarLicence    = "none stated; cite Krizhevsky 2009"
	cifarPublicPage = "the binary version at www.cs.toronto.edu/~kriz/cifar.html"
)

// cifar10 is Krizhevsky's set of colour images, in its binary version: records of a label and three
// planes. Size and digest of the archive are those of TensorFlow Datasets.
func cifar10() row {
	return row{
		Info: Info{
			Name: "cifar10", Description: "colour photos of ten kinds of objects (binary version)",
			Classes: []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"},
			Shape:   Shape{3, 32, 32}, Train: 50000, Test: 10000,
			Licence: cifarLicence, From: cifarPublicPage, Defaults: cifarDefaults(),
		},
		home: cifarHome,
		downloads: []remoteFile{
			{"cifar-10-binary.tar.gz", 170052171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
		},
		unpacked: "cifar-10-batches-bin",
		otherVersions: []string{
			"cifar-10-batches-py", "cifar-10-python.tar.gz", "cifar-10-batches-mat",
			"cifar-10-matlab.tar.gz", "data_batch_1", "data_batch_1.mat",
		},
		files: []file{
			{"data_batch_1.bin", cifar10Batch, "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"},
			{"data_batch_2.bin", cifar10Batch, "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"},
			{"data_batch_3.bin", cifar10Batch, "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"},
			{"data_batch_4.bin", cifar10Batch, "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"},
			{"data_batch_5.bin", cifar10Batch, "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"},
			{"test_batch.bin", cifar10Batch, "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"},
		},
		trainFiles: 5,
		parse: func(s *row, contents []content, images int) (*Part, error) {
			return s.parseCIFAR(contents, []int{10}, images)
		},
	}
}

// cifar100 is the set's sibling of a hundred classes. A record has two labels before the planes,
// the coarse one of 20 superclasses and the fine one; the fine ones are this data set's classes,
// and the coarse ones are only checked to be valid. Size and digest of the archive are those of
// TensorFlow Datasets, the files' digests those of the Ruby library torchvision.
func cifar100() row {
	return row{
		Info: Info{
			Name: "cifar100", Description: "colour photos of a hundred kinds of objects, by fine " +
				"label (binary version)",
			Classes: cifar100Classes(),
			Shape:   Shape{3, 32, 32}, Train: 50000, Test: 10000,
			Licence: cifarLicence, From: cifarPublicPage, Defaults: cifarDefaults(),
		},
		home: cifarHome,
		downloads: []remoteFile{
			{"cifar-100-binary.tar.gz", 168513733, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"},
		},
		unpacked: "cifar-100-binary",
		otherVersions: []string{
			"cifar-100-python", "cifar-100-python.tar.gz", "cifar-100-matlab",
			"cifar-100-matlab.tar.gz",
		},
		files: []file{
			{"train.bin", 50000 * cifar100Record, "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29"},
			{"test.bin", 10000 * cifar100Record, "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a"},
		},
		trainFiles: 1,
		parse: func(s *row, contents []content, images int) (*Part, error) {
			return s.parseCIFAR(contents, []int{20, 100}, images)
		},
	}
}

// cifar100Classes returns the fine classes in the order of their numbers, which is that of the
// alphabet.
func cifar100Classes() []string {
	return []string{
		"apple", "aquarium fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
		"bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
		"chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur",
		"dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard",
		"lamp", "lawn mower", "leopard", "lion", "lizard", "lobster", "man", "maple tree", "motorcycle", "mountain",
		"mouse", "mushroom", "oak tree", "orange", "orchid", "otter", "palm tree", "pear", "pickup truck", "pine tree",
		"plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
		"rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
		"squirrel", "streetcar", "sunflower", "sweet pepper", "table", "tank", "telephone",
		"television", "tiger", "tractor",
		"train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow tree", "wolf", "woman", "worm",
	}
}

// parseCIFAR makes a part of files of records. A record is label bytes, of which there are as many
// as classes has numbers and each is below its one, and an image; the last label is the part's.
func (s *row) parseCIFAR(contents []content, classes []int, limit int) (*Part, error) {
	p := &Part{Shape: s.Shape}
	for i := range contents {
		c := &contents[i]
		if i == 0 { // the files have one size, so this is all the memory
			p.Images = slices.Grow(p.Images, len(contents)*len(c.data))
		}
		if err := p.appendRecords(c.data, classes); err != nil {
			return nil, fault.Inputf("%s: %w", c.path, err)
		}
		c.data = nil // no longer needed, while the next ones are copied
	}
	if p.Len() > limit {
		return nil, fault.Inputf("%s: %d records, expected 1 to %d", contents[0].path, p.Len(), limit)
	}
	return p, nil
}

// appendRecords adds records of label bytes and an image.
func (p *Part) appendRecords(data []byte, classes []int) error {
	labels := len(classes)
	record := labels + p.Shape.Size()
	if len(data) == 0 || len(data)%record != 0 {
		return fault.Inputf("%d bytes, expected a multiple of %d", len(data), record)
	}
	for i := 0; i < len(data); i += record {
		for j, n := range classes {
			if y := data[i+j]; int(y) >= n {
				return fault.Inputf("label %d of record %d is %d, expected 0 to %d", j+1, i/record, y, n-1)
			}
		}
		p.Labels = append(p.Labels, int32(data[i+labels-1]))
		p.Images = append(p.Images, data[i+labels:i+record]...)
	}
	return nil
}
