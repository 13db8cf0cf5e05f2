// Package picture makes images for training of picture files: it decodes them, turns them as their
// EXIF data says, fits them to a square and takes them apart into planes.
//
//	bytes ── Decode ──▶ Picture, upright ── Render ──▶ RGBA, side × side, opaque ── Planes ──▶ [C, S, S] bytes
//
// The formats are JPEG (grey, colour and CMYK; baseline and progressive; 8 bits), PNG, GIF, BMP
// (palettes, runs, masks and alpha) and WebP, told apart by content, never by name, and only these,
// whatever decoders a program registers with package image. Others are named in the error. Of an
// animation it is the first frame at its place on its canvas, of an APNG the default image. What
// EXIF data say of the orientation counts, else what XMP data say, in JPEG, PNG and WebP, as for
// Pillow.
//
// Colour values are used as they are stored: no profile is applied and scaling does not linearize,
// as in the loaders of other frameworks, so that models agree on the numbers of a picture. Of 16
// bits the high byte is used; a picture whose values need at most 14 of them is taken for one of 8,
// 10, 12 or 14 bits.
//
// Bytes are not trusted: nothing is decoded whose header announces more pixels, or more memory for
// its kind of colours, than the bounds, and every damage is an error that is the input's fault.
// [Header.Memory] is the memory that a picture will take.
//
// # A further format
//
// It is one file beside bmp.go: the reader of its header, which states the memory that decoding
// will take, and of its pixels; and a case of examine in format.go. hostile_test.go decodes damaged
// and exploding files of every format, memory_test.go compares what a header states with what is
// allocated.
package picture
