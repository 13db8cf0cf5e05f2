// Package backbone reads the files of weights that others trained, and recognizes the networks that
// they are of.
//
// # Files
//
// [Read] reads safetensors files as timm and Hugging Face write them, with the config.json beside
// them, and files that torch.save wrote (.pth, .pt, .bin), in the form of a zip archive and in the
// one of before PyTorch 1.6. Nothing of a file is executed. A tensor is where the file says, by its
// strides; checkpoints that hold a state dict under state_dict, model, … are opened, and the prefix
// module. is taken off. Reading takes at most the size of the file and 64 MiB of memory, whatever
// the file says.
//
// # Networks
//
// [Identify] finds the architecture of a file and its layout, the way its makers name the tensors,
// and returns the tensors under canonical names. These names, and no others, are what a network is
// built from:
//
//	resnet18, resnet34, resnet50: those of torchvision
//	    conv1.weight                                  [64, 3, 7, 7]
//	    bn1.{weight,bias,running_mean,running_var}    [64]
//	    layer1.0.conv1.weight, layer1.0.bn1.…, layer1.0.conv2.weight, layer1.0.bn2.…, … layer4.…
//	    (resnet50: also conv3.weight and bn3.…; the stride is that of conv2)
//	    layer2.0.downsample.0.weight, layer2.0.downsample.1.{weight,bias,…}
//	    fc.weight [classes, features], fc.bias [classes]
//	mobilenet_v2, efficientnet_lite0, efficientnet_lite1, efficientnet_lite2: those of timm
//	    conv_stem.weight [32, 3, 3, 3], bn1.{weight,bias,running_mean,running_var}
//	    blocks.0.0.{conv_dw.weight,bn1.…,conv_pw.weight,bn2.…}
//	    blocks.S.B.{conv_pw.weight,bn1.…,conv_dw.weight,bn2.…,conv_pwl.weight,bn3.…}, S = 1 … 6
//	    conv_head.weight [1280, channels, 1, 1], bn2.…
//	    classifier.weight [classes, 1280], classifier.bias [classes]
//
// Shapes are PyTorch's: a convolution is [out, in, height, width], a depthwise one
// [channels, 1, height, width], a dense layer [out, in]. The classifier's two tensors may be absent
// together; all others are there, with the shapes of the architecture. Counters
// (num_batches_tracked) are left out.
//
// The layout also decides what the weights cannot say: ε of batch norm and where the border of a
// convolution with stride 2 lies ([Network]). They differ between makers of one architecture.
//
// # Preprocessing
//
// Weights mean something only for images that are prepared as those of their training were:
// [Preprocessing]. It comes from config.json or from the table of known files ([Known]), by the
// file's SHA-256. Where neither has it, it has to be given: nothing is guessed.
package backbone
