// Package evaluation is what gradreg eval shows: finished runs examined one after the other, and
// what was found as tables, figures, a page and JSON. What the numbers mean stands in package
// assess.
//
// # A further table or figure
//
// A measure itself stands in package assess. Here it becomes a table in tables.go, a figure in
// figures.go, a place on the page in page.go and a key of the JSON record in record.go;
// TestEvaluate compares all of them for two finished runs.
package evaluation
