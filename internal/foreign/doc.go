// Package foreign writes text that others chose, such as names of files, classes and methods, a
// server's answers and addresses, where it can do no harm.
//
// A terminal takes control characters as commands: [Line] and [Writer] write them as \u001b. A
// spreadsheet computes what begins with =: [Cell]. Markdown follows links and HTML: [Markdown]. XML
// has no control characters: [XML]. Addresses hold credentials: [Hide] and [Without]. What is
// quoted in a message has a bound: [Short].
//
// Text for HTML goes through html/template.
//
// # A further form of output
//
// It is a function beside [Cell] that takes foreign text and returns text that is harmless there,
// and cases of the package's tests: hostile text, long text, text that is not UTF-8.
package foreign
