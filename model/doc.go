// Package model holds the architectures.
//
// An architecture is a struct of options with three methods ([Model]): Logits builds the network as
// an expression, Validate checks the options, String gives the text form, which [Parse] reads:
// resnet:depth=20,width=2,norm=group. An option that a text leaves out has its default, and so has
// a zero field of a struct where zero makes no sense.
//
// The options that architectures share are norm=none|batch|group|affine|frozen with groups=8
// ([nn.Norm]), activation=relu ([nn.Activation]), dropout=0, and shortcut=average-pool|pad|projection of the
// residual ones ([Shortcut]). A convolution has a bias only if no
// normalization follows; otherwise the normalization supplies the shift.
//
// Architectures for photos ([ImageNetResNet], [MobileNetV2], [EfficientNetLite]) are each a
// [Backbone]: they are made of parts by depth, give their features before the classifier, and take
// [Weights] that others trained.
//
// All networks but LeNet, lenet-caffe and the MLP end in a mean over the pixels, so that the number
// of parameters does not depend on the extent of the images. An image that is too small is an error
// of the logits, which [Summarize] and compiling return.
//
// An architecture of one's own is a type with the methods of Model, about twenty lines (see the
// example). Nothing has to be registered: the field Architecture of classify.Config takes it.
//
// # A further architecture
//
// It is one file beside mlp.go and a row of the table in model.go. The file holds a struct of
// options with the methods of [Model] and the function that parses its text form; options that
// architectures share stand in options.go. TestConformance checks text form, logits, parameters and
// small images, TestRefused what Validate refuses. tools/golden/models.py computes the same network
// in PyTorch, and TestGoldenModels of the module's root compares. Those of a Backbone are computed by
// tools/golden/photo.py, and compared by TestGoldenPhoto; its constructor of names is in
// tensornames.go.
package model
