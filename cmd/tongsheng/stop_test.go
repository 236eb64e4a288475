package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A first start that is stopped says so in the user's language, and not what the database
// makes of it.
func TestAStoppedFirstStartSaysSo(t *testing.T) {
	for lang, want := range map[string]string{"zh_CN.UTF-8": "在完成之前被停止了。", "en_GB.UTF-8": "Stopped before it was done."} {
		data := t.TempDir()
		cmd := command(t, "serve", "--data", data, "--set", "http.listen="+freeAddress(t), "--set", "mqtt.listen="+freeAddress(t))
		var said bytes.Buffer
		cmd.Stderr = &said
		cmd.Env = append(cmd.Env, "LC_ALL="+lang)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(filepath.Join(data, "tongsheng.db")); err == nil {
				break
			} else if !errors.Is(err, fs.ErrNotExist) || time.Now().After(deadline) {
				t.Fatal("it did not begin: ", err)
			}
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if status := cmd.ProcessState.ExitCode(); status != 1 || !strings.HasSuffix(said.String(), "tongsheng: "+want+"\n") {
			t.Errorf("%s: exit %d: %s", lang, status, said.String())
		}
	}
}
