package app

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
)

// A dashboard that is not shared is out of sight for everybody else, and one that is shared shows
// nobody more of the values than they may see.
func TestBoardsOfOthersAreOutOfSight(t *testing.T) {
	a := openTest(t)
	body := func(shared string) string {
		return `{"name":"试","shared":"` + shared + `","tiles":[{"kind":"bars","indicator":"alert_reach","wide":2}]}`
	}
	own := a.made(t, analyst, "/api/measure/boards", body(""), "")
	all := a.made(t, analyst, "/api/measure/boards", body("*"), "")
	item := operation{method: http.MethodGet, path: "/api/measure/boards/{id}"}
	for _, role := range []string{viewer, reporter, finance} {
		if got := a.ask(item, request{fill: map[string]string{"id": own.ID}}, role, cityPath); got.status != http.StatusNotFound {
			t.Errorf("%s opened what is not shared: %d %s", role, got.status, got.body)
		}
		if got := a.ask(item, request{fill: map[string]string{"id": all.ID}}, role, cityPath); got.status != http.StatusOK || !strings.Contains(got.body, `"mine":false`) {
			t.Errorf("%s did not open what is shared: %d %s", role, got.status, got.body)
		}
		list := a.ask(operation{method: http.MethodGet, path: "/api/measure/boards"}, request{}, role, cityPath)
		if strings.Contains(list.body, own.ID) || !strings.Contains(list.body, all.ID) || !strings.Contains(list.body, `"id":"`+analyst+`"`) || strings.Contains(list.body, `"id":"`+engineer+`"`) {
			t.Errorf("%s lists %s", role, list.body)
		}
		for op, want := range map[operation]int{{method: http.MethodPut, path: item.path}: http.StatusForbidden, {method: http.MethodDelete, path: item.path}: http.StatusForbidden, {method: http.MethodPost, path: item.path + "/copy"}: http.StatusCreated} {
			if got := a.ask(op, request{fill: map[string]string{"id": all.ID}, body: body(""), match: httpapi.ETag(all.Revision)}, role, cityPath); got.status != want {
				t.Errorf("%s %s as %s: %d %s", op.method, op.path, role, got.status, got.body)
			}
		}
	}
	// The tiles' values are the reader's own question: of another district it is refused.
	values := operation{method: http.MethodGet, path: "/api/measure/values"}
	if got := a.ask(values, request{query: "indicator=alert_reach&from=2026-07-01&to=2026-07-02&unit=110101000000"}, viewer, "cn.11.110105."); got.status != http.StatusForbidden {
		t.Errorf("values of another district: %d %s", got.status, got.body)
	}
}
