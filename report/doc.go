// Package report shows measurements as tables, figures and pages.
//
// A [Table] is one description that is written as text, Markdown, CSV or LaTeX; [ComparisonTable]
// makes one of methods beside their baseline. A [Figure] is one description that is drawn as SVG or
// PNG, with a caption that says which intervals it shows and of how many runs: [Boxes],
// [ErrorBars], [Bands] and [Sheet]. A method has one [Style] in all of them. A [Page] is an HTML
// file that holds tables and figures and asks for nothing else. [WriteCurve] and [WritePanels] draw
// a single run and a benchmark.
//
// # A further figure
//
// It is one file beside boxes.go: a struct with the data of the drawing and the methods of
// [Figure]. Colours, dashes and shapes come from [StylesOf]; a known method has its style by its
// place in the list of style.go, which TestStyles checks. A case of TestFigures draws the figure,
// one of TestFigureEdges draws it with too few or too large values, and TestForeignFigures with
// names that mean something to SVG. A further form of a [Table] is a case of Table.Write, and of
// TestEscapes.
package report
