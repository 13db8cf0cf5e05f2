package report

import "fmt"

// Shorten returns names of at most width characters, at least 8, for places that have no room for more. Longer ones lose their
// middle; of the ways to do that it takes the one that leaves the most of them different, with as much of the beginning as of
// the end where it can. Those that are alike nevertheless get numbers.
func Shorten(names []string, width int) []string {
	width = max(width, 8)
	short, left := cutAll(names, width, width/2), width/2
	for step := 1; step < width; step++ { // places of the cut, from the middle outwards
		if distinct(short) == distinct(names) {
			break
		}
		head := width/2 + (step+1)/2*(1-2*(step%2))
		if head < 0 || head > width-1 {
			continue
		}
		if other := cutAll(names, width, head); distinct(other) > distinct(short) {
			short, left = other, head
		}
	}
	return numbered(names, short, width, left)
}

// Middle is Shorten of one name.
func Middle(name string, width int) string { return Shorten([]string{name}, width)[0] }

// cutAll shortens each name to its first head characters, an ellipsis, and as many of its last as there is room for.
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
