package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/engine/quality/wav"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

const (
	home     = "cn.11."
	district = home + "110115."
	township = district + "110115008."
	village  = township + "110115008001."
)

var places = []Region{{"110115000000", district, "大兴区", "Daxing", "district"}, {"110115008000", township, "魏善庄镇", "Weishanzhuang", "township"},
	{"110115008001", village, "后大营村", "Houdaying", "village"}, {"110116000000", home + "110116.", "怀柔区", "Huairou", "district"}}

// bench is a node with a town that plays what it is handed, standing still until a test moves it.
type bench struct {
	*testing.T
	m       *Module
	clk     *clock.Manual
	deps    Deps
	handler http.Handler
	norms   Norms
	mu      sync.Mutex
	handed  []Item
	meet    func(Item) // is called first when one is handed over
	answer  Answer
	down    error
	sounds  map[string][]Sounding
	figures map[string]Outcome
	hand    map[string]string
}

func (b *bench) Region(_ context.Context, code string) (Region, error) {
	for _, r := range places {
		if r.Code == code {
			return r, nil
		}
	}
	return Region{}, fault.New(fault.NotFound, "region.not_found")
}

func (b *bench) Devices(_ context.Context, codes []string) (map[string]Device, error) {
	out := map[string]Device{}
	for _, c := range codes {
		if strings.HasPrefix(c, "5") {
			out[c] = Device{Name: "喇叭" + c[len(c)-2:], RegionPath: township}
		}
	}
	return out, nil
}

func (b *bench) Norms(context.Context, string) (Norms, error) { return b.norms, nil }

// Keep is a year.
func (b *bench) Keep(context.Context) (time.Duration, error) { return 366 * 24 * time.Hour, nil }

func (b *bench) Hand(_ context.Context, i Item) (Answer, error) {
	if b.meet != nil {
		b.meet(i)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down != nil {
		return Answer{}, b.down
	}
	a := b.answer
	if a.Message == "" {
		a.Message = "message-of-" + i.Ref
	}
	if !slices.ContainsFunc(b.handed, func(was Item) bool { return was.Ref == i.Ref && was.Withdraw == i.Withdraw }) { // each once
		b.handed = append(b.handed, i)
	}
	return a, nil
}

func (b *bench) Figures(context.Context, []string) (map[string]Outcome, error) { return b.figures, nil }

func (b *bench) Soundings(_ context.Context, id string) ([]Sounding, error) { return b.sounds[id], nil }

func (b *bench) Independent(_ context.Context, _ store.Queryer, x, y string) (bool, error) {
	return b.hand[x] == "" || b.hand[x] != b.hand[y], nil
}

func (b *bench) Tell(string, auth.Permission, string, any) {}

var zone = time.FixedZone("UTC+8", 8*3600)

// each runs a test on both databases, on Monday 5 October 2026 at six in the morning.
func each(t *testing.T, fn func(b *bench)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		clk.Advance(time.Date(2026, 10, 5, 6, 0, 0, 0, zone).Sub(clk.Now()))
		blobs, err := blob.OpenFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{T: t, clk: clk, sounds: map[string][]Sounding{}, figures: map[string]Outcome{}, hand: map[string]string{},
			norms: Norms{Allowed: true, Approvals: 1, RuleZh: "一人会签", RuleEn: "One", Quiet: true, From: "22:00", Until: "05:30",
				Ranks: map[string]uint32{"city": 4, "district": 3, "township": 2, "village": 1}}}
		b.deps = Deps{DB: db, Clock: clk, Log: slog.New(slog.DiscardHandler), Live: b, Zone: zone, Blobs: blobs, Speech: speech.New(nil), Regions: b, Devices: b, Rules: b, Memory: b, Messages: b,
			Receipts: b, Staff: b}
		b.restart()
		fn(b)
	}, Migrations())
}

// restart is what follows a crash.
func (b *bench) restart() {
	b.m = New(b.deps)
	router := chi.NewRouter()
	router.Use(httpapi.Languages, httpapi.Identify(func(r *http.Request) (*auth.Principal, error) { return principal(r.Header.Get("X-Person")), nil }))
	b.m.Register(httpapi.New(router, "test", nil))
	b.handler = router
}

// people: who edits and approves where.
func principal(who string) *auth.Principal {
	path := map[string]string{"li": district, "wang": district, "town": township, "village": village, "huairou": home + "110116.", "reader": district}[who]
	granted := map[auth.Permission][]string{PermRead: {path}}
	if who != "reader" {
		granted[PermEdit], granted[PermApprove] = []string{path}, []string{path}
	}
	return auth.NewPrincipal(auth.Actor{ID: "user:" + who, Name: who}, granted)
}

func (b *bench) as(who string) context.Context {
	return auth.With(context.Background(), principal(who))
}

func (b *bench) do(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// refused wants an error with a code.
func (b *bench) refused(err error, code string) {
	b.Helper()
	var list fault.List
	if errors.As(err, &list) && slices.ContainsFunc(list, func(f *fault.Error) bool { return f.Code == code }) {
		return
	}
	if !fault.Is(err, code) {
		b.Fatalf("%v, want %s", err, code)
	}
}

// call makes a request and decodes the answer.
func (b *bench) call(who, method, path, body string, want int, into any, headers ...string) *httptest.ResponseRecorder {
	b.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("X-Person", who)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	if w.Code != want {
		b.Fatalf("%s %s by %s: %d, want %d: %s", method, path, who, w.Code, want, w.Body)
	}
	if into != nil {
		if raw, ok := into.(*string); ok {
			*raw = w.Body.String()
		} else {
			b.do(json.Unmarshal(w.Body.Bytes(), into))
		}
	}
	return w
}

// relay is a slot on all days.
func relay(id, start string, minutes int) Slot {
	return Slot{ID: id, Kind: Relay, Title: "新闻" + id, Station: "北京新闻广播", Address: "http://radio.example/live", Days: []int{1, 2, 3, 4, 5, 6, 7}, Start: start, Minutes: minutes}
}

func notice(id, start string, minutes int) Slot {
	return Slot{ID: id, Kind: Notice, Title: "通知" + id, Text: "请大家领取新农合证。", Days: []int{1, 2, 3, 4, 5}, Start: start, Minutes: minutes, Repeat: 2, Interval: 5}
}

// timetable makes a timetable of a region with some slots, which is a draft.
func (b *bench) timetable(who, region string, slots ...Slot) *Timetable {
	b.Helper()
	t, err := b.m.Create(b.as(who), NewTimetable{Name: "节目表" + region, RegionCode: region})
	b.do(err)
	return b.edit(who, t, Content{Slots: slots})
}

func (b *bench) edit(who string, t *Timetable, c Content) *Timetable {
	b.Helper()
	b.clk.Advance(time.Second)
	t, err := b.m.Edit(b.as(who), t.ID, t.Revision, Edit{Name: t.Name, Content: c})
	b.do(err)
	return t
}

// publish submits and approves.
func (b *bench) publish(who, other string, t *Timetable) *Timetable {
	b.Helper()
	b.clk.Advance(time.Second)
	t, err := b.m.Submit(b.as(who), t.ID, t.Revision)
	b.do(err)
	t, err = b.m.Approve(b.as(other), t.ID, t.Draft.Digest)
	b.do(err)
	if t.Published == nil || t.Draft != nil {
		b.Fatalf("not published: %+v", t)
	}
	return t
}

// at moves the clock to a time of day and lets the platform do what is due.
func (b *bench) at(day int, hhmm string) {
	b.Helper()
	to := time.Date(2026, 10, day, 0, minuteOf(hhmm), 0, 0, zone)
	if to.Before(b.clk.Now()) {
		b.Fatalf("%v is over", to)
	}
	b.clk.Advance(to.Sub(b.clk.Now()))
	b.m.keepUp(context.Background())
}

// stages tells how the occurrences of a timetable stand, the earliest first.
func (b *bench) stages(t *Timetable) string {
	b.Helper()
	found, err := listOccurrences(context.Background(), b.deps.DB, asked{Scope: auth.Everywhere, Timetable: t.ID, Page: pageAll})
	b.do(err)
	var out []string
	for _, o := range found.Items {
		out = append(out, fmt.Sprintf("%s %s %s%s", o.StartsAt.In(zone).Format("02T15:04"), o.SlotID, o.Stage, map[bool]string{true: ":" + o.Reason}[o.Reason != ""]))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// tune is a second of 440 Hz.
func tune() []byte {
	s := wav.Sound{Rate: 16000, Channels: 1, Samples: make([]float32, 16000)}
	for i := range s.Samples {
		s.Samples[i] = float32(0.5 * math.Sin(2*math.Pi*440*float64(i)/16000))
	}
	var b bytes.Buffer
	if err := wav.Write(&b, s, 16); err != nil {
		panic(err)
	}
	return b.Bytes()
}
