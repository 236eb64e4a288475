package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const capRain = `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>rain</identifier><sender>bjqx</sender><sent>2026-07-20T08:00:00+08:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty><eventCode><valueName>GB/T 35561</valueName><value>10203</value></eventCode>
<expires>2026-07-20T14:00:00+08:00</expires><headline>暴雨橙色预警</headline><description>雨大。</description><resource><resourceDesc>声音</resourceDesc><mimeType>audio/mpeg</mimeType><uri>a.mp3</uri><derefUri>c291bmQ=</derefUri></resource><area><areaDesc>朝阳区</areaDesc><geocode><valueName>GB/T 2260</valueName><value>110105</value></geocode></area></info></alert>`

func TestCAPConvertGoesBothWays(t *testing.T) {
	dir := t.TempDir()
	alert, unplaced, ebm, back := filepath.Join(dir, "alert.xml"), filepath.Join(dir, "unplaced.xml"), filepath.Join(dir, "ebm.tar"), filepath.Join(dir, "back.xml")
	for path, text := range map[string]string{alert: capRain, unplaced: strings.Replace(capRain, "110105", "x", 1)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, said, status := run(t, "C", "cap", "convert", alert)
	if status != 0 || !strings.Contains(out, "<EventType>10203</EventType>") || !strings.Contains(out, "<AreaCode>110105000000</AreaCode>") || !strings.Contains(said, "urgency") {
		t.Fatalf("exit %d: %s%s", status, out, said)
	}
	if _, said, status = run(t, "C", "cap", "convert", alert, "-o", ebm); status != 0 {
		t.Fatalf("exit %d: %s", status, said)
	}
	if _, said, status = run(t, "C", "cap", "convert", ebm, "-o", back); status != 0 {
		t.Fatalf("exit %d: %s", status, said)
	}
	raw, err := os.ReadFile(back)
	if err != nil || !strings.Contains(string(raw), "c291bmQ=") || !strings.Contains(string(raw), "暴雨橙色预警") {
		t.Errorf("%v: %s", err, raw)
	}
	if out, _, status = run(t, "C", "cap", "check", back); status != 0 {
		t.Errorf("exit %d: %s", status, out)
	}
	for _, c := range []struct {
		args []string
		exit int
	}{{[]string{unplaced}, 1}, {[]string{unplaced, "--area", "110000000000"}, 0}, {[]string{unplaced, "--area", "1"}, 2}, {[]string{filepath.Join(dir, "none")}, 1}, {nil, 2}} {
		if _, said, status = run(t, "C", append([]string{"cap", "convert"}, c.args...)...); status != c.exit {
			t.Errorf("%v: exit %d: %s", c.args, status, said)
		}
	}
}
