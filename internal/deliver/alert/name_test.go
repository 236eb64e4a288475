package alert

import (
	"maps"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// What something is called stands in lists, in one line, and reads as it is kept: an output, a
// source, a platform, a post and a gateway alike.
func TestANameIsOneLineThatReadsAsItIsKept(t *testing.T) {
	each(t, func(b *bench) {
		for path, body := range map[string]map[string]any{
			"/api/alert-outputs": {"kind": "webhook", "nameZh": "短信", "nameEn": "SMS", "regionCode": chaoyang, "tier": 1, "fits": map[string]any{}, "settings": map[string]any{}, "enabled": true},
			"/api/alert-sources": {"kind": "pull", "nameZh": "气象台", "nameEn": "Weather", "regionCode": chaoyang, "level": "city", "settings": map[string]any{}, "trust": map[string]any{"signed": false}, "enabled": true},
			"/api/alert-peers":   {"direction": "upper", "name": "省平台", "code": "41101000000000314010201", "regionCode": chaoyang, "trust": []any{}, "enabled": true},
			"/api/duty/posts":    {"name": "值班", "purpose": "desk", "regionCode": chaoyang},
			"/api/duty/gateways": {"kind": "phone", "name": "电话", "regionCode": chaoyang},
		} {
			for _, field := range []string{"name", "nameZh", "nameEn"} {
				if body[field] == nil {
					continue
				}
				for _, name := range []string{"短信\n网关", "\u202e关网信短", "短\x00信", " \u200b "} {
					spoilt := maps.Clone(body)
					spoilt[field] = name
					var p httpapi.Problem
					b.call("wang", "POST", path, spoilt, 422, &p)
					if len(p.Errors) != 1 || p.Errors[0].Location != field || p.Errors[0].Code != "validate.name" {
						b.Errorf("%s, %s %q: %+v", path, field, name, p)
					}
				}
			}
		}
	})
}
