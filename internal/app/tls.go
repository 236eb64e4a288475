package app

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"slices"
)

// mqttTLS is the terminals' gateway's TLS: the operator's certificate, or one of the
// node's own authority. Terminals are told its fingerprint when they enrol.
func (a *App) mqttTLS(ctx context.Context) (*tls.Config, error) {
	cert, key := a.cfg.MQTT.TLSCert, a.cfg.MQTT.TLSKey
	if cert == "" {
		cert, key = a.cfg.HTTP.TLSCert, a.cfg.HTTP.TLSKey // one fingerprint holds for both doors
	}
	if cert == "" {
		hosts := []string{host(a.cfg.MQTT.PublicURL)}
		for _, h := range []string{"localhost", "127.0.0.1"} {
			if !slices.Contains(hosts, h) {
				hosts = append(hosts, h)
			}
		}
		own, err := a.ring.OpenTLS(ctx, hosts)
		if err != nil {
			return nil, err
		}
		a.tlsPin = own.Fingerprint
		return own.Config, nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("app: mqtt certificate: %w", err)
	}
	// The last of the chain changes least often.
	sum := sha256.Sum256(pair.Certificate[len(pair.Certificate)-1])
	a.tlsPin = hex.EncodeToString(sum[:])
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}, nil
}
