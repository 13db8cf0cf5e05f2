package kernel

//go:generate sh -c "cd _asm && go run ./packtaps -out ../pack_taps_amd64.s -stubs ../pack_taps_stubs_amd64.go -pkg kernel"

// PackTaps packs filters for MulPackedPart, tap by tap: row i of A has the numbers
//
//	A[i, tap·len(channels) + p] = w[rows[i] + channels[p] + tap],  0 ≤ tap < taps
//
// dst holds PackedSize(len(rows), taps·len(channels)) floats. Rows and channels ascend. The taps of a
// filter are read together.
func (l Level) PackTaps(dst, w []float32, rows, channels []int32, taps int) {
	k, parts := taps*len(channels), l.panels(len(rows))
	for q := range parts {
		first, mr := evenly(len(rows), parts, q)
		panel, step := dst[first*k:(first+mr)*k], len(channels)*mr
		done := 0
		if taps == nine {
			done = l.packNineTaps(panel, w, rows[first:first+mr], channels)
		}
		at := done * mr
		for _, c := range channels[done:] {
			for _, r := range rows[first : first+mr] {
				for i, v := range w[r+c:][:taps] {
					panel[at+i*step] = v
				}
				at++
			}
		}
	}
}

// nine is the number of taps that there are kernels for.
const nine = 9

// packNineTaps packs what it can of a panel, of filters of nine taps, and returns how many channels
// that are.
func (l Level) packNineTaps(panel, w []float32, rows, channels []int32) int {
	// Sixteen rows are stored for each channel: what is too much is where the next one belongs. Twelve
	// taps are loaded. So the last channel is left out.
	const most = 16
	mr, n := len(rows), len(channels)-1
	if l != AVX512 || mr < most/2 || mr > most || n < 1 {
		return packNineTapsGeneric(panel, w, rows, channels)
	}
	var padded [most]int32
	for i := copy(padded[:], rows); i < most; i++ {
		padded[i] = rows[0]
	}
	l.packTaps(panel, len(channels)*mr, mr, w, padded[:], channels[:n])
	return n
}

// packNineTapsGeneric is packNineTaps in portable Go.
func packNineTapsGeneric(panel, w []float32, rows, channels []int32) int {
	at, step := 0, len(channels)*len(rows)
	for _, c := range channels {
		for _, r := range rows {
			t := (*[nine]float32)(w[r+c:])
			panel[at+8*step] = t[8] // the farthest first, so that bounds are checked once
			panel[at], panel[at+step], panel[at+2*step] = t[0], t[1], t[2]
			panel[at+3*step], panel[at+4*step], panel[at+5*step] = t[3], t[4], t[5]
			panel[at+6*step], panel[at+7*step] = t[6], t[7]
			at++
		}
	}
	return len(channels)
}
