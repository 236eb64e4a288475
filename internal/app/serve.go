package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/obs"
)

// Bind takes the addresses that Run answers at, once. Whoever shows secrets that exist only
// then calls it before: a node that cannot answer must not have used them up.
func (a *App) Bind() (err error) {
	if a.web != nil {
		return nil
	}
	if a.cfg.HTTP.TLSCert != "" {
		if _, err := tls.LoadX509KeyPair(a.cfg.HTTP.TLSCert, a.cfg.HTTP.TLSKey); err != nil {
			return fmt.Errorf("app: %w", err)
		}
	}
	if a.cfg.HTTP.Metrics != "" && a.figures == nil {
		if a.figures, err = bind("http.metrics", a.cfg.HTTP.Metrics); err != nil {
			return err
		}
	}
	if a.cfg.Speaker.Listen != "" && a.reports == nil {
		if a.reports, err = bind("speaker.listen", a.cfg.Speaker.Listen); err != nil {
			return err
		}
	}
	if a.cfg.Speaker.Terminals != "" && a.ipTerminals == nil {
		if a.ipTerminals, err = bind("speaker.terminals", a.cfg.Speaker.Terminals); err != nil {
			return err
		}
	}
	a.web, err = bind("http.listen", a.cfg.HTTP.Listen)
	return err
}

func bind(setting, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "app.listen", fault.Args{"address": address, "error": err, "setting": setting})
	}
	return l, nil
}

// answer answers requests until ctx ends, then lets those under way finish.
func (a *App) answer(ctx context.Context) error {
	l := a.conns.Listener(a.web)
	s := server(a.handler)
	s.ConnState = a.conns.State
	s.BaseContext = func(net.Listener) context.Context { return ctx } // streams end with the node
	s.ErrorLog = slog.NewLogLogger(a.log.Handler(), slog.LevelDebug)
	done := make(chan error, 1)
	go func() {
		if a.cfg.HTTP.TLSCert != "" {
			done <- s.ServeTLS(l, a.cfg.HTTP.TLSCert, a.cfg.HTTP.TLSKey)
			return
		}
		done <- s.Serve(l)
	}()
	close(a.ready)
	go a.rest(ctx)
	a.log.Info("answering", "address", l.Addr().String(), "terminals", a.cfg.MQTT.Listen, "version", a.version)
	select {
	case err := <-done:
		return fmt.Errorf("app: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return s.Shutdown(last)
}

// rest gives back memory that starting took, and while nobody is connected what recurring
// work did: a node may share a small machine.
func (a *App) rest(ctx context.Context) {
	select {
	case <-time.After(5 * time.Second):
		obs.Rest()
	case <-ctx.Done():
		return
	}
	a.clock.Every(ctx, time.Minute, func(context.Context) {
		if a.conns.Open() == 0 && a.gateway.Connections() == 0 {
			obs.Rest()
		}
	})
}

// answerMetrics serves figures about the process at an address of their own until ctx
// ends; who may reach it is for the network to decide.
func (a *App) answerMetrics(ctx context.Context) error {
	l := a.figures
	figures := http.NewServeMux()
	figures.Handle("GET /metrics", a.metrics.Handler())
	s := server(figures)
	defer context.AfterFunc(ctx, func() { _ = s.Close() })()
	a.log.Info("metrics", "address", l.Addr().String())
	if err := s.Serve(l); ctx.Err() == nil {
		return fmt.Errorf("app: metrics: %w", err)
	}
	return nil
}
