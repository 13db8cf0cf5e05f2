// Package nn builds the layers of a network as expressions of package sym.
//
// A [Params] is the registry of a model's parameters. A [Context] applies layers to expressions: it
// names them (conv1, conv2, dense1, …), registers their parameters on first use and finds them
// again when the same model is applied once more, say in inference mode or to perturbed images.
//
//	params := nn.NewParams(g)
//	c := nn.NewContext(params, true, 0)
//	h := nn.ReLU(nn.Dense{Out: 64}.Apply(c, x))
//	logits := nn.Dense{Out: 10}.Apply(c, h)
//
// Layers only build expressions. Wrong shapes stick to the result, as everywhere in sym.
//
// # Several networks in one graph
//
// Each has a scope ([Params.Scope]) with names, initial values and random streams of its own:
//
//	generator := nn.NewContext(params.Scope("generator"), true, 0)
//	critic := nn.NewContext(params.Scope("critic"), true, 0)
//
// Contexts on the same scope share its parameters, as inference shares those of training. Two
// registries in one graph do not share: a name that both have is an error.
//
// Parts of one network, such as its stages, are scopes, too: [Context.In] applies layers in one, and
// their names count from 1 there.
//
// # A further layer
//
// A layer is a struct of its options with a method Apply(*Context, *sym.Expr) *sym.Expr. It needs
// no registration and may stand in any package; the example of [Context] under "OwnLayer" is one.
// Apply
//
//   - asks for a name with [Context.Name], once;
//   - reports options out of range with [sym.Refuse], where no operation would;
//   - asks for its tensors with [Context.Weight], [Context.Bias] and [Params.Get], which take an
//     [Init], the distribution of initial values or a function that draws them. An option of type
//     [Initializer] lets the user choose it by the layer's fans, as [He] does;
//   - offers spectral normalization by [Spectral], which takes the weight and its axis of outputs;
//   - takes random numbers from the streams of [Context.NextStream], if Training is set;
//   - appends to Updates what it keeps from step to step, such as running averages;
//   - describes itself with [Context.Note], or [Context.NoteLinear] if its filters meet every
//     position of its output. Where they do not, as in [ConvTranspose], it sets the field MACs of
//     the last of Layers to what [sym.Expr.MACs] counts of its product, for one sample.
//
// A layer of this package is one file beside dense.go, and a test of its values. A model's
// text form knows it when package model has an option for it.
package nn
