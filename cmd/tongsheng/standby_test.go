package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

// The process that serves is killed, and the one that stood by answers, terminals included.
func TestAnotherProcessTakesOver(t *testing.T) {
	t.Parallel()
	n := newNode(t, 20, storetest.PostgresAddress(t))
	own := t.TempDir()
	secret, err := os.ReadFile(filepath.Join(n.cfg.Data, "secret.key"))
	n.must(err)
	n.must(os.WriteFile(filepath.Join(own, "secret.key"), secret, 0o600))
	second := command(t, append(append([]string{"serve"}, n.sets...), "--data", own)...)
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { _ = second.Wait(); close(gone) }()
	time.Sleep(2 * time.Second) // it would have started by now
	select {
	case <-gone:
		t.Fatal("it did not stand by")
	default:
	}
	n.kill(syscall.SIGKILL)
	n.cmd, n.gone = second, gone
	n.until("the other answers", func() bool {
		r, err := http.Get(n.cfg.HTTP.PublicURL + "/readyz")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
	officer := n.signIn("officer")
	n.until("the terminals are back", func() bool {
		var found struct{ Total int }
		n.must(officer.call("GET", "/api/assets?presence=online&limit=1", nil, &found))
		return found.Total == 20
	})
}

func TestASecondProcessLeavesAFolderAlone(t *testing.T) {
	t.Parallel()
	n := newNode(t, 0)
	_, said, status := run(t, "en_US.UTF-8", append([]string{"serve"}, n.sets...)...)
	if status != 1 || !strings.Contains(said, "Another process works in "+n.cfg.Data) {
		t.Errorf("exit %d: %s", status, said)
	}
}
