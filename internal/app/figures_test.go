package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A fact that is entered by hand stands on the public page and in the open data at once, with
// nobody signed in and nothing kept by anybody.
func TestAnEnteredFactIsPublicAtOnce(t *testing.T) {
	a := openTest(t)
	code := a.matrixElement(t)
	made := a.ask(operation{method: http.MethodPost, path: "/api/measure/indicators"}, request{body: `{"code":"matrix_count","nameZh":"物数","nameEn":"Things","unitZh":"件","unitEn":"things","plainZh":"","plainEn":"",
		"sayZh":"数到了{value}件。","sayEn":"{value} things were counted.","theme":"service","numerator":"` + code + `","denominator":"","formula":"","direction":"up","period":"day","aggregate":"formula","base":"","weight":"","parts":[],
		"places":0,"fresh":0,"impute":{"rule":"none","periods":0,"value":0},"targets":[],"owner":"","source":"","public":true}`}, analyst, cityPath)
	if made.status >= 300 {
		t.Fatal(made.body)
	}
	read := func(path string) string {
		t.Helper()
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-cache" {
			t.Fatalf("%s: %d, kept %q", path, w.Code, w.Header().Get("Cache-Control"))
		}
		return w.Body.String()
	}
	today := a.clock.Now().In(a.zone).Format("2006-01-02")
	for _, n := range []string{"7", "9"} {
		got := a.ask(operation{method: http.MethodPost, path: "/api/measure/facts"}, request{body: `{"facts":[{"element":"` + code + `","unit":"` + homeCode + `","period":"` + today + `","value":` + n + `}]}`}, analyst, cityPath)
		if got.status >= 300 {
			t.Fatal(got.body)
		}
		for path, want := range map[string]string{"/figures": "数到了<b>" + n + "</b>件。", "/figures/d/" + homeCode + "?lang=en": "<b>" + n + "</b> things were counted.", "/figures/i/matrix_count/" + homeCode: "<b>" + n + "</b>",
			"/api/public/indicators": `"value":` + n, "/api/public/indicators/matrix_count": "[" + strings.Repeat("null,", 23) + n + "]", "/api/public/indicators/matrix_count/csv": ",," + n + "\n"} {
			if body := read(path); !strings.Contains(body, want) {
				t.Errorf("%s lacks %q after %s was entered:\n%.3000s", path, want, n, body)
			}
		}
	}
	if read("/api/public/scores"); strings.Contains(read("/figures"), "/figures/s/") {
		t.Error("scores stand there though none was published")
	}
}
