package report

import (
	"fmt"
	"slices"
	"strings"
)

// Shorten returns names of at most width characters, at least 8, for places that have no room for
// more. Longer ones lose their middle; of the ways to do that it takes the one that leaves the most
// of them different, with as much of the beginning as of the end, or little of a beginning or an
// end that all have in common. Those that are alike nevertheless get numbers.
func Shorten(names []string, width int) []string {
	width = max(width, 8)
	left := firstCut(names, width)
	short, best := cutAll(names, width, left), left
	for step := 1; step < 2*width; step++ { // places of the cut, from the first one outwards
		if distinct(short) == distinct(names) {
			break
		}
		head := left + (step+1)/2*(1-2*(step%2))
		if head < 0 || head > width-1 {
			continue
		}
		if other := cutAll(names, width, head); distinct(other) > distinct(short) {
			short, best = other, head
		}
	}
	return numbered(names, short, width, best)
}

// firstCut returns how much of the beginning of names is kept at first.
func firstCut(names []string, width int) int {
	const little = 3
	var long [][]rune
	for _, name := range names {
		if r := []rune(name); len(r) > width &&
			!slices.ContainsFunc(long, func(o []rune) bool { return slices.Equal(o, r) }) {
			long = append(long, r)
		}
	}
	if len(long) < 2 {
		return width / 2
	}
	alike := func(at func(r []rune, i int) rune) (n int) {
		for ; n < width; n++ {
			if slices.ContainsFunc(long, func(r []rune) bool { return at(r, n) != at(long[0], n) }) {
				return n
			}
		}
		return n
	}
	begin := alike(func(r []rune, i int) rune { return r[i] })
	end := alike(func(r []rune, i int) rune { return r[len(r)-1-i] })
	switch {
	case begin >= width/2 && end < width/2:
		return little
	case end >= width/2 && begin < width/2:
		return width - 1 - little
	}
	return width / 2
}

// Middle is Shorten of one name.
func Middle(name string, width int) string { return Shorten([]string{name}, width)[0] }

// OneLine joins the lines of a title by commas.
func OneLine(title string) string {
	return strings.NewReplacer(",\n", ", ", "\n", ", ").Replace(title)
}

// cutAll shortens each name to its first head characters, an ellipsis, and as many of its last as
// there is room for.
func cutAll(names []string, width, head int) []string {
	out := make([]string, len(names))
	for i, name := range names {
		runes := []rune(name)
		if len(runes) > width {
			name = string(runes[:head]) + "…" + string(runes[len(runes)-(width-1-head):])
		}
		out[i] = name
	}
	return out
}

// distinct counts different texts.
func distinct(list []string) int {
	seen := map[string]bool{}
	for _, s := range list {
		seen[s] = true
	}
	return len(seen)
}

// numbered makes short forms of different names different.
func numbered(names, short []string, width, head int) []string {
	of := map[string]string{} // the name that a short form stands for
	for _, name := range names {
		if len([]rune(name)) <= width {
			of[name] = name
		}
	}
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = short[i]
		for n := 2; ; n++ {
			if other, taken := of[out[i]]; !taken || other == name {
				break
			}
			tail := fmt.Sprintf("…%d", n)
			runes := []rune(name)
			out[i] = string(runes[:min(max(head, 1), width-len([]rune(tail)))]) + tail
		}
		of[out[i]] = name
	}
	return out
}
