// Package picture makes images for training of picture files: it decodes them, turns them as their EXIF data says,
// fits them to a square and takes them apart into planes.
//
//	bytes ── Decode ──▶ Picture, upright ── Render ──▶ RGBA, side × side, opaque ── Planes ──▶ [C, S, S] bytes
//
// The formats are JPEG (grey, colour and CMYK; baseline and progressive), PNG, GIF (the first frame), BMP and WebP (not
// animated), told apart by content, never by name. Colour values are used as they are stored: no profile is applied and
// scaling does not linearize, as in the loaders of other frameworks, so that models agree on what a picture is.
//
// Bytes are not trusted: nothing is decoded whose header announces more than the bounds, and every damage is an error that
// is the input's fault.
package picture
