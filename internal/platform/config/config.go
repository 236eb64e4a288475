// Package config decides how the process runs: defaults, then a YAML file, then
// environment variables, then flags. A key that nobody knows is an error, because a
// misspelt setting that is silently ignored is found on the night it matters.
package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
)

// Config is every setting. Secrets are never settings: a key that ends in _file names
// the file that holds one.
type Config struct {
	Site     string   `koanf:"site"`     // name of this node, unique among joined nodes
	Data     string   `koanf:"data"`     // folder for everything the process keeps
	City     string   `koanf:"city"`     // folder of a city; empty for the built-in one
	Level    string   `koanf:"level"`    // nation, city or district; empty for that of the region
	Region   string   `koanf:"region"`   // 12-digit code of the region this node serves; empty for the city's own
	Database string   `koanf:"database"` // "sqlite:PATH" or "postgres://…"; {data} stands for the data folder
	HTTP     HTTP     `koanf:"http"`
	MQTT     MQTT     `koanf:"mqtt"`
	Speaker  Speaker  `koanf:"speaker"`
	Bus      Bus      `koanf:"bus"`
	Link     Link     `koanf:"link"`
	Blob     Blob     `koanf:"blob"`
	Keyring  Keyring  `koanf:"keyring"`
	Session  Session  `koanf:"session"`
	OIDC     OIDC     `koanf:"oidc"`
	Speech   Speech   `koanf:"speech"`
	Log      Log      `koanf:"log"`
	Trace    Trace    `koanf:"trace"`
	Terminal Terminal `koanf:"terminal"`
	TV       TV       `koanf:"tv"`
}

// HTTP is the door for browsers and terminals' downloads.
type HTTP struct {
	Listen    string `koanf:"listen"`
	PublicURL string `koanf:"public_url"` // how people reach it; passkeys and QR labels are bound to it
	TLSCert   string `koanf:"tls_cert"`   // PEM file; with tls_key turns TLS on
	TLSKey    string `koanf:"tls_key"`
	Metrics   string `koanf:"metrics"` // address of /metrics; empty serves it beside /healthz for loopback callers only
	// Networks of reverse proxies whose X-Forwarded-For is believed; empty believes nobody.
	TrustedProxies []string `koanf:"trusted_proxies"`
}

// MQTT is the door for terminals.
type MQTT struct {
	Listen    string `koanf:"listen"`
	PublicURL string `koanf:"public_url"` // told to terminals at enrolment: "tls://host:8883"
	TLSCert   string `koanf:"tls_cert"`   // empty uses a certificate of the node's own authority
	TLSKey    string `koanf:"tls_key"`
	Plain     bool   `koanf:"plain"` // without TLS; only for a loopback address
}

// Speaker is the doors for devices of GD/J 089; empty for none.
type Speaker struct {
	Listen    string `koanf:"listen"`    // address to which adapters send their reports
	Terminals string `koanf:"terminals"` // address at which IP terminals connect
}

// Bus is an external NATS cluster; empty runs NATS in the process.
type Bus struct {
	URL       string `koanf:"url"`
	CredsFile string `koanf:"creds_file"`
}

// Link joins this node to those of other levels. Who is joined is kept in the database.
type Link struct {
	Listen    string `koanf:"listen"`     // where nodes below join; empty lets none
	PublicURL string `koanf:"public_url"` // told to nodes below when they are invited: "tls://host:7422"
	Upper     string `koanf:"upper"`      // the node above, in place of what it told when this one joined
}

// Blob is where objects are kept: a folder under data, or S3.
type Blob struct {
	S3Endpoint   string `koanf:"s3_endpoint"`
	S3Bucket     string `koanf:"s3_bucket"`
	S3Region     string `koanf:"s3_region"`
	S3AccessKey  string `koanf:"s3_access_key"`
	S3SecretFile string `koanf:"s3_secret_file"`
	S3Plain      bool   `koanf:"s3_plain"`
}

// Keyring is how private keys are sealed at rest.
type Keyring struct {
	PassphraseFile string `koanf:"passphrase_file"` // empty uses a random key file in data, readable by the owner only
}

// Session is how long a sign-in lasts.
type Session struct {
	Idle     time.Duration `koanf:"idle"`
	Absolute time.Duration `koanf:"absolute"`
}

// OIDC is an outside sign-in service; empty for none.
type OIDC struct {
	Issuer     string `koanf:"issuer"`
	ClientID   string `koanf:"client_id"`
	SecretFile string `koanf:"secret_file"`
	Name       string `koanf:"name"`  // shown on the sign-in button
	Claim      string `koanf:"claim"` // claim that equals our user name
}

// Speech is an engine other than espeak-ng; {lang}, {text_file} and {out_file} are filled in.
type Speech struct {
	Command []string `koanf:"command"`
}

// Log is what is written to standard error.
type Log struct {
	Level  string `koanf:"level"`  // debug, info, warn, error
	Format string `koanf:"format"` // text, json
}

// Trace sends OpenTelemetry traces to an OTLP/HTTP endpoint; empty for none.
type Trace struct {
	Endpoint string `koanf:"endpoint"`
}

// Terminal is what terminals are told.
type Terminal struct {
	ReportEvery time.Duration `koanf:"report_every"` // heartbeat period
}

// TV is how household television sets show messages.
type TV struct {
	FullScreen string        `koanf:"full_screen"` // least severity that takes the whole screen: red, orange, yellow or blue; others crawl
	Hold       time.Duration `koanf:"hold"`        // how long a full screen stands before a viewer may put it away
}

// Default is the configuration that `make run` uses.
func Default() Config {
	return Config{
		Site: "city", Data: "data", Database: "sqlite:{data}/tongsheng.db",
		HTTP:    HTTP{Listen: "127.0.0.1:8080", PublicURL: "http://localhost:8080", TrustedProxies: []string{}},
		MQTT:    MQTT{Listen: "127.0.0.1:8883", PublicURL: "tls://localhost:8883"},
		Session: Session{Idle: 30 * time.Minute, Absolute: 12 * time.Hour},
		OIDC:    OIDC{Name: "OIDC", Claim: "preferred_username"},
		Log:     Log{Level: "info", Format: "text"},
		// Sixty seconds: a silent loudspeaker is known within three minutes, and 100,000
		// of them make fewer than 2,000 heartbeats a second.
		Terminal: Terminal{ReportEvery: time.Minute},
		TV:       TV{FullScreen: "orange", Hold: 10 * time.Second},
	}
}

// Levels are those at which a node may stand, the highest first.
var Levels = []string{"nation", "city", "district"}

const envPrefix = "TONGSHENG_"

// ErrFlag says that what was set by a flag is no setting.
var ErrFlag = errors.New("wrong use of --set")

// Load reads the configuration. path may be empty; sets are "key=value" from flags.
func Load(path string, environ []string, sets []string) (Config, error) {
	k := koanf.New(".")
	if err := k.Load(structs.Provider(Default(), "koanf"), nil); err != nil {
		return Config{}, err
	}
	known := map[string]bool{}
	for _, key := range k.Keys() {
		known[key] = true
	}
	if path != "" {
		own := koanf.New(".")
		if err := own.Load(file.Provider(path), yaml.Parser()); err != nil {
			return Config{}, fmt.Errorf("config: %s: %w", path, err)
		}
		if err := refuseUnknown(own.Keys(), known, path); err != nil {
			return Config{}, err
		}
		if err := k.Merge(own); err != nil {
			return Config{}, err
		}
	}
	over := map[string]any{}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, envPrefix) || strings.HasPrefix(name, envPrefix+"TEST_") {
			continue
		}
		// TONGSHENG_HTTP__PUBLIC_URL is http.public_url.
		key := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, envPrefix)), "__", ".")
		if err := refuseUnknown([]string{key}, known, name); err != nil {
			return Config{}, err
		}
		over[key] = value
	}
	for _, s := range sets {
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			return Config{}, fmt.Errorf("%w: %q is not key=value", ErrFlag, s)
		}
		if err := refuseUnknown([]string{key}, known, "--set"); err != nil {
			return Config{}, fmt.Errorf("%w: %w", ErrFlag, err)
		}
		over[key] = value
	}
	if err := k.Load(confmap.Provider(over, "."), nil); err != nil {
		return Config{}, err
	}
	var c Config
	err := k.UnmarshalWithConf("", &c, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		Result: &c, TagName: "koanf", WeaklyTypedInput: true,
		DecodeHook: mapstructure.ComposeDecodeHookFunc(mapstructure.StringToTimeDurationHookFunc(), mapstructure.StringToSliceHookFunc(" ")),
	}})
	if err != nil {
		return Config{}, fmt.Errorf("config: %w", err)
	}
	return c, c.check()
}

func refuseUnknown(keys []string, known map[string]bool, where string) error {
	var bad []string
	for _, key := range keys {
		if !known[key] {
			bad = append(bad, key)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	all := make([]string, 0, len(known))
	for key := range known {
		all = append(all, key)
	}
	sort.Strings(all)
	return fmt.Errorf("config: %s: unknown key %s; the keys are %s", where, strings.Join(bad, ", "), strings.Join(all, ", "))
}

func (c Config) check() error {
	var errs []error
	need := func(ok bool, key, why string) {
		if !ok {
			errs = append(errs, fmt.Errorf("config: %s: %s", key, why))
		}
	}
	need(c.Site != "" && !strings.ContainsAny(c.Site, ". *>/\\"), "site", "must be a word without dots, spaces or slashes")
	need(c.Data != "", "data", "must name a folder")
	_, err := c.HTTP.Proxies()
	need(err == nil, "http.trusted_proxies", "must be networks such as 10.0.0.0/8 or addresses")
	need(c.HTTP.Metrics == "" || c.HTTP.Metrics != c.HTTP.Listen, "http.metrics", "must be another address than http.listen")
	need((c.HTTP.TLSCert == "") == (c.HTTP.TLSKey == ""), "http.tls_cert", "certificate and key belong together")
	need(c.HTTP.TLSCert == "" || c.HTTP.Secure(), "http.public_url", "must be https:// where http.tls_cert is set")
	need((c.MQTT.TLSCert == "") == (c.MQTT.TLSKey == ""), "mqtt.tls_cert", "certificate and key belong together")
	need(!c.MQTT.Plain || loopback(c.MQTT.Listen), "mqtt.plain", "is only for a loopback address")
	need(c.MQTT.Listen == "" || broker(c.MQTT.PublicURL), "mqtt.public_url", "must be tls://host:port, or tcp://host:port on a closed network")
	need(c.Bus.URL != "" || c.Bus.CredsFile == "", "bus.creds_file", "is for bus.url, which is empty")
	need(c.Level == "" || slices.Contains(Levels, c.Level), "level", "must be nation, city or district")
	need(c.Region == "" || len(c.Region) == 12 && strings.Trim(c.Region, "0123456789") == "", "region", "must be a code of 12 digits")
	need(c.Link.Listen == "" || linked(c.Link.PublicURL), "link.public_url", "must be tls://host:port where link.listen is set")
	need(c.Link.Upper == "" || linked(c.Link.Upper), "link.upper", "must be tls://host:port")
	need(c.Session.Idle > 0 && c.Session.Absolute >= c.Session.Idle, "session", "idle must be positive and at most absolute")
	need(c.Terminal.ReportEvery >= time.Second, "terminal.report_every", "must be at least 1s")
	need(slices.Contains([]string{"red", "orange", "yellow", "blue"}, c.TV.FullScreen), "tv.full_screen", "must be red, orange, yellow or blue")
	need(c.TV.Hold >= 0 && c.TV.Hold <= 5*time.Minute, "tv.hold", "must be at most 5m")
	need(c.Log.Format == "text" || c.Log.Format == "json", "log.format", "must be text or json")
	return errors.Join(errs...)
}

// broker tells whether terminals, who are told it when they enrol, could connect to it.
func broker(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "tls" || u.Scheme == "tcp") && u.Hostname() != "" && u.Port() != "" && u.Path == "" && u.User == nil
}

// linked tells whether a node below could connect to it.
func linked(address string) bool { return strings.HasPrefix(address, "tls://") && broker(address) }

// Secure tells whether people reach the node over TLS, its own or a proxy's before it.
func (h HTTP) Secure() bool {
	u, err := url.Parse(h.PublicURL)
	return err == nil && u.Scheme == "https"
}

// Proxies are the networks of TrustedProxies.
func (h HTTP) Proxies() ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(h.TrustedProxies))
	for _, text := range h.TrustedProxies {
		if addr, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func loopback(addr string) bool {
	return strings.HasPrefix(addr, "127.") || strings.HasPrefix(addr, "localhost:") || strings.HasPrefix(addr, "[::1]")
}

// DatabaseAddress is the database with the data folder filled in.
func (c Config) DatabaseAddress() string { return strings.ReplaceAll(c.Database, "{data}", c.Data) }

// Secret reads the secret in a file named by a *_file key; no name is no secret.
func Secret(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("config: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// YAML is the configuration as a file that Load accepts. A password in the database
// address is left out.
func (c Config) YAML() ([]byte, error) {
	if i, j := strings.Index(c.Database, "://"), strings.LastIndex(c.Database, "@"); i >= 0 && j > i {
		user, _, _ := strings.Cut(c.Database[i+3:j], ":")
		c.Database = c.Database[:i+3] + user + c.Database[j:]
	}
	k := koanf.New(".")
	if err := k.Load(structs.Provider(c, "koanf"), nil); err != nil {
		return nil, err
	}
	for _, key := range k.Keys() { // durations as people write them
		if d, ok := k.Get(key).(time.Duration); ok {
			if err := k.Set(key, d.String()); err != nil {
				return nil, err
			}
		}
		if v := reflect.ValueOf(k.Get(key)); v.Kind() == reflect.Slice && v.Len() == 0 {
			if err := k.Set(key, []string{}); err != nil {
				return nil, err
			}
		}
	}
	return k.Marshal(yaml.Parser())
}
