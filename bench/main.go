// Command bench measures a path of Tongsheng against a named peer in one run on one
// machine, and prints the ratio, also where it falls short: make bench.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

// measure is one line of the table.
type measure struct {
	what, ours, peer, ratio, aim string
}

type benchmark struct {
	name string
	run  func(context.Context) ([]measure, error)
}

var benchmarks = []benchmark{{"fanout", fanout}}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "listen" {
		count, _ := strconv.Atoi(os.Args[4])
		qos, _ := strconv.Atoi(os.Args[5])
		if err := listen(os.Args[2], os.Args[3], count, byte(qos)); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	chosen := map[string]bool{}
	for _, name := range os.Args[1:] {
		chosen[name] = true
	}
	var table []measure
	failed := false
	for _, b := range benchmarks {
		if len(chosen) > 0 && !chosen[b.name] {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring", b.name, "…")
		rows, err := b.run(ctx)
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", b.name+":", err)
			failed = true
			continue
		}
		table = append(table, rows...)
	}
	fmt.Println("| what | Tongsheng | peer | ratio | aim |\n|---|---|---|---|---|")
	for _, m := range table {
		fmt.Println("| " + strings.Join([]string{m.what, m.ours, m.peer, m.ratio, m.aim}, " | ") + " |")
	}
	if failed {
		os.Exit(1)
	}
}
