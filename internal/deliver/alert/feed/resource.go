package feed

import (
	"context"
	"crypto/sha1" // CAP 1.2 §3.2.3 says SHA-1; it guards against damage, the alert's signature against people
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tongsheng/tongsheng/engine/cap"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/openweb"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Offer is a sound or picture that an alert names (CAP 1.2 §3.2.3): it is fetched beside the
// message, which never waits for it, and whoever looks after the message may take it.
type Offer struct {
	ID      string    `json:"id"`
	Arrival string    `json:"arrival" doc:"Record of what it came with"`
	Lang    string    `json:"lang" doc:"zh, en, or nothing"`
	Title   string    `json:"title"`
	URI     string    `json:"uri,omitempty" doc:"Where it was fetched; absent where it stood in the alert"`
	State   string    `json:"state" enum:"wanted,held,refused"`
	Reason  string    `json:"reason,omitempty" doc:"Why it is not there"`
	SM3     string    `json:"sm3,omitempty" doc:"Of what is held; fetched at /media/{sm3}"`
	MIME    string    `json:"mime,omitempty" doc:"As its content says"`
	Bytes   int64     `json:"bytes,omitempty"`
	At      time.Time `json:"at"`

	source, message string
	sha1            string
	attempts        int
	nextAt          time.Time
}

// States of an offer.
const (
	offerWanted  = "wanted"
	OfferHeld    = "held"
	offerRefused = "refused"
)

// Limits of fetching what alerts name.
const (
	maxOffers   = 10 // of one alert
	maxAttempts = 3
	atOnce      = 4
	maxURI      = 2000
	restFor     = time.Minute // after what came could not be noted
)

// offersOf are the sounds and pictures that an alert names, each once. Everything else, such as
// pages and documents, is left where it is.
func offersOf(a *cap.Alert) (list []*Offer, inline map[*Offer]string) {
	seen := map[string]bool{}
	inline = map[*Offer]string{}
	for i := range a.Infos {
		n := &a.Infos[i]
		for _, r := range n.Resources {
			kind := strings.ToLower(r.MIMEType)
			if !strings.HasPrefix(kind, "image/") && !strings.HasPrefix(kind, "audio/") && kind != "application/ogg" || len(list) == maxOffers {
				continue
			}
			key := r.URI
			if r.DerefURI != "" {
				key = r.DerefURI
			}
			if key == "" || seen[key] {
				continue
			}
			seen[key] = true
			o := &Offer{Lang: lang(n.Language), Title: clean(r.Description, "", 100), URI: r.URI, sha1: strings.ToLower(strings.TrimSpace(r.Digest)), State: offerWanted}
			if r.DerefURI != "" {
				inline[o] = r.DerefURI
				o.URI = ""
			} else if why := askable(r); why != "" {
				o.State, o.Reason, o.URI = offerRefused, why, short(r.URI)
			}
			list = append(list, o)
		}
	}
	return list, inline
}

// askable is why a resource cannot be fetched, empty if it can.
func askable(r cap.Resource) string {
	u, err := url.Parse(r.URI)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(r.URI) > maxURI:
		return "its address cannot be fetched"
	case r.Size > media.MaxAttachment:
		return fmt.Sprintf("it is larger than %d MB", media.MaxAttachment>>20)
	}
	return ""
}

// want writes down what an alert brought along. What stands in the alert itself is put aside and
// looked at with the rest, since a picture that takes long to look at must hold up no text.
func (d *Desk) want(ctx context.Context, s *Source, a *cap.Alert, arrival, message string) {
	if message == "" {
		return
	}
	list, inline := offersOf(a)
	for _, o := range list {
		o.source, o.Arrival, o.message = s.ID, arrival, message
		if o.State == offerWanted {
			o.nextAt = d.Clock.Now()
		}
		if text, ok := inline[o]; ok {
			raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
			if err == nil && len(raw) > media.MaxAttachment {
				err = fault.New(fault.TooLarge, "alert.attachment.too_large", fault.Args{"limit": media.MaxAttachment >> 20})
			}
			if err == nil {
				o.SM3, err = d.House.Keep(ctx, raw)
			}
			if err != nil {
				o.State, o.Reason, o.nextAt = offerRefused, say(err), time.Time{}
			}
		}
		if err := d.DB.Housekeep(ctx, func(tx *store.Tx) error { return insertOffer(ctx, tx, o) }); err != nil && ctx.Err() == nil {
			d.Log.Warn("alert: what came with an alert could not be noted", "source", s.ID, "alert", a.Identifier, "error", err)
		}
	}
}

// hold looks at content and keeps it; the row that names it must follow.
func (d *Desk) hold(ctx context.Context, o *Offer, raw []byte) error {
	if sum := sha1.Sum(raw); o.sha1 != "" && o.sha1 != hex.EncodeToString(sum[:]) {
		return errors.New("it is not what the alert's digest says")
	}
	mime, err := media.Sniff(raw)
	if err != nil {
		return err
	}
	digest, err := d.House.Keep(ctx, raw)
	if err != nil {
		return err
	}
	o.State, o.Reason, o.SM3, o.MIME, o.Bytes, o.nextAt = OfferHeld, "", digest, mime, int64(len(raw)), time.Time{}
	return nil
}

// note keeps what an offer holds for as long as the record of its arrival.
func (d *Desk) note(ctx context.Context, tx *store.Tx, o *Offer) error {
	if o.State != OfferHeld {
		return nil
	}
	path, err := d.House.ArrivalPath(ctx, tx, o.Arrival)
	if err != nil {
		return err
	}
	return media.Note(ctx, tx, media.Object{SM3: o.SM3, MessageID: "arrival:" + o.Arrival, RegionPath: path, MIME: o.MIME, Bytes: o.Bytes})
}

// Gather fetches what is wanted now, some at a time.
func (d *Desk) Gather(ctx context.Context) {
	now := d.Clock.Now()
	d.mu.Lock()
	maps.DeleteFunc(d.later, func(_ string, at time.Time) bool { return !at.After(now) })
	rests := maps.Clone(d.later)
	d.mu.Unlock()
	due, err := dueOffers(ctx, d.DB, now, atOnce+len(rests))
	if err != nil {
		if ctx.Err() == nil {
			d.Log.Warn("alert: what alerts name could not be looked for", "error", err)
		}
		return
	}
	due = slices.DeleteFunc(due, func(o *Offer) bool { return !rests[o.ID].IsZero() })
	var all sync.WaitGroup
	for _, o := range due[:min(len(due), atOnce)] {
		all.Go(func() { d.gatherOne(ctx, o) })
	}
	all.Wait()
}

func (d *Desk) gatherOne(ctx context.Context, o *Offer) {
	s, err := readSource(ctx, d.DB, o.source, auth.Everywhere)
	if fault.IsKind(err, fault.NotFound) { // it was given up: nothing more is asked for its sake
		o.State, o.Reason, o.nextAt = offerRefused, "its source was given up", time.Time{}
	} else if err == nil {
		var raw []byte
		if o.URI == "" {
			raw, err = d.House.Object(ctx, o.SM3)
		} else {
			raw, err = d.ask(ctx, s, o.URI)
		}
		if err == nil {
			err = d.hold(ctx, o, raw)
		}
		if ctx.Err() != nil {
			return // stopped in the middle: it is fetched again
		}
		if o.attempts++; err != nil {
			o.Reason, o.nextAt = say(err), d.Clock.Now().Add(time.Duration(o.attempts)*10*time.Second)
			if o.attempts >= maxAttempts || fault.IsKind(err, fault.Invalid) || fault.IsKind(err, fault.TooLarge) {
				o.State, o.nextAt, o.SM3 = offerRefused, time.Time{}, ""
			}
		}
	} else {
		return // the platform's own
	}
	err = d.DB.Housekeep(ctx, func(tx *store.Tx) error {
		if err := d.note(ctx, tx, o); err != nil {
			return err
		}
		return updateOffer(ctx, tx, o)
	})
	if err != nil {
		if ctx.Err() == nil {
			d.Log.Warn("alert: what an alert names could not be kept", "source", o.source, "error", err)
		}
		d.mu.Lock() // whose server it is need not pay for it every second
		d.later[o.ID] = d.Clock.Now().Add(restFor)
		d.mu.Unlock()
		return
	}
	d.Live.Tell("alert.offer", d.Read, s.pathOr(d.Home), map[string]any{"message": o.message, "state": o.State})
}

// pathOr is the region that a source speaks to; of none, other.
func (s *Source) pathOr(other string) string {
	if s == nil {
		return other
	}
	return s.RegionPath
}

// ask fetches what stands at an address: on the open internet, or anywhere where the source's
// settings say so.
func (d *Desk) ask(ctx context.Context, s *Source, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	client := d.outside
	if s.Settings.Inside {
		client = d.inside
	}
	for hop := 0; ; hop++ {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, err
		}
		if r.URL.Scheme != "https" && r.URL.Scheme != "http" || r.URL.User != nil {
			return nil, errElse
		}
		r.Header.Set("User-Agent", agent)
		r.Header.Set("Accept", "image/*, audio/*")
		answer, err := client.Do(r)
		if err != nil {
			return nil, err
		}
		if answer.StatusCode >= 300 && answer.StatusCode < 400 {
			next, err := answer.Location()
			answer.Body.Close()
			if err != nil || hop == maxRedirects {
				return nil, fmt.Errorf("HTTP %d, after %d redirections", answer.StatusCode, hop)
			}
			address = next.String()
			continue
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("HTTP %d", answer.StatusCode)
		}
		if answer.ContentLength > media.MaxAttachment {
			return nil, fault.New(fault.TooLarge, "alert.attachment.too_large", fault.Args{"limit": media.MaxAttachment >> 20})
		}
		return media.ReadAll(io.LimitReader(answer.Body, media.MaxAttachment+1), media.MaxAttachment)
	}
}

// resourceClients are how what alerts name is fetched.
func resourceClients() (outside, inside *http.Client) {
	return openweb.Client(patience, 2, false), openweb.Client(patience, 2, true)
}
