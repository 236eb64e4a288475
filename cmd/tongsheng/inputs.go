package main

import "fmt"

// inputs are files to read, each by its name; - is standard input, which can be read once.
type inputs []string

// Validate implements kong's: standard input twice is wrong use.
func (in inputs) Validate() error {
	first := 0
	for i, name := range in {
		switch {
		case name != "-":
		case first > 0:
			return fmt.Errorf("argument %d is standard input (-), which argument %d is already: it can be read once", i+1, first)
		default:
			first = i + 1
		}
	}
	return nil
}
