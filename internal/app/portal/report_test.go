package portal_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestLookingForHelpInPlainWords(t *testing.T) {
	r := asking(t, newDesk(t))
	for query, found := range map[string]bool{"喇叭不响": false, "大喇叭不响了": true, "维修": true, "TELEVISION": true, "飞机": false, `"><script>`: false} {
		r.get("/report?q=" + url.QueryEscape(query))
		if strings.Contains(r.body, `href="/report/repair"`) != found {
			t.Errorf("%q: found is %v", query, !found)
		}
		if strings.Contains(r.body, "<script>") {
			t.Error("a search writes markup")
		}
	}
	r.get("/report?type=repair&device=" + speaker)
	if r.at.Path != "/report/repair" || r.at.Query().Get("device") != speaker {
		t.Errorf("the code on a device leads to %s", r.at)
	}
	r.sees("河口镇政府门前大喇叭")
	r.get("/report?type=" + url.QueryEscape("//evil.example"))
	if r.at.Path != "/report" {
		t.Errorf("led to %s", r.at)
	}
	r.get("/d/" + speaker)
	r.sees("我要报修", "/report/repair?device="+speaker, "设备维修：已修好（2026年7月20日）")
}
