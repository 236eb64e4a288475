package tables

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/mpegts"
)

// Config is how a head sends tables. Zero values stand for what is said beside them.
type Config struct {
	Edition *Edition // Cable
	Rate    int64    // of the whole transport stream in bits per second
	Sign    Signer   // nil sends unsigned tables
	// The stream of its own that a head without a remultiplexer makes: the programme under
	// which the PID is announced, and a clock for equipment that wants one. A Carousel that
	// inserts into a stream that passes has neither.
	Program         uint16 // 0 writes no PAT and PMT
	TransportStream uint16
	PMTPID          uint16 // 0x0100
	ClockPID        uint16 // 0 for no clock
	// Periods of repetition. The index's is a promise (IndexLimit), the others are as long
	// as there is room.
	IndexPeriod   time.Duration // 200 ms
	ContentPeriod time.Duration // 1 s
	OtherPeriod   time.Duration // 5 s: certificates and configuration
	// Versions goes on with the versions of a Carousel before, so that terminals that saw
	// its tables notice new ones.
	Versions Versions
}

// Versions are the versions that the tables have now, to be kept across restarts.
type Versions struct {
	Index         uint8               `json:"index"`
	Certificates  uint8               `json:"certificates"`
	Configuration uint8               `json:"configuration"`
	Content       map[ebd.EBMID]uint8 `json:"content,omitempty"` // of messages on the air and some before
}

// maxContentVersions bounds the versions kept of messages that are over.
const maxContentVersions = 1024

// Set is everything a head sends at a time.
type Set struct {
	Index         Index
	Contents      []Content      // of messages in the index
	Certificates  *Certificates  // nil: none is sent
	Configuration *Configuration // nil: none is sent
}

// Carousel sends tables again and again. Like the Mux in it, it is not safe for
// concurrent use.
type Carousel struct {
	cfg      Config
	mux      *mpegts.Mux
	versions Versions
	sent     map[string]sent // by key
	fixed    []mpegts.Item   // PAT and PMT
}

// sent is a table on the air.
type sent struct {
	content []byte
	version uint8
	item    mpegts.Item
}

// NewCarousel returns a carousel with an empty index.
func NewCarousel(cfg Config) (*Carousel, error) {
	if cfg.Edition == nil {
		cfg.Edition = Cable
	}
	if cfg.PMTPID == 0 {
		cfg.PMTPID = 0x0100
	}
	for _, p := range []struct {
		of       *time.Duration
		standard time.Duration
	}{{&cfg.IndexPeriod, 200 * time.Millisecond}, {&cfg.ContentPeriod, time.Second}, {&cfg.OtherPeriod, 5 * time.Second}} {
		if *p.of == 0 {
			*p.of = p.standard
		}
	}
	mux, err := mpegts.NewMux(cfg.Rate)
	if err != nil {
		return nil, err
	}
	c := &Carousel{cfg: cfg, mux: mux, versions: cfg.Versions, sent: map[string]sent{}}
	c.versions.Content = maps.Clone(cfg.Versions.Content)
	if c.versions.Content == nil {
		c.versions.Content = map[ebd.EBMID]uint8{}
	}
	if cfg.ClockPID != 0 {
		if err := mux.Clock(cfg.ClockPID); err != nil {
			return nil, err
		}
	}
	if cfg.Program != 0 {
		if err := c.announce(); err != nil {
			return nil, err
		}
	}
	return c, c.Set(Set{})
}

// announce makes PAT and PMT: one programme with the PID of the tables in it, as a
// stream of private sections (087 §6.2 gives the type 5).
func (c *Carousel) announce() error {
	clock := uint16(mpegts.NullPID)
	if c.cfg.ClockPID != 0 {
		clock = c.cfg.ClockPID
	}
	pat, err := mpegts.PAT{TransportStream: c.cfg.TransportStream,
		Programs: []mpegts.Program{{Number: c.cfg.Program, PID: c.cfg.PMTPID}}}.Table(0)
	if err != nil {
		return err
	}
	pmt, err := mpegts.PMT{Program: c.cfg.Program, PCRPID: clock,
		Streams: []mpegts.Stream{{Type: mpegts.StreamSections, PID: PID}}}.Table(c.cfg.PMTPID, 0)
	if err != nil {
		return err
	}
	for _, t := range []struct {
		key string
		*mpegts.Table
	}{{"PAT", pat}, {"PMT", pmt}} {
		sections, err := t.Sections()
		if err != nil {
			return err
		}
		c.fixed = append(c.fixed, mpegts.Item{Key: t.key, PID: t.PID, Sections: sections,
			Period: 100 * time.Millisecond, Limit: 500 * time.Millisecond})
	}
	return nil
}

// Mux is where the packets come from: Next or Insert.
func (c *Carousel) Mux() *mpegts.Mux { return c.mux }

// Versions are those of the tables on the air.
func (c *Carousel) Versions() Versions {
	v := c.versions
	v.Content = maps.Clone(v.Content)
	return v
}

// Set makes s what is sent, from the next section on. A table that says something else
// than before gets the next version and a new signature; one that says the same goes on
// as it is. An error changes nothing.
func (c *Carousel) Set(s Set) error {
	items := slices.Clone(c.fixed)
	next, versions := map[string]sent{}, c.Versions()
	add := func(key string, b Body, version *uint8, period, limit time.Duration) error {
		content, err := Signed(c.cfg.Edition, b)
		if err != nil {
			return err
		}
		now, ok := c.sent[key]
		if !ok || !bytes.Equal(now.content, content) {
			*version = (*version + 1) & 31
			t, err := seal(b, content, *version, c.cfg.Sign)
			if err != nil {
				return err
			}
			now = sent{content: content, version: *version, item: mpegts.Item{Key: key, PID: PID, Period: period, Limit: limit}}
			if now.item.Sections, err = t.Sections(); err != nil {
				return err
			}
		}
		next[key] = now
		items = append(items, now.item)
		return nil
	}
	if err := add("index", &s.Index, &versions.Index, c.cfg.IndexPeriod, IndexLimit); err != nil {
		return err
	}
	if err := belong(s); err != nil {
		return err
	}
	for i := range s.Contents {
		b := &s.Contents[i]
		v := versions.Content[b.ID]
		if err := add("content "+string(b.ID), b, &v, c.cfg.ContentPeriod, 0); err != nil {
			return err
		}
		versions.Content[b.ID] = v
	}
	if s.Certificates != nil {
		if err := add("certificates", s.Certificates, &versions.Certificates, c.cfg.OtherPeriod, 0); err != nil {
			return err
		}
	}
	if s.Configuration != nil {
		if err := add("configuration", s.Configuration, &versions.Configuration, c.cfg.OtherPeriod, 0); err != nil {
			return err
		}
	}
	if err := c.mux.Set(items); err != nil {
		return err
	}
	forget(versions.Content, s.Contents)
	c.sent, c.versions = next, versions
	return nil
}

// belong checks that every content is of a message in the index, and that terminals can
// tell them apart.
func belong(s Set) error {
	known := map[ebd.EBMID]bool{}
	for _, m := range s.Index.Messages {
		known[m.ID] = true
	}
	by := map[uint16]ebd.EBMID{}
	for i := range s.Contents {
		b := &s.Contents[i]
		if !known[b.ID] {
			return &Error{b.Name(), nth("contents", i), fmt.Sprintf("message %s is not in the index", b.ID)}
		}
		if other, taken := by[b.Extension()]; taken {
			return &Error{b.Name(), nth("contents", i), fmt.Sprintf("messages %s and %s have the same table_id_extension", other, b.ID)}
		}
		by[b.Extension()] = b.ID
	}
	return nil
}

// forget drops versions of messages that are over, the earliest days first.
func forget(versions map[ebd.EBMID]uint8, now []Content) {
	if len(versions) <= maxContentVersions {
		return
	}
	current := map[ebd.EBMID]bool{}
	for i := range now {
		current[now[i].ID] = true
	}
	byDay := func(a, b ebd.EBMID) int { return a.Date().Compare(b.Date()) }
	for _, id := range slices.SortedFunc(maps.Keys(versions), byDay) {
		if len(versions) <= maxContentVersions {
			return
		}
		if !current[id] {
			delete(versions, id)
		}
	}
}
