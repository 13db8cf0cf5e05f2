// Package assess says what a trained classifier is worth.
package assess
