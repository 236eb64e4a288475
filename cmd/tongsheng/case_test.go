package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCasesOnTheCommandLine(t *testing.T) {
	shipped, err := filepath.Glob("../../city/beijing/procedures/*.yaml")
	if err != nil || len(shipped) < 18 {
		t.Fatal("no procedures", err)
	}
	if out, said, status := run(t, "en_US.UTF-8", append([]string{"case", "check"}, shipped...)...); status != 0 || out != "" {
		t.Errorf("exit %d: %s%s", status, out, said)
	}

	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	example, err := os.ReadFile("../../docs/examples/procedure-lend.yaml")
	if err != nil {
		t.Fatal(err)
	}
	good := write("lend.yaml", string(example))
	bad := write("bad.yaml", strings.NewReplacer("to: asked\n", "to: askd\n", "grant: dispatcher", "grant: nobody").Replace(string(example)))
	posts := write("posts.yaml", strings.Replace(string(example), "grant: dispatcher", "grant: nobody", 1))

	// Every fault on its line, in the user's language; what is sound says nothing.
	for lang, want := range map[string]string{"en_US.UTF-8": "There is no state “askd”.", "zh_CN.UTF-8": "没有状态“askd”。"} {
		out, _, status := run(t, lang, "case", "check", good, bad)
		var f caseFinding
		line, _, _ := strings.Cut(out, "\n")
		if err := json.Unmarshal([]byte(line), &f); err != nil || status != 1 || f.File != bad || f.Line == 0 || f.Place != "start.ask.to" || f.Code != "procedure.missing.state" || f.Message != want {
			t.Errorf("exit %d %v: %s", status, err, out)
		}
		if at := strings.Split(string(example), "\n")[f.Line-1]; !strings.Contains(at, "to: asked") {
			t.Errorf("line %d is %q", f.Line, at)
		}
	}
	// What a file asks of the product is judged once it is sound in itself.
	if out, _, status := run(t, "en_US.UTF-8", "case", "check", posts); status != 1 || !strings.Contains(out, `"code":"procedure.platform.grant"`) || !strings.Contains(out, "case-supervisor") {
		t.Errorf("exit %d: %s", status, out)
	}

	out, said, status := run(t, "en_US.UTF-8", "case", "simulate", good, "--cases", "200", "--seed", "7")
	var sim struct {
		Cases, Events int
		Stuck, Never  []string
		Ends          map[string]int
	}
	if err := json.Unmarshal([]byte(out), &sim); err != nil || status != 0 || sim.Cases != 200 || sim.Ends["back"] == 0 || len(sim.Stuck) != 0 || !strings.Contains(said, "200 cases") {
		t.Errorf("exit %d %v: %s%s", status, err, out, said)
	}
	if again, _, _ := run(t, "en_US.UTF-8", "case", "simulate", good, "--cases", "200", "--seed", "7"); again != out {
		t.Errorf("the same seed gives\n%s and\n%s", out, again)
	}
	// Children are of the types that come with the product, or beside the file.
	if _, said, status := run(t, "en_US.UTF-8", "case", "simulate", "../../city/beijing/procedures/joint_task.yaml", "--cases", "20"); status != 0 {
		t.Errorf("exit %d: %s", status, said)
	}
	if out, said, status := run(t, "en_US.UTF-8", "case", "simulate", bad); status != 1 || out != "" || !strings.Contains(said, "no sound procedure") {
		t.Errorf("exit %d: %s%s", status, out, said)
	}
	if _, said, status := run(t, "en_US.UTF-8", "case", "check", filepath.Join(dir, "none.yaml")); status != 1 || !strings.Contains(said, "none.yaml") {
		t.Errorf("exit %d: %s", status, said)
	}
	for _, wrong := range [][]string{{"case", "check"}, {"case", "simulate", good, "--cases", "0"}, {"case", "simulate", good, "--cases", "many"}} {
		if _, said, status := run(t, "en_US.UTF-8", wrong...); status != 2 {
			t.Errorf("%v: exit %d: %s", wrong, status, said)
		}
	}
}
