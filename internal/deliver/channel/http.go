package channel

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

func op(id, method, path, summary string, perm auth.Permission) httpapi.Op {
	return httpapi.Op{ID: "everyday-" + id, Method: method, Path: path, Summary: summary, Tag: "everyday", Access: httpapi.Needs(perm)}
}

// ByID names a timetable or an occurrence.
type ByID struct {
	ID string `path:"id" maxLength:"26" doc:"Id"`
}

// Changed names a timetable as it was read.
type Changed struct {
	ByID
	httpapi.IfMatch
}

func (m *Module) shownItem(ctx context.Context, t *Timetable, err error) (*httpapi.Item[View], error) {
	if err != nil {
		return nil, err
	}
	v, err := m.view(ctx, t)
	return httpapi.One(v, t.Revision), err
}

// Register adds the module's operations.
func (m *Module) Register(api *httpapi.API) {
	m.registerTimetables(api)
	m.registerSteps(api)
	m.registerRecordings(api)
	m.registerPlays(api)
}

const base = "/api/everyday/timetables"

func (m *Module) registerTimetables(api *httpapi.API) {
	httpapi.Register(api, op("list", http.MethodGet, base, "Everyday timetables within your regions, and what they play now", PermRead), func(ctx context.Context, _ *struct{}) (*httpapi.List[Row], error) {
		rows, err := m.List(ctx)
		return httpapi.All(rows, err)
	})
	create := op("create", http.MethodPost, base, "Begin a timetable, or copy the week of one", PermEdit)
	create.Status = http.StatusCreated
	httpapi.Register(api, create, func(ctx context.Context, in *struct{ Body NewTimetable }) (*httpapi.Item[View], error) {
		t, err := m.Create(ctx, in.Body)
		return m.shownItem(ctx, t, err)
	})
	httpapi.Register(api, op("get", http.MethodGet, base+"/{id}", "A timetable, what is worked on and what clashes", PermRead), func(ctx context.Context, in *ByID) (*httpapi.Item[View], error) {
		t, err := m.see(ctx, m.DB, in.ID)
		return m.shownItem(ctx, t, err)
	})
	httpapi.Register(api, op("put", http.MethodPut, base+"/{id}", "Write the draft of a timetable; approvals of it are void", PermEdit), func(ctx context.Context, in *struct {
		Changed
		Body Edit
	}) (*httpapi.Item[View], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		t, err := m.Edit(ctx, in.ID, revision, in.Body)
		return m.shownItem(ctx, t, err)
	})
	httpapi.Register(api, op("history", http.MethodGet, base+"/{id}/versions", "Every version of a timetable, the newest first", PermRead), func(ctx context.Context, in *ByID) (*httpapi.List[*Version], error) {
		found, err := m.History(ctx, in.ID)
		return httpapi.All(found, err)
	})
	httpapi.Register(api, op("retire", http.MethodDelete, base+"/{id}", "End a timetable; what it played stays to be read", PermEdit), func(ctx context.Context, in *Changed) (*httpapi.Empty, error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		return nil, m.Retire(ctx, in.ID, revision)
	})
}

// registerSteps adds what brings a draft on the air, and back.
func (m *Module) registerSteps(api *httpapi.API) {
	step := func(id, method, path, summary string, do func(context.Context, string, int64) (*Timetable, error)) {
		httpapi.Register(api, op(id, method, base+"/{id}"+path, summary, PermEdit), func(ctx context.Context, in *Changed) (*httpapi.Item[View], error) {
			revision, err := in.Version()
			if err != nil {
				return nil, err
			}
			t, err := do(ctx, in.ID, revision)
			return m.shownItem(ctx, t, err)
		})
	}
	step("submit", http.MethodPost, "/submit", "Submit the draft: it is published once the rules are content", m.Submit)
	step("discard", http.MethodDelete, "/draft", "Give the draft up", m.Discard)
	httpapi.Register(api, op("restore", http.MethodPost, base+"/{id}/restore", "Begin a draft that says what a former version said", PermEdit), func(ctx context.Context, in *struct {
		Changed
		Body struct {
			Number int `json:"number" minimum:"1"`
		}
	}) (*httpapi.Item[View], error) {
		revision, err := in.Version()
		if err != nil {
			return nil, err
		}
		t, err := m.Restore(ctx, in.ID, revision, in.Body.Number)
		return m.shownItem(ctx, t, err)
	})
	httpapi.Register(api, op("approve", http.MethodPost, base+"/{id}/approve", "Approve exactly what was submitted", PermApprove), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Digest string `json:"digest" pattern:"^[0-9a-f]{64}$" doc:"Of what was looked at"`
		}
	}) (*httpapi.Item[View], error) {
		t, err := m.Approve(ctx, in.ID, in.Body.Digest)
		return m.shownItem(ctx, t, err)
	})
	httpapi.Register(api, op("reject", http.MethodPost, base+"/{id}/reject", "Send what was submitted back", PermApprove), func(ctx context.Context, in *struct {
		ByID
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"500"`
		}
	}) (*httpapi.Item[View], error) {
		t, err := m.Reject(ctx, in.ID, in.Body.Reason)
		return m.shownItem(ctx, t, err)
	})
}

func (m *Module) registerRecordings(api *httpapi.API) {
	upload := op("upload", http.MethodPost, "/api/everyday/recordings", "Upload a sound: WebM, Ogg, MP3, MP4 or WAV, at most 5 minutes and 20 MB; it is brought to the loudness of messages", PermEdit)
	upload.MaxBody, upload.PerMinute, upload.AtOnce = speech.MaxRecordingBytes+1, 20, 1
	httpapi.Register(api, upload, func(ctx context.Context, in *struct {
		Region  string `query:"region" pattern:"^[0-9]{12}$" required:"true" doc:"Region whose timetables may play it"`
		Name    string `query:"name" maxLength:"200" required:"true" doc:"What it is called"`
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*httpapi.Body[Sound], error) {
		r, err := m.Upload(ctx, in.Region, in.Name, in.RawBody)
		if err != nil {
			return nil, err
		}
		return httpapi.Of(Sound{r.SM3, r.Name, r.Millis}), nil
	})
	api.Guard(op("recording", http.MethodGet, "/api/everyday/recordings/{sm3}", "Listen to a recording", PermRead), "audio/mpeg", func(w http.ResponseWriter, r *http.Request) error {
		digest := chi.URLParam(r, "sm3")
		found, err := recordings(r.Context(), m.DB, digest)
		if err != nil {
			return err
		}
		scope := auth.ScopeOf(r.Context(), PermRead)
		for _, f := range found {
			if !scope.Allows(f.RegionPath) {
				continue
			}
			body, err := m.Blobs.Open(r.Context(), soundKey(digest))
			if err != nil {
				return err
			}
			defer body.Close()
			w.Header().Set("Content-Type", f.MIME)
			w.Header().Set("Cache-Control", "private, no-store")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
			http.ServeContent(w, r, "", time.Time{}, body)
			return nil
		}
		return notFound()
	})
}

// Chosen chooses what was played.
type Chosen struct {
	Timetable string    `query:"timetable" maxLength:"26" doc:"Id of a timetable"`
	Region    string    `query:"region" maxLength:"200" doc:"Region path; its subtree"`
	State     []string  `query:"state" enum:"planned,handed,withdrawing,withdrawn,over,skipped,refused,missed,dropped" doc:"One or more states"`
	From      time.Time `query:"from" doc:"Beginning at or after"`
	To        time.Time `query:"to" doc:"Beginning before"`
}

func (c *Chosen) asked(ctx context.Context, page store.Page) asked {
	return asked{Scope: auth.ScopeOf(ctx, PermRead), Timetable: c.Timetable, RegionPath: c.Region, Stages: c.State, From: c.From, To: c.To, Page: page}
}

func (m *Module) registerPlays(api *httpapi.API) {
	httpapi.Register(api, op("days", http.MethodGet, "/api/everyday/days", "What loudspeakers of a region play on some days: as it went, and as it is to go", PermRead), func(ctx context.Context, in *struct {
		Region string `query:"region" pattern:"^[0-9]{12}$" required:"true"`
		From   string `query:"from" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" required:"true" doc:"First day, local time of the city"`
		Days   int    `query:"days" minimum:"1" maximum:"14" default:"7"`
		Draft  string `query:"draft" maxLength:"26" doc:"Id of a timetable whose draft is to stand in the place of what is published"`
	}) (*httpapi.List[PlayView], error) {
		found, err := m.Days(ctx, in.Region, in.From, in.Days, in.Draft)
		return httpapi.All(found, err)
	})
	httpapi.Register(api, op("played", http.MethodGet, "/api/everyday/occurrences", "What was played, the latest first, with what receipts say of it", PermRead), func(ctx context.Context, in *struct {
		httpapi.PageInput
		Chosen
	}) (*httpapi.List[PlayView], error) {
		found, err := m.Played(ctx, in.asked(ctx, in.Page()))
		return httpapi.Of(found), err
	})
	httpapi.Register(api, op("occurrence", http.MethodGet, "/api/everyday/occurrences/{id}", "One time that an item played, loudspeaker by loudspeaker", PermRead), func(ctx context.Context, in *ByID) (*httpapi.Body[Played], error) {
		p, err := m.PlayedOne(ctx, in.ID)
		return httpapi.Of(p), err
	})
	export := op("export", http.MethodGet, "/api/everyday/occurrences/export", "What was played, as a table", PermRead)
	export.PerMinute, export.AtOnce = 20, 1
	httpapi.Register(api, export, func(ctx context.Context, in *struct {
		Chosen
		Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
	}) (*httpapi.File, error) {
		return httpapi.Save(in.Format, "everyday-"+m.Clock.Now().In(m.Zone).Format("20060102-1504"), "", func(w io.Writer) error { return m.export(ctx, w, in.Format, in.asked(ctx, store.Page{})) })
	})
}

// tooMany refuses a table that nobody reads.
func tooMany(limit int) error {
	return fault.New(fault.TooLarge, "channel.export.many", fault.Args{"limit": limit})
}
