package duty

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Entry is one entry of the duty log: what a person wrote, or a sentence with its values.
type Entry struct {
	ID         string
	RegionPath string
	Kind       string // of Kinds
	Object     string // what it is about, as in the audit record
	Args       map[string]any
	Body       string
	Corrects   string
	By         Person
	At         time.Time
}

// Kinds of entries; all but the first two write themselves.
var Kinds = []string{"note", "correction", "sign_on", "stand_in", "handover", "closed", "arrived", "taken", "taken_over", "dismissed", "reviewed", "issued", "cancelled", "stopped",
	"told", "nobody", "acknowledged", "reported", "overdue", "called", "call_refused", "offline", "drill_started", "drill_called_off", "drill_over"}

// EntryView is an entry as people read it.
type EntryView struct {
	ID         string    `json:"id"`
	At         time.Time `json:"at"`
	Kind       string    `json:"kind"`
	Text       string    `json:"text" doc:"In the reader's language; what a person wrote stands as written"`
	By         string    `json:"by,omitempty" doc:"Who wrote it or acted; absent for the platform itself"`
	Object     string    `json:"object,omitempty"`
	Corrects   string    `json:"corrects,omitempty" doc:"Id of the entry that it corrects"`
	RegionPath string    `json:"regionPath"`
}

func (e *Entry) view(ctx context.Context) EntryView {
	v := EntryView{ID: e.ID, At: e.At.UTC(), Kind: e.Kind, Text: e.Body, By: e.By.Name, Object: e.Object, Corrects: e.Corrects, RegionPath: e.RegionPath}
	if strings.HasPrefix(e.By.ID, "system") {
		v.By = ""
	}
	if e.Body == "" {
		args := map[string]any{}
		for k, a := range e.Args {
			if s, ok := a.(string); ok && k == "what" {
				a = i18n.T(httpapi.LangOf(ctx), "alert.duty.what."+s, nil)
			}
			args[k] = a
		}
		v.Text = i18n.T(httpapi.LangOf(ctx), "alert.duty.entry."+e.Kind, args)
	}
	return v
}

// Record writes an automatic entry in the transaction of the act that it tells of.
func (d *Desk) Record(ctx context.Context, tx *store.Tx, e Entry) error {
	e.ID, e.By, e.At = store.NewID(tx.Now), person(ctx), tx.Now
	return insertEntry(ctx, tx, &e)
}

// Write adds what a person has to say to the log of a region.
func (d *Desk) Write(ctx context.Context, regionCode, text, corrects string) (*Entry, error) {
	text = strings.TrimSpace(text)
	if i18n.Blank(text) || i18n.Deceives(text, "\n") {
		return nil, fault.Bad("text", "alert.duty.entry_text")
	}
	path, err := d.Alerts.RegionPath(ctx, regionCode)
	if err != nil {
		return nil, err
	}
	if err := auth.Check(ctx, d.Keep, path); err != nil {
		return nil, err
	}
	e := &Entry{RegionPath: path, Kind: "note", Body: text, Corrects: corrects, By: person(ctx)}
	err = d.DB.Update(ctx, func(tx *store.Tx) error {
		if corrects != "" {
			was, err := readEntry(ctx, tx, corrects)
			if err != nil || !auth.ScopeOf(ctx, d.Keep).Allows(was.RegionPath) {
				return fault.Bad("corrects", "alert.duty.entry_not_found")
			}
			e.Kind, e.RegionPath = "correction", was.RegionPath
		}
		e.ID, e.At = store.NewID(tx.Now), tx.Now
		if err := insertEntry(ctx, tx, e); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.log", Object: "alert-duty-entry:" + e.ID, RegionPath: e.RegionPath,
			Detail: map[string]any{"text": text, "corrects": corrects}})
	})
	if err == nil {
		d.told(e.RegionPath, "log", e.ID)
	}
	return e, err
}

// maxEntries bounds what one document holds.
const maxEntries = 5000

// entries are the newest entries that a filter chooses, the oldest of them first, and how many older
// ones there are.
func (d *Desk) entries(ctx context.Context, f entryFilter) (list []EntryView, left int, err error) {
	list, f.Page = []EntryView{}, store.Page{Limit: store.MaxLimit}
	for total := int64(0); ; {
		found, err := listEntries(ctx, d.DB, f)
		if err != nil {
			return nil, 0, err
		}
		if f.Page.After == "" {
			total = found.Total
		}
		for _, e := range found.Items {
			list = append(list, e.view(ctx))
		}
		if f.Page.After = found.Next; f.Page.After == "" || len(list) >= maxEntries {
			slices.Reverse(list)
			return list, max(int(total)-len(list), 0), nil
		}
	}
}

func auditClaim(ctx context.Context, tx *store.Tx, it *Item, from string) error {
	return audit.Write(ctx, tx, audit.Entry{Action: "alert.duty.claim", Object: "alert-duty-item:" + it.ID, RegionPath: it.RegionPath,
		Detail: map[string]any{"what": it.Kind, "title": it.Title, "message": it.Message, "from": from}})
}
