package head

import (
	"context"
	"strings"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/ebd/tables"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/output"
)

// most resources that one message names: their number is a byte (086 table 1).
const mostResources = 255

// languages are codes of GB/T 4880.2.
var languages = map[string]string{"zh": "zho", "en": "eng"}

// classes of the index, 086 table 2.
var classes = map[message.Kind]tables.Class{message.Real: tables.Emergency, message.TerminalDrill: tables.ActualDrill, message.HeadEndDrill: tables.SimulatedDrill, message.PlatformDrill: tables.SystemDrill}

// auxiliaries by MIME type.
var auxiliaries = map[string]tables.AuxiliaryType{"audio/mpeg": tables.MP3, "image/png": tables.PNG, "image/jpeg": tables.JPEG, "image/gif": tables.GIF}

// entry makes a message's rows in the tables.
func (h *head) entry(ctx context.Context, p *output.Parcel) (*entry, error) {
	msg, c := p.Message, &p.Message.Current.Content
	resources, err := h.resources(p)
	if err != nil {
		return nil, err
	}
	e := &entry{id: msg.ID, number: msg.Current.Number, rank: p.Rank, end: msg.EndsAt, since: h.Clock.Now()}
	e.index = tables.Message{ID: msg.EBMID, Network: h.settings.Network, Start: msg.StartsAt.Truncate(time.Second), End: msg.EndsAt.Truncate(time.Second), Event: c.Event,
		Class: classes[msg.Kind], Severity: c.Severity.EBD(), Resources: resources}
	e.content.ID = msg.EBMID
	for _, t := range c.Texts {
		w := message.Word(msg.Kind, t)
		text := strings.TrimSpace(w.Title + "\n" + w.Body + "\n" + w.Advice)
		l := tables.Language{Code: languages[t.Lang], Charset: tables.CharsetFor(text), Text: text, Agency: h.Agency}
		if h.settings.Files {
			if l.Auxiliary, err = h.files(ctx, c, t.Lang); err != nil {
				return nil, err
			}
		}
		e.content.Languages = append(e.content.Languages, l)
	}
	return e, nil
}

// files are a text's sound and the first picture, of the types that the tables know.
func (h *head) files(ctx context.Context, c *message.Content, lang string) (list []tables.Auxiliary, err error) {
	add := func(mime, digest string) error {
		kind, ok := auxiliaries[mime]
		if !ok || len(list) == 2 {
			return nil
		}
		data, err := h.Object(ctx, digest)
		if err == nil {
			list = append(list, tables.Auxiliary{Type: kind, Data: data})
		}
		return err
	}
	if s, ok := c.Sound(lang); ok {
		if err := add(s.MIME, s.SM3); err != nil {
			return nil, err
		}
	}
	for _, a := range c.Attachments {
		if a.Audible() {
			continue
		}
		if err := add(a.MIME, a.SM3); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// resources are who must respond: those that the head was set up with, else every set-top box
// of the message's places.
func (h *head) resources(p *output.Parcel) (codes []ebd.ResourceCode, err error) {
	for _, code := range h.settings.Respond {
		codes = append(codes, ebd.ResourceCode(code))
	}
	if len(codes) > 0 {
		return codes, nil
	}
	kind := "0302" // DVB-C
	if h.settings.Medium == "terrestrial" {
		kind = "0303" // DTMB
	}
	codes, err = h.config.Groups(p, kind, mostResources)
	if err == nil && len(codes) == 0 {
		err = &output.Refused{Why: "the message names no place that has set-top boxes"}
	}
	return codes, err
}
