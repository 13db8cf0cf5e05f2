package gan

import "math"

// Interpolate writes the noise at a share of the way from a to b, 0 at a and 1 at b, on the great
// circle through their directions, with the lengths in between:
//
//	sin((1−t)·φ)/sin φ·a + sin(t·φ)/sin φ·b,  φ the angle between a and b
//
// (White 2016, arXiv 1609.04468: on a straight line normal noise of many numbers becomes shorter than
// any that the generator has learned from.) Noise that points the same way, or nearly, or in opposite
// directions, which no single circle joins, is mixed linearly.
func Interpolate(a, b []float32, share float64, noise []float32) {
	var aa, bb, ab float64
	for i := range a {
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
		ab += float64(a[i]) * float64(b[i])
	}
	from, to := 1-share, share
	angle := math.Acos(max(-1, min(1, ab/math.Sqrt(aa*bb))))
	if sine := math.Sin(angle); sine > 1e-6 {
		from, to = math.Sin((1-share)*angle)/sine, math.Sin(share*angle)/sine
	}
	for i := range noise {
		noise[i] = float32(from*float64(a[i]) + to*float64(b[i]))
	}
}
