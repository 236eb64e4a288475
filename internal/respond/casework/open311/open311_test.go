package open311_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
	"github.com/tongsheng/tongsheng/internal/respond/casework"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket/dockettest"
	"github.com/tongsheng/tongsheng/internal/respond/casework/open311"
)

// site is the interface behind HTTP, as programs meet it.
type site struct {
	*dockettest.City
	desk *open311.Desk
	url  string
	key  string
}

type places struct{}

func (places) Holding(_ context.Context, lon, lat float64) (string, error) {
	switch {
	case lon > 116 && lon < 117 && lat > 39 && lat < 41:
		return dockettest.Town, nil
	case lon > 115 && lon < 116:
		return dockettest.West, nil
	}
	return "", nil
}

func each(t *testing.T, fn func(s *site)) {
	src, err := os.ReadFile("../../../../city/beijing/procedures/repair.yaml")
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		c := dockettest.New(t, db, clk, src)
		d := open311.New(open311.Deps{DB: db, Clock: clk, Zone: c.Zone, Docket: c.Docket, Places: places{}, Home: dockettest.Whole, Public: "https://city.example", Host: "city.example"})
		r := chi.NewRouter()
		r.Use(httpapi.Languages, httpapi.WellFormed, httpapi.Identify(func(*http.Request) (*auth.Principal, error) { return nil, nil }))
		d.Register(httpapi.New(r, "test", open311.Operations))
		srv := httptest.NewServer(r)
		t.Cleanup(srv.Close)
		k, err := d.MakeKey(c.As("boss"), "试用程序", 1000)
		c.OK(err)
		fn(&site{c, d, srv.URL + "/open311/", k.Key})
	}, casework.Migrations())
}

func (s *site) do(r *http.Request, err error) (int, string, http.Header) {
	s.Helper()
	s.OK(err)
	answer, err := http.DefaultClient.Do(r)
	s.OK(err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	s.OK(err)
	return answer.StatusCode, string(raw), answer.Header
}

func (s *site) get(path string) (int, string) {
	s.Helper()
	status, body, _ := s.do(http.NewRequest(http.MethodGet, s.url+path, nil))
	return status, body
}

func (s *site) post(path string, form url.Values) (int, string) {
	s.Helper()
	r, err := http.NewRequest(http.MethodPost, s.url+path, strings.NewReader(form.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	status, body, _ := s.do(r, err)
	return status, body
}

// report is one that is complete, with changes: name, value.
func (s *site) report(changes ...string) url.Values {
	form := url.Values{"api_key": {s.key}, "jurisdiction_id": {"city.example"}, "service_code": {"repair"}, "lat": {"39.9"}, "long": {"116.4"}, "address_string": {"东一街 1 号"}, "description": {"村口的喇叭不响了"},
		"attribute[kind]": {"speaker"}, "attribute[affected]": {"12"}, "attribute[danger]": {"true"}, "first_name": {"小明"}, "last_name": {"王"}, "phone": {"13800138000"}, "media_url": {"https://example.org/a.jpg"}}
	for i := 0; i < len(changes); i += 2 {
		if changes[i+1] == "" {
			form.Del(changes[i])
		} else {
			form.Set(changes[i], changes[i+1])
		}
	}
	return form
}

// schemas are those of the specification, beside the repository.
const schemas = "../../../../../shared/data/civic/open311/schema/georeport-v2/"

func valid(t testing.TB, name, body string) {
	t.Helper()
	if _, err := os.Stat(schemas); errors.Is(err, fs.ErrNotExist) {
		t.Logf("NOT HELD TO ITS SCHEMA: %s is not beside the repository", schemas)
		return
	}
	schema, err := jsonschema.NewCompiler().Compile(schemas + name)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		t.Fatal(err, body)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%s: %v\n%s", name, err, body)
	}
}

// wellFormed reads the whole of an XML document.
func wellFormed(t testing.TB, body string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(body))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
	}
}

type request struct {
	ID          string `json:"service_request_id"`
	Status      string
	Notes       string `json:"status_notes"`
	Description string
	Agency      string    `json:"agency_responsible"`
	AddressID   string    `json:"address_id"`
	Address     string    `json:"address"`
	Expected    time.Time `json:"expected_datetime"`
	Lat, Long   *float64
}

func (s *site) requests(query string) []request {
	s.Helper()
	status, body := s.get("v2/requests.json?" + query)
	if status != http.StatusOK {
		s.Fatalf("%d %s", status, body)
	}
	valid(s, "requests.json", body)
	var list []request
	s.OK(json.Unmarshal([]byte(body), &list))
	return list
}

func TestAReportGoesItsWay(t *testing.T) {
	each(t, func(s *site) {
		for path, schema := range map[string]string{"v2/services": "services.json", "v2/services/repair": "service-definition.json"} {
			status, body := s.get(path + ".json")
			if status != http.StatusOK || !strings.Contains(body, "repair") {
				s.Fatalf("%s: %d %s", path, status, body)
			}
			valid(s, schema, body)
			if status, body = s.get(path + ".xml"); status != http.StatusOK {
				s.Fatalf("%s: %d %s", path, status, body)
			}
			wellFormed(s, body)
		}
		for _, format := range []string{"xml", "json"} {
			if status, body := s.get("discovery." + format); status != http.StatusOK || !strings.Contains(body, "https://city.example/open311/v2") {
				s.Errorf("discovery: %d %s", status, body)
			}
		}
		status, body := s.post("v2/requests.json", s.report())
		if status != http.StatusCreated {
			s.Fatalf("%d %s", status, body)
		}
		var receipts []struct {
			ID     string `json:"service_request_id"`
			Notice string `json:"service_notice"`
		}
		s.OK(json.Unmarshal([]byte(body), &receipts))
		if len(receipts) != 1 || receipts[0].ID == "" || !strings.Contains(receipts[0].Notice, "查询码") {
			s.Fatal(body)
		}
		found, err := s.Docket.List(s.As("disp"), docket.Filter{})
		s.OK(err)
		if len(found.Items) != 1 {
			s.Fatalf("%+v", found)
		}
		v, err := s.Docket.Get(s.As("disp"), found.Items[0].ID)
		s.OK(err)
		if v.Number != receipts[0].ID || v.Via != "open311" || v.Region.ID != dockettest.Town || v.Data["phone"] != "13800138000" || v.Data["name"] != "王小明" || v.Data["affected"] != 12.0 || v.Data["danger"] != true ||
			v.Data["what"] != "村口的喇叭不响了\nhttps://example.org/a.jpg" || fmt.Sprint(v.Data["place"]) != "map[address:东一街 1 号 lat:39.9 lon:116.4]" {
			s.Errorf("%+v %v", v, v.Data)
		}
		s.Do("disp", v.ID, "triage", map[string]any{"urgency": "urgent", "technician": dockettest.Account("tech")})
		list := s.requests("")
		if len(list) != 1 || list[0].ID != v.Number || list[0].Status != "open" || list[0].Notes != "已派人维修" || list[0].Agency != "东区" || list[0].AddressID != dockettest.Town || list[0].Expected.IsZero() || list[0].Lat == nil || *list[0].Lat != 39.9 {
			s.Errorf("%+v", list)
		}
		if status, body := s.get("v2/requests/" + v.Number + ".xml"); status != http.StatusOK || !strings.Contains(body, "<service_request_id>"+v.Number) || strings.Contains(body, "13800138000") || strings.Contains(body, "小明") {
			s.Errorf("%d %s", status, body)
		}
		if status, body := s.get("v2/tokens/" + v.ID + ".json"); status != http.StatusOK || !strings.Contains(body, v.Number) {
			s.Errorf("%d %s", status, body)
		}
		s.Do("tech", v.ID, "arrive", nil)
		s.Do("tech", v.ID, "repair", map[string]any{"cause": "line", "done": "接好了线"})
		s.Do("op", v.ID, "confirm", map[string]any{"works": "yes"})
		if list := s.requests("status=closed&service_code=repair"); len(list) != 1 || list[0].Status != "closed" {
			s.Errorf("%+v", list)
		}
		if list := s.requests("status=open"); len(list) != 0 {
			s.Errorf("%+v", list)
		}
	})
}

// What somebody wrote elsewhere, who did not know that the world would read it, is not told.
func TestWordsOfOthersAreNotTold(t *testing.T) {
	each(t, func(s *site) {
		s.Open("citizen", dockettest.East, map[string]any{"kind": "speaker", "what": "我家在三号楼", "place": map[string]any{"lat": 39.9, "lon": 116.4, "address": "三号楼"}})
		list := s.requests("")
		if len(list) != 1 || list[0].Description != "设备维修" || list[0].Lat != nil || list[0].Address != "东区" {
			s.Errorf("%+v", list)
		}
	})
}

func TestSearches(t *testing.T) {
	each(t, func(s *site) {
		var numbers []string
		for i := range 5 {
			lat := fmt.Sprint(39.9 + float64(i)/100)
			if status, body := s.post("v2/requests.json", s.report("lat", lat)); status != http.StatusCreated {
				s.Fatal(body)
			}
			numbers = append(numbers, s.requests("page_size=1")[0].ID)
			s.Clock.Advance(time.Hour)
		}
		mid := url.QueryEscape(s.Clock.Now().Add(-150 * time.Minute).Format(time.RFC3339))
		for query, want := range map[string]int{"": 5, "page=2&page_size=2": 2, "page=3&page_size=2": 1, "page=4&page_size=2": 0, "start_date=" + mid: 2, "end_date=" + mid: 3, "updated_after=2099-01-01T00:00:00Z": 0, "status=open,closed": 5,
			"service_code=other": 0, "service_request_id=" + numbers[0] + "," + numbers[3]: 2, "lat=39.9&long=116.4&radius=1500": 2, "lat=39.9&long=116.4&radius=1500&page=2&page_size=1": 1} {
			if got := s.requests(query); len(got) != want {
				s.Errorf("%s: %d, want %d", query, len(got), want)
			}
		}
		if got := s.requests("page=1&page_size=2"); got[0].ID != numbers[4] || got[1].ID != numbers[3] {
			s.Errorf("%+v", got)
		}
	})
}

func TestAFileComesAlong(t *testing.T) {
	each(t, func(s *site) {
		send := func(name string, file []byte) (int, string) {
			var body bytes.Buffer
			m := multipart.NewWriter(&body)
			for name, v := range s.report("media_url", "") {
				s.OK(m.WriteField(name, v[0]))
			}
			part, err := m.CreateFormFile("media", name)
			s.OK(err)
			_, err = part.Write(file)
			s.OK(err)
			s.OK(m.Close())
			r, err := http.NewRequest(http.MethodPost, s.url+"v2/requests.json", &body)
			s.OK(err)
			r.Header.Set("Content-Type", m.FormDataContentType())
			status, text, _ := s.do(r, err)
			return status, text
		}
		png := []byte("\x89PNG\r\n\x1a\n0000")
		if status, body := send("a.png", png); status != http.StatusCreated {
			s.Fatal(body)
		}
		found, err := s.Docket.List(s.As("disp"), docket.Filter{})
		s.OK(err)
		files, err := s.Docket.Files(s.As("disp"), found.Items[0].ID)
		s.OK(err)
		if len(files) != 1 || files[0].Name != "a.png" {
			s.Errorf("%+v", files)
		}
		if status, body := send("a.exe", []byte("MZ")); status != http.StatusBadRequest || !strings.Contains(body, "media_url") && !strings.Contains(body, "file") {
			s.Errorf("%d %s", status, body)
		}
		if status, _ := send("b.png", append(png, make([]byte, 9<<20)...)); status != http.StatusRequestEntityTooLarge {
			s.Errorf("%d", status)
		}
	})
}

func TestWhatIsWrongIsSaidInTheFormatThatWasAsked(t *testing.T) {
	each(t, func(s *site) {
		for name, c := range map[string]struct {
			form   url.Values
			status int
			say    string
		}{
			"no key":           {s.report("api_key", ""), 403, "api_key"},
			"wrong key":        {s.report("api_key", "ts_no"), 403, "api_key"},
			"no service":       {s.report("service_code", ""), 400, "service_code"},
			"unknown service":  {s.report("service_code", "moon"), 404, "service_code"},
			"other city":       {s.report("jurisdiction_id", "moon.example"), 404, "jurisdiction_id"},
			"nowhere":          {s.report("lat", "", "long", "", "address_string", ""), 400, "lat"},
			"outside":          {s.report("lat", "1", "long", "1"), 400, "lat: "},
			"unknown region":   {s.report("lat", "", "long", "", "address_id", "99"), 400, "address_id"},
			"no kind":          {s.report("attribute[kind]", ""), 400, "attribute[kind]"},
			"no such kind":     {s.report("attribute[kind]", "moon"), 400, "attribute[kind]"},
			"no number":        {s.report("attribute[affected]", "many"), 400, "attribute[affected]"},
			"negative":         {s.report("attribute[affected]", "-4"), 400, "attribute[affected]"},
			"unknown question": {s.report("attribute[urgency]", "x"), 400, "attribute[urgency]"},
			"no words":         {s.report("description", "", "media_url", ""), 400, "description"},
			"bad phone":        {s.report("phone", "call me"), 400, "phone"},
			"unknown device":   {s.report("attribute[device]", "00000000000000000000404"), 404, ""},
			"hostile words":    {s.report("description", "a\x00b"), 400, "description"},
			"long words":       {s.report("description", strings.Repeat("长", 5000)), 400, "description"},
		} {
			status, body := s.post("v2/requests.json", c.form)
			var list []struct {
				Code        int
				Description string
			}
			if err := json.Unmarshal([]byte(body), &list); err != nil || status != c.status || len(list) == 0 || list[0].Code != c.status || !strings.Contains(body, c.say) {
				s.Errorf("%s: %d %s", name, status, body)
			}
			if status, body = s.post("v2/requests.xml", c.form); status != c.status || !strings.Contains(body, "<errors><error><code>") {
				s.Errorf("%s: %d %s", name, status, body)
			}
			wellFormed(s, body)
		}
		for path, want := range map[string]int{"v2/services.yaml": 404, "v2/services/moon.json": 404, "v2/requests/WX1.json": 404, "v2/tokens/none.json": 404, "v2/requests.json?page=0": 400, "v2/requests.json?page=1000000&page_size=1000": 400,
			"v2/requests.json?start_date=yesterday": 400, "v2/requests.json?updated_after=x": 400, "v2/services.json?jurisdiction_id=moon": 404, "v2/requests.json?api_key=no": 403, "v2/requests/%27%20OR%201=1--.json": 404} {
			if status, body := s.get(path); status != want {
				s.Errorf("%s: %d %s", path, status, body)
			}
		}
		if none, err := s.Docket.List(s.As("boss"), docket.Filter{}); err != nil || len(none.Items) != 0 {
			s.Errorf("something was opened: %+v %v", none, err)
		}
	})
}

func TestADeviceSaysWhereItIs(t *testing.T) {
	each(t, func(s *site) {
		if status, body := s.post("v2/requests.json", s.report("attribute[device]", "61101050010010314010401", "lat", "39", "long", "115.5")); status != http.StatusCreated {
			s.Fatal(body)
		}
		if list := s.requests(""); len(list) != 1 || list[0].AddressID != dockettest.Town {
			s.Errorf("%+v", list)
		}
	})
}

func TestKeysAreLimitedAndRevoked(t *testing.T) {
	each(t, func(s *site) {
		k, err := s.desk.MakeKey(s.As("boss"), "慢", 2)
		s.OK(err)
		for i := range 3 {
			r, err := http.NewRequest(http.MethodGet, s.url+"v2/services.xml?api_key="+k.Key, nil)
			status, body, head := s.do(r, err)
			if want := map[bool]int{true: 200, false: 429}[i < 2]; status != want || status == 429 && (head.Get("Retry-After") == "" || !strings.Contains(body, "<errors>")) {
				s.Errorf("%d: %d %s %v", i, status, body, head)
			}
		}
		s.OK(s.desk.RevokeKey(s.As("boss"), k.ID))
		if status, _ := s.get("v2/services.json?api_key=" + k.Key); status != http.StatusForbidden {
			s.Errorf("a revoked key: %d", status)
		}
		s.Refused(s.desk.RevokeKey(s.As("boss"), k.ID), "casework.key.unknown")
		_, err = s.desk.MakeKey(s.As("disp"), "x", 1)
		s.Refused(err, "auth.no_grant")
		list, err := s.desk.Keys(s.As("boss"))
		s.OK(err)
		if len(list) != 2 || list[0].Key != "" || list[0].RevokedAt.IsZero() {
			s.Errorf("%+v", list)
		}
		last := 0
		for range 130 {
			last, _ = s.get("v2/services.json")
		}
		if last != http.StatusTooManyRequests {
			s.Errorf("who has no key: %d", last)
		}
	})
}
