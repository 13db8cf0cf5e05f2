package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Unknown returns the error for a name that is none of known: it suggests the nearest and lists
// all.
func Unknown(kind, name string, known []string) error {
	known = slices.Sorted(slices.Values(known))
	hint := ""
	if near := nearest(name, known); near != "" {
		hint = fmt.Sprintf(" (did you mean %q?)", near)
	}
	return fmt.Errorf("unknown %s %q%s, expected one of %s", kind, name, hint, strings.Join(known, ", "))
}

// nearest returns the known name that fewest edits lead to, if they are fewer than half of its
// letters.
func nearest(name string, known []string) string {
	best, least := "", 1<<30
	for _, k := range known {
		if d := distance(name, k); d < least && 2*d < max(len(name), len(k)) {
			best, least = k, d
		}
	}
	return best
}

// distance returns the Levenshtein distance of a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
