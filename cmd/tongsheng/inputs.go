package main

import (
	"fmt"

	"github.com/alecthomas/kong"
)

// inputs are files to read, each by its name; - is standard input, which can be read once.
type inputs []string

// Decode implements kong's: the arguments up to the next flag. Each is taken as it stands; the
// parser's own lists take some microseconds for each, before the first is read.
func (in *inputs) Decode(ctx *kong.DecodeContext) error {
	for _, t := range ctx.Scan.PopWhile(func(t kong.Token) bool {
		return t.InferredType().IsAny(kong.UntypedToken, kong.PositionalArgumentToken)
	}) {
		name, _ := t.Value.(string)
		*in = append(*in, name)
	}
	return nil
}

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
