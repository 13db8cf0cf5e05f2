// Package generative holds pairs of networks: a generator, which makes images or points from noise,
// and a critic, which scores them.
//
// A pair is a struct of options with the methods of [Pair]: Generate and Score build the networks
// as expressions, String gives the text form, which [Parse] reads: dcgan:width=32,norm=batch. A
// pair is for samples of one shape, which is no part of the text. Images are in [−1, 1]: x =
// 2·v/255 − 1 of a byte v.
//
// The two networks stand in scopes of their own ([nn.Params.Scope]), "generator" and "critic", and
// so share neither weights nor random numbers:
//
//	params := nn.NewParams(g)
//	pair, err := generative.Parse("dcgan:width=32", []int{1, 28, 28})
//	fakes := pair.Generate(nn.NewContext(params.Scope("generator"), true, 0), g.Normal(0, 64, 64))
//	scores := pair.Score(nn.NewContext(params.Scope("critic"), true, 0), fakes)
//
// Without batch norm a sample depends on its own noise alone, not on the others of its batch. A
// critic with batch norm gives a sample no gradient of its own: [Pair] says so by Couples.
//
// # A further pair
//
// It is one file beside mlp.go and a row of the table in generative.go. The file holds a struct of
// options with the methods of [Pair] and the function that parses its text form; options that pairs
// share stand in options.go. TestConformance checks text form, shapes, parameters and scopes,
// TestRefused what is refused, TestCosts the multiply-adds.
package generative
