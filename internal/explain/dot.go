package explain

import (
	"fmt"
	"strings"
)

// DOT returns the stage as a graph in Graphviz' language, for other programs. What is returned has
// a bold outline.
func (s Stage) DOT() string {
	var b strings.Builder
	b.WriteString(
		"digraph {\n\trankdir=TB\n\tnode [style=filled, fontname=Helvetica, fontsize=10, " +
			"margin=\"0.08,0.04\"]\n\tedge [color=\"#666666\", arrowsize=0.6]\n",
	)
	d := s.draw()
	for i, n := range d.nodes {
		pen := 1
		if n.root {
			pen = 3
		}
		fmt.Fprintf(
			&b, "\tn%d [label=%s, fillcolor=%q, shape=%s, penwidth=%d]\n", i,
			quote(strings.Join(n.lines, "\n")), n.fill, n.shape, pen,
		)
	}
	for _, e := range d.edges {
		fmt.Fprintf(&b, "\tn%d -> n%d\n", e[0], e[1])
	}
	b.WriteString("}\n")
	return b.String()
}

// quote returns text as a string of the language: line breaks as \n.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}
