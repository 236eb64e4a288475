package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/tongsheng/tongsheng/internal/app"
	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/config"
)

// program is the binary that make builds before it measures.
const program = "bin/tongsheng"

// city is a sample city: a node served by this process, or by one of its own, with
// terminals in a process of their own.
type city struct {
	node     *app.App // while this process serves it
	cfg      config.Config
	officers map[string]account.Welcome
	dir      string
	token    string
	stop     func()
}

// newCity makes a city's folder with sample loudspeakers.
func newCity(ctx context.Context, terminals int, database string) (*city, error) {
	cfg := config.Default()
	if database != "" {
		cfg.Database = database
	}
	return newNode(ctx, terminals, cfg)
}

// newNode makes a node's folder with sample loudspeakers, on plain MQTT, as its peer has it.
func newNode(ctx context.Context, terminals int, cfg config.Config) (*city, error) {
	dir, err := os.MkdirTemp("", "bench-city-")
	if err != nil {
		return nil, err
	}
	web, err := freePort()
	if err != nil {
		return nil, err
	}
	mqtt, err := freePort()
	if err != nil {
		return nil, err
	}
	c := &city{cfg: cfg, officers: map[string]account.Welcome{}, dir: dir}
	c.cfg.Data = filepath.Join(dir, "data")
	c.cfg.HTTP.Listen, c.cfg.HTTP.PublicURL = web, "http://localhost"+web[strings.LastIndexByte(web, ':'):]
	c.cfg.MQTT.Listen, c.cfg.MQTT.PublicURL, c.cfg.MQTT.Plain = mqtt, "tcp://"+mqtt, true
	if c.node, err = app.Open(ctx, c.cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), "bench"); err != nil {
		return nil, err
	}
	first, err := c.node.FirstStart(ctx, terminals)
	if err != nil {
		return nil, err
	}
	for _, o := range first.Officers() {
		c.officers[o.Username] = o
	}
	c.token = c.node.SampleToken()
	c.stop = c.node.Close
	return c, nil
}

// openCity makes a city and serves it from this process.
func openCity(ctx context.Context, terminals int, database string) (*city, error) {
	c, err := newCity(ctx, terminals, database)
	if err == nil {
		c.run(ctx)
	}
	return c, err
}

// run serves what is open from this process.
func (c *city) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- c.node.Run(ctx) }()
	<-c.node.Ready()
	c.stop = func() {
		cancel()
		<-done
		c.node.Close()
	}
}

// reopen serves the same folder from this process again.
func (c *city) reopen(ctx context.Context) (err error) {
	if c.node, err = app.Open(ctx, c.cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), "bench"); err == nil {
		c.run(ctx)
	}
	return err
}

// serve ends what this process opened and serves the same folder from a process of its
// own; it returns how long that took to become ready.
func (c *city) serve(ctx context.Context) (*child, time.Duration, error) {
	c.stop()
	c.stop = func() {}
	began := time.Now()
	node, err := start(ctx, program, append([]string{"serve"}, c.flags()...)...)
	if err != nil {
		return nil, 0, err
	}
	for deadline := began.Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		if r, err := http.Get(c.cfg.HTTP.PublicURL + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return node, time.Since(began), nil
			}
		}
		if time.Now().After(deadline) {
			node.stop()
			return nil, 0, errors.New("the node was not ready within a minute")
		}
	}
}

// flags are the settings as the commands take them.
func (c *city) flags() []string {
	return []string{"--data", c.cfg.Data, "--set", "database=" + c.cfg.Database, "--set", "site=" + c.cfg.Site, "--set", "level=" + c.cfg.Level, "--set", "region=" + c.cfg.Region,
		"--set", "http.listen=" + c.cfg.HTTP.Listen, "--set", "http.public_url=" + c.cfg.HTTP.PublicURL,
		"--set", "mqtt.listen=" + c.cfg.MQTT.Listen, "--set", "mqtt.public_url=" + c.cfg.MQTT.PublicURL, "--set", "mqtt.plain=true",
		"--set", "link.listen=" + c.cfg.Link.Listen, "--set", "link.public_url=" + c.cfg.Link.PublicURL, "--set", "log.level=error"}
}

// remove ends the city and takes its folder away.
func (c *city) remove() {
	c.stop()
	os.RemoveAll(c.dir)
}

// simulate connects the terminals and waits until all are on line. Those that have no key
// yet enrol first, which the node limits to 6,000 a minute from one address.
func (c *city) simulate(ctx context.Context, count int) (*child, error) {
	token, dir := filepath.Join(c.dir, "token"), filepath.Join(c.dir, "terminals")
	if err := os.WriteFile(token, []byte(c.token+"\n"), 0o600); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	terminals, err := start(ctx, program, "terminal", "simulate", "--count", fmt.Sprint(count), "--server", c.cfg.HTTP.PublicURL, "--token-file", token,
		"--dir", dir, "--log", "error", "--every", "1h", "--offline", "0", "--late", "0", "--failing", "0", "--silent", "0", "--deaf", "0")
	if err != nil {
		return nil, err
	}
	if err := until(ctx, 40*time.Minute, func() bool { time.Sleep(200 * time.Millisecond); return c.online() >= count }); err != nil { // a hundred thousand enrol
		terminals.stop()
		return nil, fmt.Errorf("%d of %d terminals came on line: %w", c.online(), count, err)
	}
	return terminals, nil
}

// online reads how many terminals are connected from the node's own metrics.
func (c *city) online() int {
	r, err := http.Get(c.cfg.HTTP.PublicURL + "/metrics")
	if err != nil {
		return 0
	}
	defer r.Body.Close()
	for lines := bufio.NewScanner(r.Body); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "tongsheng_terminals_connected "); ok {
			n, _ := strconv.ParseFloat(rest, 64)
			return int(n)
		}
	}
	return 0
}

// person is somebody signed in over HTTP.
type person struct {
	client *http.Client
	base   string
}

// people signs in the two officers that a message takes.
func (c *city) people() (officer, leader *person, err error) {
	if officer, err = c.signIn("officer"); err == nil {
		leader, err = c.signIn("leader")
	}
	return officer, leader, err
}

func (c *city) signIn(username string) (*person, error) {
	jar, _ := cookiejar.New(nil)
	p := &person{&http.Client{Jar: jar}, c.cfg.HTTP.PublicURL}
	who := c.officers[username]
	if err := p.call("POST", "/api/session", map[string]string{"username": username, "password": who.Password}, nil); err != nil {
		return nil, err
	}
	code, err := totp.GenerateCode(who.TOTP.Secret, time.Now())
	if err != nil {
		return nil, err
	}
	return p, p.call("POST", "/api/session/totp", map[string]string{"code": code}, nil)
}

func (p *person) call(method, path string, in, out any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequest(method, p.base+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	w, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer w.Body.Close()
	answer, err := io.ReadAll(w.Body)
	if err == nil && w.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %d %s", method, path, w.StatusCode, answer)
	}
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(answer, out)
}
