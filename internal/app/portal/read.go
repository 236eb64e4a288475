package portal

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// homePage answers: what do I need to know now?
type homePage struct {
	Cards     []card
	Where     string // the reader's place; empty when none was chosen
	Elsewhere int    // messages in force for other places
	Ended     []card // what was called off or ended just now: people wait for the all-clear
	Asks      bool   // people can ask for something here
}

// lately is how long the first page tells of what ended, and fewEnded how many it names.
const (
	lately   = 12 * time.Hour
	fewEnded = 5
)

func (p *Portal) home(ctx context.Context, r *request) (string, any, bool, error) {
	if r.board == nil {
		return "", nil, false, errNoBoard
	}
	where, path := p.readerPlace(ctx, r)
	mine := r.board.open(r.now, path)
	ended := slices.DeleteFunc(r.board.ended(r.now, path), func(m Message) bool { return r.now.Sub(m.endedAt()) > lately })
	page := homePage{Asks: p.deps.Cases != nil, Ended: r.cards(ended[:min(len(ended), fewEnded)]), Cards: r.cards(mine), Where: where, Elsewhere: len(r.board.open(r.now, "")) - len(mine)}
	return r.t("home.title"), page, allDrills(mine), nil
}

var errNoBoard = fault.New(fault.Unavailable, "portal.problem.trouble.title")

// readerPlace is the place a reader chose, in words and as a path. A place that cannot be
// found narrows nothing: rather a message too many than one too few.
func (p *Portal) readerPlace(ctx context.Context, r *request) (where, path string) {
	if r.prefs.Place == "" {
		return "", ""
	}
	region, err := p.deps.Regions.Region(ctx, r.prefs.Place)
	if err != nil {
		return "", ""
	}
	return fullName(*region, r.lang), region.Path
}

func (r *request) cards(list []Message) []card {
	out := make([]card, len(list))
	for i := range list {
		out[i] = r.card(&list[i])
	}
	return out
}

// allDrills reports whether a page shows nothing but drills. One real message among them
// must never stand under a drill's band.
func allDrills(list []Message) bool {
	for _, m := range list {
		if !m.Drill {
			return false
		}
	}
	return len(list) > 0
}

// listPage answers: what was said these seven days?
type listPage struct{ Open, Ended []card }

func (p *Portal) list(_ context.Context, r *request) (string, any, bool, error) {
	if r.board == nil {
		return "", nil, false, errNoBoard
	}
	return r.t("list.title"), listPage{r.cards(r.board.open(r.now, "")), r.cards(r.board.ended(r.now, ""))}, false, nil
}

// messagePage is one message, whole.
type messagePage struct {
	card
	Steps    []template.HTML
	Pictures []Picture
	Audio    []Audio
	Drawing  *drawing
}

var messageID = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

var errMissing = fault.New(fault.NotFound, "portal.problem.missing.title")

func (p *Portal) message(ctx context.Context, r *request) (string, any, bool, error) {
	id := r.PathValue("id")
	if !messageID.MatchString(id) {
		return "", nil, false, errMissing
	}
	m, err := p.deps.Messages.Message(ctx, id)
	if err != nil {
		return "", nil, false, err
	}
	page := messagePage{card: r.card(m), Pictures: m.Pictures, Audio: m.Audio, Drawing: p.picture(ctx, r, m)}
	history := m.History
	if ended := (Change{m.endedAt(), Step(m.ending())}); page.Over && (len(history) == 0 || history[len(history)-1].What != ended.What) {
		history = append(slices.Clip(history), ended)
	}
	for _, c := range history {
		page.Steps = append(page.Steps, r.html("step."+string(c.What), c.At, c.At))
	}
	title := page.Bare
	if page.Severity != "none" {
		title = r.t("message.title", "level", r.t("color."+page.Severity), "title", title)
	}
	return title, page, m.Drill, nil
}

// pulse is what an open page asks for twice a minute: whether anything changed, and the
// words to say if it did. It is the same for everybody in a place, so that caches between
// us and a city can answer for us.
type pulse struct {
	Seen     string  `json:"seen"`
	Checked  string  `json:"checked"`
	Messages []brief `json:"messages"`
}

// brief is a message in one breath.
type brief struct {
	ID   string `json:"id"`
	Loud bool   `json:"loud"` // red and real: it may interrupt
	Mine bool   `json:"mine"` // for the place asked about
	Text string `json:"text"`
}

// maxBriefs bounds what a pulse carries.
const maxBriefs = 30

func (p *Portal) now(w http.ResponseWriter, hr *http.Request) {
	view := prefs{}
	view.apply(hr.URL.Query()) // lang and place count; nothing of the cookie does
	lang := view.language(hr)
	a, err := p.ready.get("now\n"+string(lang)+"\n"+view.Place, func() (*answer, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(hr.Context()), patience)
		defer cancel()
		b, err := p.readBoard(ctx)
		if err != nil {
			return nil, err
		}
		now := p.deps.Clock.Now()
		r := &request{Request: hr, prefs: view, board: b, words: words{lang, now, p.deps.Zone}}
		_, path := p.readerPlace(ctx, r)
		out := pulse{Seen: b.seen(now), Checked: r.t("checked", "time", r.at(b.at)), Messages: []brief{}}
		for _, m := range b.open(now, "") {
			if len(out.Messages) == maxBriefs {
				break
			}
			out.Messages = append(out.Messages, brief{m.ID, m.Severity == "red" && !m.Drill && m.phaseAt(now) == inForce, m.concerns(path), r.brief(&m)})
		}
		raw, err := json.Marshal(out)
		return newAnswer(http.StatusOK, "application/json", raw), err
	})
	if err != nil {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=5")
	a.send(w, hr)
}

func (r *request) brief(m *Message) string {
	c := r.card(m)
	parts := []string{}
	if m.Drill {
		parts = append(parts, r.t("drill.word"))
	}
	if c.Severity != "none" {
		parts = append(parts, c.Level)
	}
	return r.t("brief", "level", strings.Join(append(parts, c.Bare), r.t("brief.join")), "where", c.Where)
}

// qr draws the address of a message as a QR code.
func (p *Portal) qr(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !messageID.MatchString(id) {
		http.NotFound(w, r)
		return
	}
	svg, err := qrCode(p.address(r) + "/m/" + id)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "private, max-age=3600") // it names the host it was asked at
	_, _ = fmt.Fprint(w, svg)
}

var plainHost = regexp.MustCompile(`^[A-Za-z0-9.\-\[\]:]+$`)

// address is where people reach this server.
func (p *Portal) address(r *http.Request) string {
	if p.deps.PublicURL != "" {
		return strings.TrimSuffix(p.deps.PublicURL, "/")
	}
	scheme := "http"
	if p.deps.Secure || r.TLS != nil {
		scheme = "https"
	}
	if len(r.Host) > 200 || !plainHost.MatchString(r.Host) {
		return scheme + "://localhost"
	}
	return scheme + "://" + r.Host
}

func (p *Portal) about(_ context.Context, r *request) (string, any, bool, error) {
	return r.t("about.title"), nil, false, nil
}

func (p *Portal) nothing(context.Context, *request) (string, any, bool, error) {
	return "", nil, false, errMissing
}
