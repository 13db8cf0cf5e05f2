// Package plural writes numbers of things.
package plural

import "fmt"

// S returns what is added to a word for so many.
func S(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// Of returns a number of things: 1 image, 2 images.
func Of(n int, thing string) string { return fmt.Sprintf("%d %s%s", n, thing, S(n)) }
