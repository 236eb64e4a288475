package alert

import (
	"context"
	"encoding/json"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output/head"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output/push"
)

// LoadSample sets up outputs for a city that somebody looks at, where there never were any.
// They really carry and disturb nobody: television heads that send to this machine alone, at a
// low rate, and browsers of those who ask for it.
func (m *Module) LoadSample(ctx context.Context) error {
	grades := output.Fits{Classes: []wire.Class{wire.Emergency}, Severities: []message.Severity{message.Red, message.Orange, message.Yellow, message.Blue}}
	return m.board.Seed(ctx, []output.Config{
		{Kind: push.Kind, NameZh: "市民浏览器推送（样例）", NameEn: "Citizens' browsers (sample)", Tier: 1, Settings: json.RawMessage("{}")},
		{Kind: head.Kind, NameZh: "有线电视前端（样例，只送往本机）", NameEn: "Cable TV head (sample, to this machine only)", Tier: 1, Fits: grades,
			Settings: json.RawMessage(`{"medium": "cable", "target": "udp://127.0.0.1:35086", "rate": 400000, "program": 1, "network": 1, "respond": [], "files": false}`)},
		{Kind: head.Kind, NameZh: "地面电视前端（样例，后备，只送往本机）", NameEn: "Terrestrial TV head (sample, reserve, to this machine only)", Tier: 2, Fits: grades,
			Settings: json.RawMessage(`{"medium": "terrestrial", "target": "udp://127.0.0.1:35087", "rate": 400000, "program": 1, "network": 1, "respond": [], "files": false}`)},
	})
}
