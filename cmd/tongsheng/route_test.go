package main

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

const routeSample = "../../docs/examples/route/"

func TestRouteSolvePrintsAPlan(t *testing.T) {
	file := routeSample + "small.txt"
	out, said, status := run(t, "en_US.UTF-8", "route", "solve", file, "--iterations", "2000", "--vehicles", "2")
	var plan struct {
		Vehicles int
		Distance float64
		Unserved []int
		Routes   [][]int
	}
	if err := json.Unmarshal([]byte(out), &plan); err != nil || status != 0 || said != "" {
		t.Fatalf("%v: exit %d: %s%s", err, status, out, said)
	}
	served := 0
	for _, r := range plan.Routes {
		served += len(r)
	}
	if plan.Vehicles != 2 || len(plan.Routes) != 2 || served != 8 || len(plan.Unserved) != 0 || plan.Unserved == nil || plan.Distance <= 0 {
		t.Error(out)
	}
	again, _, _ := run(t, "en_US.UTF-8", "route", "solve", file, "--iterations", "2000", "--vehicles", "2")
	if again != out {
		t.Errorf("%s is not %s", again, out)
	}
	cmd := command(t, "route", "solve", "-", "--iterations", "2000", "--vehicles", "2")
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd.Stdin = in
	if piped, err := cmd.Output(); err != nil || string(piped) != out {
		t.Errorf("%v: %s", err, piped)
	}
}

func TestRouteSolvePrintsTheBestSoFarWhenStopped(t *testing.T) {
	cmd := command(t, "route", "solve", routeSample+"small.txt", "--seconds", "600")
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), `"unserved":[]`) {
		t.Errorf("%v: %s", err, out.String())
	}
}

func TestRouteSolveRefuses(t *testing.T) {
	dir := t.TempDir()
	small := routeSample + "small.txt"
	for _, c := range []struct {
		want int
		says string
		args []string
	}{
		{1, "nowhere.txt", []string{dir + "/nowhere.txt"}},
		{1, "bad.txt:2: ", []string{write(t, dir, "bad.txt", "R1\nVEHICLES\n")}},
		{1, "bad.json: travel.kind", []string{write(t, dir, "bad.json", `{"jobs": []}`)}},
		{2, "--seconds", []string{small, "--seconds", "0"}},
		{2, "--iterations", []string{small, "--iterations", "0"}},
		{2, "together", []string{small, "--iterations", "5", "--seconds", "5"}},
		{2, "--vehicles", []string{small, "--vehicles", "0"}},
		{2, "--seed", []string{small, "--seed", "x"}},
		{2, "file", nil},
	} {
		out, said, status := run(t, "en_US.UTF-8", append([]string{"route", "solve"}, c.args...)...)
		if status != c.want || !strings.Contains(said, c.says) {
			t.Errorf("%v: exit %d, want %d: %s", c.args, status, c.want, said)
		}
		if status == 1 && out != "" {
			t.Errorf("%v: on standard output: %s", c.args, out)
		}
	}
}

// The worked commands of docs/route.md print what stands there.
func TestTheDocumentedRoutesAreWhatTheCommandPrints(t *testing.T) {
	text, err := os.ReadFile("../../docs/route.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, block := range strings.Split(string(text), "```\n") {
		line, want, _ := strings.Cut(block, "\n")
		args, isCommand := strings.CutPrefix(line, "$ tongsheng ")
		if !isCommand {
			continue
		}
		cmd := command(t, strings.Fields(args)...)
		cmd.Dir = "../../docs/examples/route"
		if out, err := cmd.Output(); err != nil || string(out) != want {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
		ran++
	}
	if ran < 3 {
		t.Errorf("%d commands were found", ran)
	}
}
