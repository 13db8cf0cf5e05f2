// Package gan trains a generator of images, or of points, and the critic that it learns from, whose
// slope is kept small by the regularizers of package gradreg.
//
//	Config ─ OpenData, generative.Parse ─▶ Training ─ steps ─▶ program ─ train.Loop ─▶ run folder
//	                                                                        │
//	                                             Sheet, metrics, checkpoint ┘
//
// [Run] is all of it, from a [Config] to a folder that a killed run goes on from to the same bits.
// [NewTraining] is the heart alone: the steps of both networks for a loop of one's own. What a run
// leaves is a [Generator], whose sample i of a seed is a function of both alone.
//
// # Values
//
// Images are in −1 … 1, x = 2·v/255 − 1 for bytes v, everywhere between data and samples; [Byte] is
// the way back, with clamping. Real and generated images are never scaled apart.
//
// # Where a penalty is taken
//
// Penalties on a critic are the regularizers of package gradreg at one of its places: at real
// samples, generated ones, between or around them ([gradreg.PlaceReal] and so on). The critic's step
// has no parameter of the generator, and penalties see the samples before they are augmented.
//
// # A further objective, point set, or pair of networks
//
// An objective is a row of [Objectives]: TestGolden compares its gradients with PyTorch's, and
// TestGeneratorRaisesScores checks that its step raises scores. A point set is a row of
// [PointSets]. A pair of networks is a type with the methods of [Pair], for [Options]; one that a
// Config can name is a row of the table of package model/generative.
package gan
