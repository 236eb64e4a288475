package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/tongsheng/tongsheng/internal/app"
	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/config"
)

// program is the binary that make builds before it measures.
const program = "bin/tongsheng"

// city is a node served by this process, with terminals in a process of their own.
type city struct {
	node     *app.App
	cfg      config.Config
	officers map[string]account.Welcome
	dir      string
	stop     func()
}

// openCity opens a node with sample loudspeakers on plain MQTT, as its peer has it.
func openCity(ctx context.Context, terminals int, database string) (*city, error) {
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
	c := &city{cfg: config.Default(), officers: map[string]account.Welcome{}, dir: dir}
	c.cfg.Data = filepath.Join(dir, "data")
	if database != "" {
		c.cfg.Database = database
	}
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
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- c.node.Run(ctx) }()
	<-c.node.Ready()
	c.stop = func() {
		cancel()
		<-done
		c.node.Close()
		os.RemoveAll(dir)
	}
	return c, nil
}

// simulate connects the terminals and waits until all are on line. Their enrolment is
// limited by address, so the process is started again until every one has its key.
func (c *city) simulate(ctx context.Context, count int) (*child, error) {
	token := filepath.Join(c.dir, "token")
	if err := os.WriteFile(token, []byte(c.node.SampleToken()+"\n"), 0o600); err != nil {
		return nil, err
	}
	args := []string{"terminal", "simulate", "--count", fmt.Sprint(count), "--server", c.cfg.HTTP.PublicURL, "--token-file", token,
		"--dir", filepath.Join(c.dir, "terminals"), "--log", "error", "--every", "1h",
		"--offline", "0", "--late", "0", "--failing", "0", "--silent", "0", "--deaf", "0"}
	if err := os.MkdirAll(filepath.Join(c.dir, "terminals"), 0o700); err != nil {
		return nil, err
	}
	deadline := time.Now().Add(10 * time.Minute)
	for time.Now().Before(deadline) {
		terminals, err := start(ctx, program, args...)
		if err != nil {
			return nil, err
		}
		gone := make(chan struct{})
		go func() { terminals.wait(); close(gone) }()
		for running := true; running && time.Now().Before(deadline); {
			if c.online(ctx) >= count {
				return terminals, nil
			}
			select {
			case <-gone:
				running = false
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	return nil, fmt.Errorf("%d of %d terminals were on line after ten minutes", c.online(ctx), count)
}

func (c *city) online(ctx context.Context) (n int) {
	_ = c.node.DB().QueryRow(ctx, `SELECT count(*) FROM asset_condition WHERE condition = 'online'`).Scan(&n)
	return n
}

// person is somebody signed in over HTTP.
type person struct {
	client *http.Client
	base   string
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
