// Package report draws what was measured.
package report
