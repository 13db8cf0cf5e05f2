//go:build ignore

// Command accuracy fails if the summary on standard input has a test accuracy below its argument.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
)

func main() {
	least, err := strconv.ParseFloat(os.Args[1], 64)
	var s struct {
		TestAccuracy float64 `json:"test_accuracy"`
	}
	if err == nil {
		err = json.NewDecoder(os.Stdin).Decode(&s)
	}
	if err == nil && !(s.TestAccuracy >= least) {
		err = fmt.Errorf("test accuracy %v is below %v", s.TestAccuracy, least)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
