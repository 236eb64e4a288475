package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// draftOf is a timetable of a district and how it stands.
type draftOf struct {
	ID       string
	Revision int64
	Draft    struct{ Digest string }
}

// week is one minute of a Monday that no other timetable has.
func (s *scene) week() string {
	n := s.next() % 600
	return fmt.Sprintf(`{"name":"节目表","content":{"slots":[{"id":"a","kind":"relay","title":"转播","address":"http://radio.example/live","days":[1],"start":"%02d:%02d","minutes":1}],"exceptions":[]}}`,
		8+n/60, n%60)
}

// draft is a timetable whose hours are its own, submitted or not.
func (s *scene) draft(submitted bool) (v draftOf) {
	s.ask(broadcaster, http.MethodPost, "/api/everyday/timetables", fmt.Sprintf(`{"name":"节目表%d","regionCode":"%s"}`, s.next(), s.code), &v)
	if !submitted {
		return v
	}
	path := "/api/everyday/timetables/" + v.ID
	for _, step := range [][3]string{{http.MethodPut, path, s.week()}, {http.MethodPost, path + "/submit", ""}} {
		got := s.a.ask(operation{method: step[0], path: step[1]}, request{body: step[2], match: httpapi.ETag(v.Revision)}, broadcaster, cityPath)
		if got.status >= 300 {
			s.t.Fatalf("%v: %d %s", step, got.status, got.body)
		}
		s.must(json.Unmarshal([]byte(got.body), &v))
	}
	return v
}

func (s *scene) timetable() string { return s.draft(false).ID }

// occurrence is one time that an item was played.
func (s *scene) occurrence() string {
	t, id := s.timetable(), store.NewID(s.a.clock.Now())
	s.must(s.a.db.Housekeep(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(s.t.Context(), `INSERT INTO channel_occurrence (id, timetable_id, number, slot_id, digest, region_path, kind, title, starts_at, ends_at, state, reason, message_id, outcome, changed_at)
			VALUES ($1, $2, 1, 'a', $1, $3, 'relay', 'matrix', $4, $4, 'over', '', '', 'null', $4)`, id, t, s.path, tx.Now.UnixMicro())
		return err
	}))
	return id
}

// uploaded is the digest of a recording of a district.
func (s *scene) uploaded() string {
	raw := []byte(fmt.Sprint("uploaded ", s.next()))
	digest := blob.Digest(raw)
	s.must(s.a.objects.Put(s.t.Context(), "everyday/"+digest[:2]+"/"+digest, bytes.NewReader(raw), int64(len(raw))))
	s.must(s.a.db.Housekeep(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(s.t.Context(), `INSERT INTO channel_recording (sm3, region_path, name, mime, bytes, millis, created_by, created_at) VALUES ($1, $2, 'matrix', 'audio/mpeg', $3, 1000, '', $4)`,
			digest, s.path, len(raw), tx.Now.UnixMicro())
		return err
	}))
	return digest
}

// everyday makes what an operation on timetables works on.
func (s *scene) everyday(op operation, fill map[string]string, in *request) (id string) {
	switch {
	case op.id == "everyday-recording":
		fill["sm3"] = s.uploaded()
		return fill["sm3"]
	case strings.HasPrefix(op.path, "/api/everyday/occurrences/{id}"):
		return s.occurrence()
	case strings.HasPrefix(op.path, "/api/everyday/timetables/{id}"):
		v := s.draft(op.id == "everyday-approve" || op.id == "everyday-reject")
		switch op.id {
		case "everyday-approve":
			in.body = `{"digest":"` + v.Draft.Digest + `"}`
		case "everyday-put":
			in.body = s.week()
		}
		in.match = httpapi.ETag(v.Revision)
		return v.ID
	}
	return ""
}
