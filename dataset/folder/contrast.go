package folder

import (
	"fmt"
	"slices"
)

// flat is the difference of two values of a pixel up to which they are the same: what rounding
// makes.
const flat = 1

// contrast notes images in which there is nothing to see, and classes whose images are all the
// same: most likely the files are not what their maker thinks, or lose what is in them when they
// are made 8-bit.
func (o *opening) contrast(files []*file, loaded images) {
	var blank []string
	ranges := make([]classRange, len(o.listed.classes))
	for i, f := range files {
		if o.isFlat(f, loaded.stored(i)) {
			blank = append(blank, readable(f.path))
		}
		if f.targets != nil {
			continue
		}
		ranges[f.class].add(loaded.of(i))
	}
	if len(blank) > 0 { // which are alike, too, where they are all
		slices.Sort(blank)
		detail := "one colour all over: there is nothing to see in it"
		switch {
		case len(blank) == len(files):
			detail = fmt.Sprintf("none of the %d pictures has any contrast: each is one colour all over", len(files))
		case len(blank) > 1:
			detail = fmt.Sprintf("%d pictures are one colour all over: there is nothing to see in them", len(blank))
		}
		o.report.Problems = append(o.report.Problems, Problem{NoContrast, blank, detail})
	}
	for k, r := range ranges {
		if r.images > 1 && len(blank) < len(files) && r.alike() {
			place := o.listed.classes[k]
			if o.listed.targets() { // which has no classes
				place = tableFile
			}
			o.report.add(
				Alike, place,
				fmt.Sprintf("all its %d images are alike, though their files differ", r.images),
			)
		}
	}
}

// isFlat reports whether each plane of an image has one value, besides the paper around it.
func (o *opening) isFlat(f *file, planes []byte) bool {
	x0, y0 := 0, 0
	if o.Fit.Pads() { // within the picture's edges, which blend with the paper
		longer := max(f.width, f.height)
		x0, y0 = margin(o.Size, f.width, longer), margin(o.Size, f.height, longer)
	}
	area := o.Size * o.Size
	for ; len(planes) > 0; planes = planes[area:] {
		low, high := byte(255), byte(0)
		for y := y0; y < o.Size-y0; y++ {
			row := planes[y*o.Size+x0 : (y+1)*o.Size-x0]
			low, high = min(low, slices.Min(row)), max(high, slices.Max(row))
		}
		if high-low > flat {
			return false
		}
	}
	return true
}

// margin returns how many pixels at either end of a row or column of side pixels are not all of a
// picture's extent there, of which side stands for the longer one.
func margin(side, extent, longer int) int {
	if extent == longer {
		return 0
	}
	inside := side * extent / longer
	return min((side-inside)/2+2, (side-1)/2)
}

// classRange holds the least and the greatest value that each pixel has in the images of a class.
type classRange struct {
	images    int
	low, high []byte
}

func (r *classRange) add(img []byte) {
	if r.images++; r.images == 1 {
		r.low, r.high = slices.Clone(img), slices.Clone(img)
		return
	}
	for i, v := range img {
		r.low[i], r.high[i] = min(r.low[i], v), max(r.high[i], v)
	}
}

// alike reports whether all images were the same.
func (r *classRange) alike() bool {
	for i, v := range r.high {
		if v-r.low[i] > flat {
			return false
		}
	}
	return true
}
