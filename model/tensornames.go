package model

import (
	"fmt"
	"strings"
)

// layerName splits the name of a backbone's parameter, without the network's scope, into its part,
// the number of its block from 0 (-1 outside blocks), its layer and what it is of the layer:
// stage2/block1/conv3.weight is stage2, 0, conv3, weight.
func layerName(parameter string) (part string, block int, layer, what string) {
	block = -1
	path := strings.Split(parameter, "/")
	layer, what, _ = strings.Cut(path[len(path)-1], ".")
	if len(path) == 3 {
		fmt.Sscanf(path[1], "block%d", &block)
		block--
	}
	return path[0], block, layer, what
}

// numbered returns the number behind a word, as 3 of conv3 behind conv; ok is false of another
// word.
func numbered(text, word string) (n int, ok bool) {
	digits, ok := strings.CutPrefix(text, word)
	if !ok {
		return 0, false
	}
	_, err := fmt.Sscanf(digits, "%d", &n)
	return n, err == nil
}

// TensorName returns the name that torchvision and timm have for a parameter: layer2.0.bn1.weight
// for stage2/block1/norm1.weight, downsample.0 and downsample.1 for the convolution and norm of a
// shortcut.
func (m ImageNetResNet) TensorName(parameter string) string {
	part, block, layer, what := layerName(parameter)
	if part == Head {
		return "fc." + what
	}
	shortcut := 3
	if m.Depth >= 50 {
		shortcut = 4
	}
	if n, ok := numbered(layer, "norm"); ok {
		layer = fmt.Sprintf("bn%d", n)
		if n == shortcut {
			layer = "downsample.1"
		}
	} else if n, _ := numbered(layer, "conv"); n == shortcut {
		layer = "downsample.0"
	}
	if stage, ok := numbered(part, "stage"); ok {
		return fmt.Sprintf("layer%d.%d.%s.%s", stage, block, layer, what)
	}
	return layer + "." + what
}

// TensorName returns the name that timm has for a parameter: blocks.2.0.conv_dw.weight for
// stage3/block1/depthwise1.weight.
func (m MobileNetV2) TensorName(parameter string) string { return invertedTensorName(parameter) }

// TensorName returns the name that timm has for a parameter: blocks.2.0.conv_dw.weight for
// stage3/block1/depthwise1.weight.
func (m EfficientNetLite) TensorName(parameter string) string { return invertedTensorName(parameter) }

func invertedTensorName(parameter string) string {
	part, block, layer, what := layerName(parameter)
	switch part {
	case "stem":
		return map[string]string{"conv1": "conv_stem.", "norm1": "bn1."}[layer] + what
	case lastPart:
		return map[string]string{"conv1": "conv_head.", "norm1": "bn2."}[layer] + what
	case Head:
		return "classifier." + what
	}
	stage, _ := numbered(part, "stage")
	// A block of the first stage, which does not expand, has one 1×1 convolution.
	layer = strings.NewReplacer(
		"depthwise1", "conv_dw", "conv1", "conv_pw", "conv2", "conv_pwl", "norm", "bn",
	).Replace(layer)
	return fmt.Sprintf("blocks.%d.%d.%s.%s", stage-1, block, layer, what)
}
