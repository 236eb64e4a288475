package main

import (
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

func TestATerminalSaysWhatBecameOfEachOrder(t *testing.T) {
	var out strings.Builder
	tell := &teller{out: &out, lang: i18n.Chinese, known: map[string]string{}, said: map[string]string{}}
	receipt := func(version int, phase wire.Phase, why wire.Reason) *wire.Receipt {
		return &wire.Receipt{Order: "a", Version: version, Phase: phase, Reason: why}
	}
	for _, x := range []any{
		&wire.Order{ID: "a", Version: 1, Kind: wire.Play, Drill: true, Texts: []wire.Text{{Title: "暴雨"}}}, receipt(1, wire.Received, ""), receipt(1, wire.Playing, ""),
		&wire.Order{ID: "a", Version: 2, Kind: wire.Cancel}, receipt(1, wire.CancelledAt, wire.ByCancel), receipt(2, wire.Played, ""), receipt(2, wire.Played, ""),
		&wire.Result{Order: "b", Reason: wire.Busy}, &wire.Heartbeat{},
	} {
		tell.say(x)
	}
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		_, said, _ := strings.Cut(line, " ")
		got = append(got, said)
	}
	want := "演练：播放“暴雨”：已收到\n演练：播放“暴雨”：开始播放\n演练：播放“暴雨”：已停止（因解除而停）\n解除“暴雨”：已完成\n指令 b：失败（正在播放消息）"
	if strings.Join(got, "\n") != want {
		t.Error(out.String())
	}
}
