package feed

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/openweb"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// How many entries of a feed are fetched before what they lead to is taken, and how many bytes at
// most, the newest first; none is begun later than patience after the first. The rest follows at
// once.
const (
	maxFollowed = 100
	maxGathered = 8 * maxDocument
)

// look fetches the sources that are due, each by itself: a slow one holds up no other.
func (d *Desk) look(ctx context.Context) {
	sources, err := enabledSources(ctx, d.DB, Pull)
	if err != nil {
		if ctx.Err() == nil {
			d.Log.Warn("alert: sources of CAP could not be read", "error", err)
		}
		return
	}
	now := d.Clock.Now()
	for _, s := range sources {
		d.mu.Lock()
		due := !d.marksOf(s).next.After(now)
		d.mu.Unlock()
		if due && d.claim(s.ID) {
			d.group.Go(func() {
				defer d.release(s.ID)
				d.pull(ctx, s)
			})
		}
	}
}

// marksOf are the marks of a source; none are kept of how it was set up before. The caller holds mu.
func (d *Desk) marksOf(s *Source) *marks {
	if m := d.marks[s.ID]; m != nil && m.revision == s.Revision {
		return m
	}
	d.marks[s.ID] = &marks{revision: s.Revision, entries: map[string]string{}}
	return d.marks[s.ID]
}

// claim reports whether a source is the caller's to fetch; release it afterwards.
func (d *Desk) claim(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.busy[id]
	d.busy[id] = true
	return !was
}

func (d *Desk) release(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, id)
}

// pull fetches a source once and takes what is new.
func (d *Desk) pull(ctx context.Context, s *Source) {
	d.mu.Lock()
	kept := d.marksOf(s)
	d.mu.Unlock()
	fresh, more, err := d.fetchNew(acting(ctx, s), s, kept)
	if ctx.Err() != nil {
		return
	}
	d.heard(ctx, s, fresh, err)
	next := d.Clock.Now()
	if !more || err != nil {
		next = next.Add(s.interval())
	}
	d.mu.Lock()
	kept.next = next // of a source that was changed meanwhile nobody asks it
	d.mu.Unlock()
}

// fetchNew reports whether something new came, and whether entries are left to be followed. An
// error may stand beside what was taken.
func (d *Desk) fetchNew(ctx context.Context, s *Source, kept *marks) (fresh, more bool, err error) {
	now := d.Clock.Now()
	said := *kept
	raw, err := d.fetch(ctx, s, s.Settings.URL, &said)
	if err != nil || raw == nil {
		return false, false, err
	}
	doc, err := documentOf(raw)
	if err != nil {
		return false, false, err
	}
	docs, more, err := d.follow(ctx, s, doc, kept.entries)
	for _, f := range docs {
		judged, failed := d.take(ctx, s, f.document)
		fresh = fresh || slices.ContainsFunc(judged, func(j Judged) bool { return j.Verdict == Taken && !j.At.Before(now) })
		if failed != nil {
			err = errors.Join(err, failed)
		} else if f.link != "" {
			kept.entries[f.link] = f.updated
		}
	}
	if err == nil && !more { // else all of it is looked at again
		kept.etag, kept.modified = said.etag, said.modified
	}
	return fresh, more, err
}

// found is a document that a feed holds or leads to.
type found struct {
	*document
	link, updated string
}

// follow gathers the documents of a feed: itself where alerts stand in it, and what its
// entries lead to. Entries that are done, as they were updated then, are left out; more says
// that others are left.
func (d *Desk) follow(ctx context.Context, s *Source, doc *document, done map[string]string) (docs []found, more bool, err error) {
	if doc.single() || doc.read.Version == "edxl" {
		return []found{{document: doc}}, false, nil
	}
	home, _ := url.Parse(s.Settings.URL)
	var wanted []cap.Entry
	links, bare := map[string]bool{}, len(doc.read.Alerts) > 0 && !s.Trust.Signed
	for _, e := range doc.read.Entries {
		if e.Alert != nil && !s.Trust.Signed { // a signature does not survive being put into a feed
			continue
		}
		if u, bad := url.Parse(e.Link); bad == nil && e.Link != "" && home != nil {
			e.Link = home.ResolveReference(u).String()
		} else {
			bare = bare || e.Alert != nil // it is refused on record
			continue
		}
		links[e.Link] = true
		if at := done[e.Link]; at != noHelp+stamp(e) && (at != stamp(e) || e.Updated.IsZero()) {
			wanted = append(wanted, e)
		}
	}
	for link := range done {
		if !links[link] {
			delete(done, link)
		}
	}
	again := func(e cap.Entry) bool { return done[e.Link] != "" && e.Updated.IsZero() } // nobody says whether it changed
	slices.SortStableFunc(wanted, func(a, b cap.Entry) int {
		if again(a) != again(b) {
			if again(a) {
				return 1
			}
			return -1
		}
		return b.Updated.Compare(a.Updated)
	})
	began, gathered := d.Clock.Now(), 0
	for i, e := range wanted {
		if i == maxFollowed || gathered > maxGathered || d.Clock.Now().Sub(began) > d.patience {
			more = slices.ContainsFunc(wanted[i:], func(e cap.Entry) bool { return !again(e) })
			break
		}
		raw, failed := d.fetch(ctx, s, e.Link, nil)
		helps := !errors.Is(failed, errElse)
		var one *document
		if failed == nil {
			if one, failed = documentOf(raw); failed == nil && !one.single() {
				failed = errors.New("it is no CAP alert")
			}
			helps = failed == nil
		}
		if failed != nil {
			if err == nil {
				err = fmt.Errorf("%s: %s", e.Link, say(failed))
			}
			if !helps {
				done[e.Link] = noHelp + stamp(e)
			}
			if ctx.Err() != nil {
				return docs, false, ctx.Err()
			}
			continue
		}
		gathered += len(raw)
		docs = append(docs, found{one, e.Link, stamp(e)})
	}
	// An update after what it updates.
	slices.SortStableFunc(docs, func(a, b found) int { return a.read.Alerts[0].Sent.Compare(b.read.Alerts[0].Sent) })
	if bare {
		docs = append(docs, found{document: doc})
	}
	return docs, more, err
}

// noHelp marks what no alert is to be had from, as long as the feed names it as it does.
const noHelp = "-"

func stamp(e cap.Entry) string { return e.Updated.UTC().Format(time.RFC3339) }

// heard keeps how a source did, and tells when it begins or ceases to fail for long. How it did
// before it was changed says nothing of how it does now.
func (d *Desk) heard(ctx context.Context, s *Source, fresh bool, err error) {
	now := d.Clock.Now()
	h := &s.Health
	failed := h.Failing(now)
	h.HeardAt = now
	if fresh {
		h.NewAt = now
	}
	if err == nil {
		h.Failures, h.FailingSince = 0, time.Time{}
	} else {
		if h.Failures++; h.FailingSince.IsZero() {
			h.FailingSince = now
		}
		h.FailedAt, h.Failure = now, say(err)
	}
	keep := d.DB.Housekeep(ctx, func(tx *store.Tx) error { return noteHealth(ctx, tx, s) })
	if fault.IsKind(keep, fault.Stale) {
		return
	}
	if keep != nil && ctx.Err() == nil {
		d.Log.Warn("alert: how a source of CAP did could not be kept", "source", s.ID, "error", keep)
	}
	switch fails := h.Failing(now); {
	case fails && !failed:
		d.Log.Error("alert: a source of CAP fails", "source", s.ID, "name", s.NameZh, "since", h.FailingSince, "error", err)
		d.Live.Tell("alert.source", d.Read, s.RegionPath, map[string]any{"id": s.ID, "failing": true})
	case failed && !fails:
		d.Live.Tell("alert.source", d.Read, s.RegionPath, map[string]any{"id": s.ID, "failing": false})
	}
}

func say(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		if why, ok := f.Args["error"]; ok {
			err = errors.New(fmt.Sprint(why))
		}
	}
	return openweb.Why(err)
}
