// Package featurecache keeps the feature vectors of pictures between runs.
//
// A folder of the cache belongs to a network: the digest of its weights, of what prepares pictures
// for it and of what computes it. In it lie segments, each some vectors by the SHA-256 of what the
// network was shown:
//
//	DIR/<network>/<content>.features
//
// Segments appear whole or not at all and never change, so that any number of processes may write
// at the same time: each makes its own. A vector that two of them have computed stands twice and is
// equal. Where there are many segments they are written as one.
//
// Nothing in the cache is trusted: what is cut off, damaged or of another shape is as if it were not
// there, and is computed again. The cache takes at most a given number of bytes; segments that were
// used longest ago give way.
package featurecache
