package kernel

// PackTaps packs filters for MulPackedPart, tap by tap: row i of A has the numbers
//
//	A[i, tap·len(channels) + p] = w[rows[i] + channels[p] + tap],  0 ≤ tap < taps
//
// dst holds PackedSize(len(rows), taps·len(channels)) floats. The taps of a filter are read
// together.
func (l Level) PackTaps(dst, w []float32, rows, channels []int32, taps int) {
	k, parts := taps*len(channels), l.panels(len(rows))
	for q := range parts {
		first, mr := evenly(len(rows), parts, q)
		panel, step := dst[first*k:(first+mr)*k], len(channels)*mr
		at := 0
		for _, c := range channels {
			for _, r := range rows[first : first+mr] {
				from := w[r+c:]
				if taps == 9 {
					t := (*[9]float32)(from)
					panel[at+8*step] = t[8] // the farthest first, so that bounds are checked once
					panel[at], panel[at+step], panel[at+2*step] = t[0], t[1], t[2]
					panel[at+3*step], panel[at+4*step], panel[at+5*step] = t[3], t[4], t[5]
					panel[at+6*step], panel[at+7*step] = t[6], t[7]
				} else {
					for i, v := range from[:taps] {
						panel[at+i*step] = v
					}
				}
				at++
			}
		}
	}
}
