// Package evaluation examines finished runs one after the other for gradreg eval and shows the
// findings as tables, figures, a page and JSON. Package assess defines the numbers.
//
// # A further table or figure
//
// A measure itself stands in package assess. Here it becomes a table in tables.go, a figure in
// figures.go, a place on the page in page.go and a key of the JSON record in record.go;
// TestEvaluate compares all of them for two finished runs.
package evaluation
