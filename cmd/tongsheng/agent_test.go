package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// What a technician does with the sample city of make run, whose pages are not encrypted:
// registers a loudspeaker, enrols the real agent and starts it.
func TestARealAgentJoinsTheSampleCity(t *testing.T) {
	n := newNode(t, 1)
	officer := n.signIn("officer")
	var device struct{ ID, Code string }
	n.must(officer.call("POST", "/api/assets", map[string]any{"kind": "loudspeaker", "name": "村口", "regionCode": "110105001000"}, &device))
	var token struct{ Token string }
	n.must(officer.call("POST", "/api/enrolment-tokens", map[string]any{"regionCode": "110105001000", "count": 1, "expiresAt": time.Now().Add(time.Hour)}, &token))
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token.Token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, said, status := run(t, "en_US.UTF-8", "terminal", "enrol", "--dir", dir, "--server", n.cfg.HTTP.PublicURL, "--token-file", file, "--serial", "SN-1")
	if status != 0 || strings.TrimSpace(out) != device.Code {
		t.Fatalf("exit %d: %s%s", status, out, said)
	}
	agent := command(t, "terminal", "run", "--dir", dir, "--play", "none", "--speak", "none", "--mixer", "none", "--capture", "none")
	var told lines
	agent.Stdout, agent.Env = &told, append(agent.Environ(), "LC_ALL=en_US.UTF-8")
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = agent.Process.Signal(syscall.SIGTERM); _ = agent.Wait() }()
	n.until("the agent is on line", func() bool {
		var found struct{ Condition struct{ Presence string } }
		return officer.call("GET", "/api/assets/"+device.ID, nil, &found) == nil && found.Condition.Presence == "online"
	})
	n.must(officer.call("POST", "/api/assets/"+device.ID+"/instructions", map[string]int{"volume": 33}, nil))
	n.until("the agent says what it was told and that it did so", func() bool { return strings.Contains(told.String(), "change settings: obeyed\n") })
}

// lines are what a process has said by now.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}
