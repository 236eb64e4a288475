package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/platform/config"
)

// A platform stands as high as the region that it serves: a district's messages go after
// the city's.
func TestThePlatformsLevelIsThatOfItsRegion(t *testing.T) {
	if got := openTest(t).alerts.Level; got != rule.City {
		t.Errorf("the city's platform is of level %s", got)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, city.Default()); err != nil {
		t.Fatal(err)
	}
	manifest := filepath.Join(dir, "city.json")
	raw, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(manifest, []byte(strings.Replace(string(raw), `"110000000000"`, `"`+homeCode+`"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.Data, cfg.MQTT.Listen, cfg.City = t.TempDir(), "", dir
	a, err := Open(context.Background(), cfg, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	if a.alerts.Level != rule.District || a.alerts.Home != home.path {
		t.Errorf("the platform of %s is of level %s", a.alerts.Home, a.alerts.Level)
	}
}
