// Command gradreg trains image models that generalize from few labels.
package main

import (
	"os"

	"github.com/gradreg/gradreg/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
