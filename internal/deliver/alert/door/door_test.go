package door_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/delivery"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/door"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

const (
	city     = "110000000000"
	district = "110105000000"
	township = "110105001000"
	other    = "110108001000"
)

// places are a city, two districts' townships, and shapes that touch the first.
type places struct{}

var paths = map[string]string{city: "cn.11.", district: "cn.11.110105.", township: "cn.11.110105.110105001.", other: "cn.11.110108.110108001.",
	"110105001001": "cn.11.110105.110105001.110105001001."}

func (places) Region(_ context.Context, code string) (door.Region, error) {
	if paths[code] == "" {
		return door.Region{}, fault.New(fault.NotFound, "region.not_found")
	}
	return door.Region{Code: code, Path: paths[code], Zh: code}, nil
}

func (places) Named(_ context.Context, of []string) (out []door.Region, _ error) {
	for code, path := range paths {
		if slices.Contains(of, path) {
			out = append(out, door.Region{Code: code, Path: path, Zh: code})
		}
	}
	return out, nil
}

func (places) Touched(context.Context, wire.Area) ([]string, error) { return []string{township}, nil }

type rig struct {
	*door.Door
	t     *testing.T
	db    *store.DB
	clock *clock.Manual
	url   string
	noon  time.Time
	seq   uint64
}

func each(t *testing.T, test func(*rig)) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		r := &rig{t: t, db: db, clock: clk, noon: clk.Now()}
		r.Door = door.New(door.Deps{DB: db, Clock: clk, Log: slog.New(slog.DiscardHandler), Regions: places{}, Issuers: func() []wire.Issuer { return nil },
			Settings: door.Settings{FullScreen: "orange", Hold: 10 * time.Second, Streams: 140}})
		router := chi.NewRouter()
		router.Use(httpapi.Identify(func(*http.Request) (*auth.Principal, error) { return nil, nil }))
		r.Register(httpapi.New(router, "1", []string{door.OpTrust, door.OpStream, door.OpOrders, door.OpReport}))
		s := httptest.NewServer(router)
		t.Cleanup(s.Close)
		r.url = s.URL
		test(r)
	}, alert.Migrations())
}

// put stores an order as delivery does; its frame is its name.
func (r *rig) put(thread int64, version int, kind wire.Kind, area wire.Area, due time.Time, lasts time.Duration) string {
	r.t.Helper()
	r.seq++
	name := fmt.Sprintf("%d/%d %s", thread, version, kind)
	err := r.db.Housekeep(context.Background(), func(tx *store.Tx) error {
		return delivery.PutOrder(context.Background(), tx, delivery.Order{Thread: thread, ThreadID: fmt.Sprintf("01JZ00000000000000000000%02d", thread), Version: version, Kind: kind,
			Seq: r.seq, RegionPath: "cn.11.", Area: area, Frame: []byte(name), IssuedAt: due, DueAt: due, ValidUntil: due.Add(lasts)})
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return name
}

func (r *rig) look() {
	r.t.Helper()
	if err := r.Look(context.Background()); err != nil {
		r.t.Fatal(err)
	}
}

// set is a television that listens; each order it hears is in heard.
func (r *rig) set(region string) (heard chan string) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r.t.Cleanup(cancel)
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, r.url+"/api/public/tv/stream?region="+region, nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		r.t.Fatal(err, res)
	}
	heard = make(chan string, 100)
	go func() {
		defer res.Body.Close()
		defer close(heard)
		order := false
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			switch line := lines.Text(); {
			case line == "event: order":
				order = true
			case strings.HasPrefix(line, "data: ") && order:
				frame, _ := base64.StdEncoding.DecodeString(line[6:])
				heard <- string(frame)
				order = false
			}
		}
	}()
	return heard
}

func (r *rig) hears(heard chan string, want ...string) {
	r.t.Helper()
	for _, w := range want {
		select {
		case got := <-heard:
			if got != w {
				r.t.Errorf("heard %q, want %q", got, w)
			}
		case <-time.After(10 * time.Second):
			r.t.Fatalf("%q did not come", w)
		}
	}
}

func regions(codes ...string) (a wire.Area) {
	for _, c := range codes {
		a.Regions = append(a.Regions, ebd.AreaCode(c))
	}
	return a
}

func TestSetsHearWhatIsForThem(t *testing.T) {
	each(t, func(r *rig) {
		r.look()
		here, there := r.set(township), r.set(other)
		first := r.put(1, 2, wire.Play, regions(district), r.noon, time.Hour)
		r.put(2, 2, wire.Play, regions(other), r.noon.Add(20*time.Minute), time.Hour) // not yet
		r.look()
		r.hears(here, first)
		village := r.put(3, 2, wire.Play, regions("110105001001"), r.noon, time.Hour)
		shape := r.put(4, 2, wire.Play, wire.Area{Circles: []wire.Circle{{Center: wire.At(116.4, 39.9), Radius: 100}}}, r.noon, time.Hour)
		r.look()
		r.hears(here, village, shape)
		r.clock.Advance(20 * time.Minute)
		r.look()
		r.hears(there, "2/2 play")

		// An update moves the first message elsewhere: those who are left out hear its cancel.
		left := r.put(1, 3, wire.Cancel, regions(district), r.clock.Now(), time.Hour)
		moved := r.put(1, 4, wire.Play, regions(other), r.clock.Now(), time.Hour)
		r.look()
		r.hears(here, left)
		r.hears(there, moved)

		// Who comes now hears what is current, in the order in which it was signed.
		r.hears(r.set(township), village, shape, left)
		r.hears(r.set(city), "2/2 play", village, shape, moved)
		again := door.New(r.Deps)
		if err := again.Look(context.Background()); err != nil {
			t.Fatal(err)
		}

		// A stop closes what plays, and is told itself.
		err := r.db.Housekeep(context.Background(), func(tx *store.Tx) error { return delivery.CloseThread(context.Background(), tx, 3) })
		if err != nil {
			t.Fatal(err)
		}
		stop := r.put(9, 1, wire.Stop, regions(city), r.clock.Now(), time.Hour)
		r.look()
		r.hears(here, stop)
		r.hears(r.set(township), shape, left, stop)
		r.clock.Advance(2 * time.Hour)
		r.look()
		if got := r.set(township); len(got) != 0 {
			t.Error("what is over is told")
		}
		res, err := http.Get(r.url + "/api/public/tv/stream?region=119999999999")
		if err != nil || res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("a place that is none: %v %v", res, err)
		}
	})
}

func TestSetsAreCountedAndNothingElse(t *testing.T) {
	each(t, func(r *rig) {
		r.look()
		sets := []chan string{r.set(township), r.set(township), r.set("110105001001"), r.set(other)}
		r.put(1, 2, wire.Play, regions(district), r.noon, time.Hour)
		r.look()
		for _, s := range sets[:3] {
			r.hears(s, "1/2 play")
		}
		standing := func(scope auth.Scope) (list []string) {
			found, err := r.Connected(context.Background(), scope)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range found {
				list = append(list, fmt.Sprint(s.Code, " ", s.Sets))
			}
			return list
		}
		if got := standing(auth.Everywhere); !slices.Equal(got, []string{township + " 3", other + " 1"}) {
			t.Errorf("connected: %v", got)
		}
		if got := standing(auth.NewScope("cn.11.110108.")); !slices.Equal(got, []string{other + " 1"}) {
			t.Errorf("connected in another district: %v", got)
		}
		id := "01JZ0000000000000000000001"
		say := func(set int, region, phase, how string, after int64) {
			t.Helper()
			err := r.Take(context.Background(), fmt.Sprintf("%032x", set), region, []door.Report{{Order: id, Phase: phase, How: how, After: after}})
			if err != nil {
				t.Fatal(err)
			}
		}
		say(1, township, door.Shown, "full", 300)
		say(1, township, door.Shown, "full", 300) // again after a network that was cut
		say(2, township, door.Shown, "crawl", 2400)
		say(3, "110105001001", door.Shown, "full", 90_000)
		say(4, other, door.Shown, "full", 100) // not for it
		say(1, township, door.Ended, "", 3_600_000)
		r.put(1, 4, wire.Play, regions(district), r.noon, time.Hour)
		r.look() // an update counts nobody again
		for range 2 {
			f, err := r.Figures(context.Background(), id, auth.Everywhere)
			if err != nil {
				t.Fatal(err)
			}
			if f.Tally != (door.Tally{Connected: 3, Crawl: 1, Full: 2, Ended: 1}) || len(f.Townships) != 1 || f.Townships[0].Code != township || f.Townships[0].Full != 2 {
				t.Errorf("%+v", f)
			}
			if want := []door.Moment{{0, 1}, {2, 2}, {60, 3}}; !slices.Equal(f.Curve, want) {
				t.Errorf("curve %v, want %v", f.Curve, want)
			}
			if err := r.Flush(context.Background()); err != nil { // the same from the database
				t.Fatal(err)
			}
		}
		// Sets say that it is over when it is, and not much later.
		r.clock.Advance(time.Hour + 5*time.Second)
		r.look()
		say(2, township, door.Ended, "", 0)
		r.clock.Advance(11 * time.Minute)
		r.look()
		say(3, "110105001001", door.Ended, "", 0)
		if f, err := r.Figures(context.Background(), id, auth.Everywhere); err != nil || f.Ended != 2 {
			t.Errorf("over: %+v, %v", f, err)
		}
		if f, _ := r.Figures(context.Background(), id, auth.NewScope("cn.11.110108.")); f.Tally != (door.Tally{}) || len(f.Townships) != 0 {
			t.Errorf("another district sees %+v", f)
		}
		for set, region := range map[string]string{"short": township, strings.Repeat("0", 32): "nowhere"} {
			if err := r.Take(context.Background(), set, region, nil); err == nil {
				t.Errorf("%s in %s was taken", set, region)
			}
		}
	})
}

func TestTheDoorIsBounded(t *testing.T) {
	each(t, func(r *rig) {
		if r.db.Dialect() != store.SQLite {
			return
		}
		for range 128 { // of one address
			r.set(township)
		}
		res, err := http.Get(r.url + "/api/public/tv/stream?region=" + township)
		if err != nil || res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
			t.Fatalf("one too many: %v %v", res, err)
		}
		// Who is refused asks instead.
		r.put(1, 2, wire.Play, regions(district), r.noon, time.Hour)
		r.look()
		res, err = http.Get(r.url + "/api/public/tv/orders?region=" + township)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(res, err)
		}
		raw := new(strings.Builder)
		_, _ = bufio.NewReader(res.Body).WriteTo(raw)
		if !strings.Contains(raw.String(), base64.StdEncoding.EncodeToString([]byte("1/2 play"))) {
			t.Error(raw.String())
		}
	})
}
