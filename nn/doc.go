// Package nn builds the layers of a network as expressions of package sym.
//
// A [Params] is the registry of a model's parameters. A [Context] applies layers to expressions: it names
// them (conv1, conv2, dense1, …), registers their parameters on first use and finds them again when the
// same model is applied once more, say in inference mode or to perturbed images.
//
//	params := nn.NewParams(g)
//	c := nn.NewContext(params, true, 0)
//	h := nn.ReLU(nn.Dense{Out: 64}.Apply(c, x))
//	logits := nn.Dense{Out: 10}.Apply(c, h)
//
// Layers only build expressions. Wrong shapes stick to the result, as everywhere in sym.
package nn
