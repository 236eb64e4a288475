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

var benchmarks = []benchmark{{"idle", idle}, {"terminals", terminals}, {"api", api}, {"cap", capCheck}, {"platforms", platforms}, {"index", reweigh}, {"route", routes}, {"cases", cases}, {"facts", facts}, {"fleet", fleet}}

// parts are what runs in processes of its own: the harness's clients and peers.
var parts = map[string]func(context.Context, []string) error{
	"listen": func(ctx context.Context, args []string) error {
		count, _ := strconv.Atoi(args[2])
		qos, _ := strconv.Atoi(args[3])
		return listen(ctx, args[0], args[1], count, byte(qos))
	},
	"nats":  plainNATS,
	"plain": plainHTTP,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 && parts[os.Args[1]] != nil {
		if err := parts[os.Args[1]](ctx, os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
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
