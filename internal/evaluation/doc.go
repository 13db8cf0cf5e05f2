// Package evaluation is what gradreg eval shows: finished runs examined one after the other, and what was found as tables,
// figures, a page and JSON. What the numbers mean stands in package assess.
package evaluation
