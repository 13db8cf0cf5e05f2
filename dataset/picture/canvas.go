package picture

import (
	"image"
	"image/draw"
)

// onCanvas returns the first frame of an animation as it is seen: at its place on a canvas that is
// transparent around it. What files say of a background is ignored by the programs that show them,
// and so it is here.
func onCanvas(frame image.Image, at image.Point, width, height int) image.Image {
	whole := image.Rect(0, 0, width, height)
	to := image.Rectangle{Max: frame.Bounds().Size()}.Add(at)
	if to == whole || to.Empty() {
		return frame
	}
	canvas := image.NewNRGBA(whole)
	draw.Draw(canvas, to, frame, frame.Bounds().Min, draw.Src)
	return canvas
}
