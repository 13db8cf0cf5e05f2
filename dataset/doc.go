// Package dataset provides images with labels: the sources, their division into training, dev and test
// images, normalization, and batches.
//
//	source files ── Open ──▶ Dataset (bytes) ── Split ──▶ indices ── Batches ──▶ normalized floats
//
// A [Dataset] keeps images as bytes, [N, C, H, W]; they become floats one batch at a time. What a seed decides
// (the order of images, the content of every batch) is a pure function of it, the same on every machine.
package dataset
