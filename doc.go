// Package gradreg is the heart of GradReg: regularizers that penalize the gradient of a network
// with respect to its input, each a small type that builds its penalty as an expression of package
// sym.
//
// # The convention of λ
//
// The objective is mean_b L_b + Σ_r λ_r·R_r. L_b is the cross-entropy of sample b in nats. Every R
// is the mean over the samples of the batch of a sum over pixels, with no factor ½ and no 1/C
// unless its documentation says so. λ refers to the gradient with respect to the input the network
// gets, that is the normalized image.
//
// # Use
//
// [Regularizers] is the table of the family: penalties on the loss's gradient ([DataGrad], [Ross],
// [FiniteDifference]), on the Jacobian of logits or probabilities ([SpectReg], [FrobReg], [JacReg],
// [OneHot], [RandomOneHot], [SoftmaxGrad], [TopK], [Hoffman], [OutputNoise]), losses at moved
// points ([Adversarial], [VirtualAdversarial]), penalties on predictions ([ConfidencePenalty],
// [LabelSmoothing]) and weights ([WeightDecay], [SpectralNorm]), distances to a pretrained network
// ([L2SP], [Delta]), and changes of the network itself ([Dropout], [InputNoise]). Those on slopes
// share [Options]: where, of which pass, on what part of the batch, what of the slope. All
// penalties share [Schedule]: how often, and with what weight.
//
// A [Problem] holds the symbolic pieces of one training step; [Objective] adds the penalties to its
// loss. Loss and penalties share the forward pass and are compiled into one program: an exact
// DataGrad step takes 6F − F₁ multiply-adds where a plain step takes 3F − F₁, F being one pass over
// the batch and F₁ the first layer's share.
//
// A [Training] makes the steps of a training from a loss, penalties and an optimizer, for package
// engine to compile and run: an own training loop takes some twenty lines, see the example there.
//
// The text form name:λ[,key=value]…, as in datagrad:50 or spectreg:0.03,projections=2, is read by
// [Parse] and written by String.
//
// # A regularizer of your own
//
// A type with the methods of [Regularizer] is one; see the example there. It builds its penalty
// from the pieces of a Problem, which also applies the network to other images ([Problem.Forward]),
// and package regtest tests it as it tests those of [Regularizers].
//
// # A further regularizer of this package
//
// It is one file beside datagrad.go and a row in registry.go; its row in docs/definitions.md and
// its values by PyTorch in testdata/golden are demanded by TestDefinitions and TestGoldenFamily.
// Package regtest's tests walk the table and so have it at once. CONTRIBUTING.md lists the files.
package gradreg
