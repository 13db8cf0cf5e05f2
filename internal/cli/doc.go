// Package cli is the program gradreg: a file per command, each with its flags, help and what it
// calls. It does no arithmetic.
//
// Progress goes to standard error, results to standard output; --json makes both readable by
// programs. Exit codes are 0 for done, 1 for failed, 2 for wrong usage or unusable input with
// nothing written, and 130 for interrupted after saving.
//
// # A further command
//
// It is a file with a method of app that returns a cobra.Command, and an argument of AddCommand in
// app.go. Its help begins with examples. Values are parsed where they enter, by the package that
// owns them, and policy stays in the packages below. A script in testdata/script runs it, with its
// output, its exit codes and a wrong input (TestScripts); its JSON is described in topics.go.
package cli
