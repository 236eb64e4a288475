package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/tongsheng/tongsheng/internal/app"
	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/config"
)

// A test that needs a process of its own starts this test binary as the command.
const asCommand = "TONGSHENG_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	log, err := os.OpenFile(filepath.Join(t.ArtifactDir(), args[0]+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		log.Close()
		if t.Failed() {
			said, _ := os.ReadFile(log.Name())
			t.Logf("%s said:\n%s", args[0], said[max(0, len(said)-4000):])
		}
	})
	cmd.Stderr = log
	return cmd
}

// node is a sample city served by a process that a test may kill.
type node struct {
	*testing.T
	cfg      config.Config
	officers map[string]account.Welcome
	sets     []string
	cmd      *exec.Cmd
	gone     chan struct{} // closed when cmd has ended
	space    string        // network namespace that its processes run in, empty for this one's
	server   string        // where its terminals reach it, empty for the public address
}

// run makes a command that works where the node does.
func (n *node) run(args ...string) *exec.Cmd {
	n.Helper()
	cmd := command(n.T, args...)
	if n.space != "" {
		cmd.Args = append([]string{"ip", "netns", "exec", n.space, cmd.Path}, cmd.Args[1:]...)
		cmd.Path, _ = exec.LookPath("ip")
	}
	return cmd
}

func newNode(t *testing.T, terminals int, database ...string) *node {
	t.Helper()
	return nodeIn(t, t.TempDir(), terminals, database...)
}

// nodeIn keeps what it keeps in a folder of the test's choice.
func nodeIn(t *testing.T, data string, terminals int, database ...string) *node {
	t.Helper()
	web, mqtt := freeAddress(t), freeAddress(t)
	n := &node{T: t, officers: map[string]account.Welcome{}, cfg: config.Default()}
	n.cfg.Data = data
	n.cfg.HTTP.Listen, n.cfg.HTTP.PublicURL = web, "http://localhost"+web[strings.LastIndexByte(web, 58):]
	n.cfg.MQTT.Listen, n.cfg.MQTT.PublicURL = mqtt, "tls://localhost"+mqtt[strings.LastIndexByte(mqtt, 58):]
	n.sets = []string{"--data", n.cfg.Data, "--set", "http.listen=" + web, "--set", "http.public_url=" + n.cfg.HTTP.PublicURL,
		"--set", "mqtt.listen=" + mqtt, "--set", "mqtt.public_url=" + n.cfg.MQTT.PublicURL}
	for _, address := range database {
		n.cfg.Database = address
		n.sets = append(n.sets, "--set", "database="+address)
	}
	a, err := app.Open(context.Background(), n.cfg, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	first, err := a.FirstStart(context.Background(), terminals)
	token := a.SampleToken()
	a.Close()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range first.Officers() {
		n.officers[o.Username] = o
	}
	n.start()
	t.Cleanup(func() { n.kill(syscall.SIGTERM) })
	if terminals > 0 {
		n.simulate(terminals, token)
	}
	return n
}

func (n *node) start() {
	n.Helper()
	n.cmd = n.run(append([]string{"serve"}, n.sets...)...)
	if err := n.cmd.Start(); err != nil {
		n.Fatal(err)
	}
	gone := make(chan struct{})
	n.gone = gone
	go func() { _ = n.cmd.Wait(); close(gone) }()
	n.until("the server answers", func() bool {
		select {
		case <-gone:
			n.Fatal("the server ended by itself")
		default:
		}
		r, err := http.Get(n.cfg.HTTP.PublicURL + "/readyz")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
}

func (n *node) kill(with os.Signal) {
	_ = n.cmd.Process.Signal(with)
	<-n.gone
}

func (n *node) simulate(count int, token string) {
	n.Helper()
	dir := n.TempDir()
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		n.Fatal(err)
	}
	server := n.server
	if server == "" {
		server = n.cfg.HTTP.PublicURL
	}
	sim := n.run("terminal", "simulate", "--count", fmt.Sprint(count), "--server", server, "--token-file", file, "--dir", dir,
		"--speed", "20", "--offline", "0", "--late", "0", "--failing", "0", "--silent", "0", "--deaf", "0")
	if err := sim.Start(); err != nil {
		n.Fatal(err)
	}
	n.Cleanup(func() { _ = sim.Process.Signal(os.Interrupt); _ = sim.Wait() })
}

const patience = 4 * time.Minute

func (n *node) until(what string, done func() bool) {
	n.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			n.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// browser is somebody signed in.
type browser struct {
	n      *node
	client *http.Client
}

func (n *node) signIn(username string) *browser {
	n.Helper()
	jar, _ := cookiejar.New(nil)
	b := &browser{n, &http.Client{Jar: jar, Timeout: 20 * time.Second}}
	who := n.officers[username]
	if err := b.call("POST", "/api/session", map[string]string{"username": username, "password": who.Password}, nil); err != nil {
		n.Fatal(err)
	}
	code, err := totp.GenerateCode(who.TOTP.Secret, time.Now())
	if err != nil {
		n.Fatal(err)
	}
	if err := b.call("POST", "/api/session/totp", map[string]string{"code": code}, nil); err != nil {
		n.Fatal(err)
	}
	return b
}

// call returns an error for anything but success, among it that the server is not there.
func (b *browser) call(method, path string, in, out any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	if in == nil {
		raw = nil
	}
	return b.send(method, path, raw, http.Header{}, out)
}

func (b *browser) send(method, path string, raw []byte, head http.Header, out any) error {
	r, err := http.NewRequest(method, b.n.cfg.HTTP.PublicURL+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	r.Header = head
	r.Header.Set("Content-Type", "application/json")
	w, err := b.client.Do(r)
	if err != nil {
		return err
	}
	defer w.Body.Close()
	answer, err := io.ReadAll(w.Body)
	if err != nil {
		return err
	}
	if w.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %d %s", method, path, w.StatusCode, answer)
	}
	if out == nil || len(answer) == 0 {
		return nil
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = answer
		return nil
	}
	return json.Unmarshal(answer, out)
}

// freeAddress is a loopback address below the ephemeral ports. One of those could be
// taken by any connection while the server is down, even by a terminal's own attempt to
// reach it.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no free port was found")
	return ""
}

// alertView is what these tests read of a message.
type alertView struct {
	ID    string
	State string
	Open  *struct {
		Digest   string
		Required int
	}
}

type progressView struct {
	Figures *struct{ Targets, Reached, Played, Failed, Heard int }
}

func rain(region string, until time.Time) map[string]any {
	return map[string]any{"kind": "real", "class": "emergency", "event": "10203", "severity": "red",
		"texts":  []map[string]string{{"lang": "zh", "title": "暴雨红色预警", "body": "预计未来三小时降雨一百毫米以上。", "advice": "请留在室内。"}},
		"area":   map[string]any{"regions": []string{region}},
		"endsAt": until.UTC().Format(time.RFC3339), "repeat": map[string]int{"count": 1, "intervalSeconds": 0}}
}

func (n *node) must(err error) {
	n.Helper()
	if err != nil {
		n.Fatal(err)
	}
}
