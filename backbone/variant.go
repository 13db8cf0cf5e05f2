package backbone

import (
	"maps"
	"slices"
)

// variant is a network by its name at timm or torchvision.
type variant struct {
	architecture string
	Epsilon      float64
	Padding      Padding
}

// variants are the known names. The weights that began in TensorFlow keep its batch norm and its
// borders.
var variants = map[string]variant{
	"resnet18":              {"resnet18", 1e-5, Symmetric},
	"resnet34":              {"resnet34", 1e-5, Symmetric},
	"resnet50":              {"resnet50", 1e-5, Symmetric},
	"mobilenet_v2":          {"mobilenet_v2", 1e-5, Symmetric},
	"mobilenetv2_100":       {"mobilenet_v2", 1e-5, Symmetric},
	"efficientnet_lite0":    {"efficientnet_lite0", 1e-5, Symmetric},
	"efficientnet_lite1":    {"efficientnet_lite1", 1e-5, Symmetric},
	"efficientnet_lite2":    {"efficientnet_lite2", 1e-5, Symmetric},
	"tf_efficientnet_lite0": {"efficientnet_lite0", 1e-3, Same},
	"tf_efficientnet_lite1": {"efficientnet_lite1", 1e-3, Same},
	"tf_efficientnet_lite2": {"efficientnet_lite2", 1e-3, Same},
}

// Variants lists the known names of networks, which Identify takes.
func Variants() []string { return slices.Sorted(maps.Keys(variants)) }
