package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongsheng/tongsheng/internal/platform/config"
)

func TestLaterSourcesWin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tongsheng.yaml")
	if err := os.WriteFile(path, []byte("site: file\ndata: /srv/a\nsession:\n  idle: 10m\nspeech:\n  command: [say, \"{text_file}\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path, []string{"TONGSHENG_SITE=env", "TONGSHENG_HTTP__PUBLIC_URL=https://a.example", "HOME=/x"}, []string{"site=flag", "mqtt.plain=true"})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Site, want.Data, want.HTTP.PublicURL, want.MQTT.Plain = "flag", "/srv/a", "https://a.example", true
	want.Session.Idle = 10 * time.Minute
	want.Speech.Command = []string{"say", "{text_file}"}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	if got := c.DatabaseAddress(); got != "sqlite:/srv/a/tongsheng.db" {
		t.Errorf("database %q", got)
	}
}

func TestWrongSettingsAreNamed(t *testing.T) {
	for _, c := range []struct {
		name, file string
		env, sets  []string
		want       string
	}{
		{"unknown in file", "http:\n  lisen: x\n", nil, nil, "unknown key http.lisen"},
		{"unknown in environment", "", []string{"TONGSHENG_HTTP__LISEN=x"}, nil, "unknown key http.lisen"},
		{"unknown flag", "", nil, []string{"a.b=1"}, "unknown key a.b"},
		{"not a pair", "", nil, []string{"site"}, "not key=value"},
		{"not YAML", "a: [", nil, nil, "yaml"},
		{"wrong type", "", nil, []string{"session.idle=soon"}, "session.idle"},
		{"half of TLS", "", nil, []string{"http.tls_cert=a.pem"}, "certificate and key belong together"},
		{"credentials for no cluster", "", nil, []string{"bus.creds_file=a.creds"}, "bus.creds_file"},
		{"no network", "", []string{"TONGSHENG_HTTP__TRUSTED_PROXIES=10.0.0.0/8 proxy"}, nil, "http.trusted_proxies"},
		{"no level", "", nil, []string{"level=village"}, "nation, city or district"},
		{"no code", "", nil, []string{"region=1101"}, "12 digits"},
		{"a door that nobody is told of", "", nil, []string{"link.listen=0.0.0.0:7422"}, "link.public_url"},
		{"a link without TLS", "", nil, []string{"link.upper=tcp://10.0.0.1:7422"}, "link.upper"},
		{"plain MQTT for everybody", "", nil, []string{"mqtt.plain=true", "mqtt.listen=0.0.0.0:1883"}, "loopback"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := ""
			if c.file != "" {
				path = filepath.Join(t.TempDir(), "c.yaml")
				if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := config.Load(path, c.env, c.sets)
			if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(c.want)) {
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
		})
	}
}

func TestPrintedConfigurationLoadsAgain(t *testing.T) {
	c := config.Default()
	c.Database = "postgres://user:hidden@h/db"
	raw, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "hidden") {
		t.Error("a password was printed")
	}
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := config.Load(path, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Database = "postgres://user@h/db"
	c.Speech.Command, again.Speech.Command = nil, nil
	if diff := cmp.Diff(c, again); diff != "" {
		t.Error(diff)
	}
}

func TestTerminalsAreToldAnAddressThatTheyCanConnectTo(t *testing.T) {
	for address, fine := range map[string]bool{"tls://city.example:8883": true, "tcp://10.0.0.1:1883": true, "http://city.example": false,
		"tls://city.example": false, "city.example:8883": false, "": false, "tls://:8883": false} {
		_, err := config.Load("", nil, []string{"mqtt.public_url=" + address})
		if (err == nil) != fine {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestProxiesAreNetworksOrAddresses(t *testing.T) {
	c, err := config.Load("", []string{"TONGSHENG_HTTP__TRUSTED_PROXIES=10.0.0.0/8 192.0.2.1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if proxies, err := c.HTTP.Proxies(); err != nil || len(proxies) != 2 || proxies[1].String() != "192.0.2.1/32" {
		t.Errorf("%v, %v", proxies, err)
	}
}
