// Command lines names the lines of code, comments and prose that are longer than 120 characters.
// Tests, generated files, tables, texts in raw strings, directives, examples in documents and lines
// of one long word, such as an address, are exempt.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"strings"
	"unicode/utf8"
)

const most = 120

func main() {
	out, err := exec.Command("git", "ls-files", "*.go", "*.md").Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	bad := 0
	for name := range strings.FieldsSeq(string(out)) {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "results/") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		exempt := prose(data)
		if strings.HasSuffix(name, ".go") {
			if bytes.Contains(data, []byte("// Code generated")) {
				continue
			}
			exempt = raw(name, data)
		}
		for i, line := range strings.Split(string(data), "\n") {
			if n := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    ")); n > most &&
				!exempt[i+1] && !oneWord(line) {
				fmt.Printf("%s:%d: %d characters\n", name, i+1, n)
				bad++
			}
		}
	}
	if bad > 0 {
		fmt.Printf("%d lines are longer than %d characters\n", bad, most)
		os.Exit(1)
	}
}

// oneWord reports whether a line could not be broken below the bound: a word of it is too long
// itself.
func oneWord(line string) bool {
	for w := range strings.FieldsSeq(line) {
		if utf8.RuneCountInString(w) > most*2/3 {
			return true
		}
	}
	return strings.HasPrefix(strings.TrimSpace(line), "//go:")
}

// raw returns the lines of a Go file that raw strings and examples in comments have.
func raw(name string, data []byte) map[int]bool {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, name, data, parser.ParseComments)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lines := map[int]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && strings.HasPrefix(l.Value, "`") {
			for i := set.Position(l.Pos()).Line; i <= set.Position(l.End()).Line; i++ {
				lines[i] = true
			}
		}
		return true
	})
	for _, g := range f.Comments {
		for _, c := range g.List {
			if strings.HasPrefix(c.Text, "//\t") {
				lines[set.Position(c.Pos()).Line] = true
			}
		}
	}
	return lines
}

// prose returns the lines of a document that are tables, examples or settings of pictures.
func prose(data []byte) map[int]bool {
	lines := map[int]bool{}
	fenced := false
	all := strings.Split(string(data), "\n")
	for i, line := range all {
		text := strings.TrimSpace(line)
		if strings.HasPrefix(text, "```") {
			fenced = !fenced
		}
		lines[i+1] = fenced || strings.HasPrefix(text, "|") || strings.HasPrefix(text, "<") ||
			strings.HasPrefix(line, "    ") || i > 1 && strings.HasPrefix(all[i-2], "<!-- ") || // quoted by a test
			strings.HasPrefix(text, "[") || strings.HasPrefix(text, "![")
	}
	return lines
}
