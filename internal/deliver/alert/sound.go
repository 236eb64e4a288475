package alert

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// signal is the sound in front of a message.
func signal(class wire.Class, s message.Severity) speech.Signal {
	if class == wire.Everyday || s == message.Unknown {
		return speech.Everyday
	}
	return speech.Signal(s)
}

// voice gives every text a sound: recordings stay, speech is made anew when the words or
// their pronunciation changed. Urgent is what is about to be sent.
func (m *Module) voice(ctx context.Context, msg *message.Message, c message.Content, urgent bool) ([]message.Sound, error) {
	if c.Relay != "" {
		return nil, nil
	}
	dictionary, stamp, err := m.book.Dictionary(ctx)
	if err != nil {
		return nil, err
	}
	var sounds []message.Sound
	for _, t := range c.Texts {
		words, sig := message.Word(msg.Kind, t).Spoken, signal(msg.Class, c.Severity)
		spoken := blob.Digest([]byte(t.Lang + "\x00" + words + "\x00" + string(sig) + "\x00" + stamp))
		if s, ok := c.Sound(t.Lang); ok && (s.Origin == message.FromRecording || s.Spoken == spoken) {
			sounds = append(sounds, s)
			continue
		}
		clip, err := m.Speech.Say(ctx, speech.Order{Text: words, Lang: i18n.Lang(t.Lang), Words: dictionary, Signal: sig, Urgent: urgent})
		if err != nil {
			return nil, err
		}
		s, err := m.keep(ctx, t.Lang, clip)
		if err != nil {
			return nil, err
		}
		s.Origin, s.Spoken = message.FromSpeech, spoken
		sounds = append(sounds, s)
	}
	return sounds, nil
}

// aloud is a text as synthetic speech reads it out in its language. The dictionary says how its
// words are pronounced and changes none of them.
func aloud(lang, text string) string {
	text = strings.TrimSpace(strings.ToValidUTF8(text, ""))
	if i18n.Lang(lang) != i18n.Chinese {
		return speech.English(text)
	}
	return speech.Chinese(text)
}

func (m *Module) keep(ctx context.Context, lang string, clip speech.Clip) (message.Sound, error) {
	digest, err := m.shelf.Keep(ctx, clip.Data)
	return message.Sound{Lang: lang, SM3: digest, MIME: clip.MIME, Bytes: int64(len(clip.Data)), Millis: int(clip.Duration.Milliseconds())}, err
}

// note records the objects that a version refers to.
func note(ctx context.Context, tx *store.Tx, msg *message.Message, c *message.Content) error {
	for _, s := range c.Sounds {
		if err := media.Note(ctx, tx, media.Object{SM3: s.SM3, MessageID: msg.ID, RegionPath: msg.RegionPath, MIME: s.MIME, Bytes: s.Bytes}); err != nil {
			return err
		}
	}
	for _, a := range c.Attachments {
		if err := media.Note(ctx, tx, media.Object{SM3: a.SM3, MessageID: msg.ID, RegionPath: msg.RegionPath, MIME: a.MIME, Bytes: a.Bytes}); err != nil {
			return err
		}
	}
	return nil
}

// openDraft is the message whose open version the asker may work on.
func (m *Module) openDraft(ctx context.Context, id string) (*message.Message, *message.Version, error) {
	msg, err := m.see(ctx, m.DB, id)
	if err != nil {
		return nil, nil, err
	}
	if err := auth.Check(ctx, PermDraft, msg.RegionPath); err != nil {
		return nil, nil, err
	}
	v, err := msg.Draft()
	return msg, v, err
}

// speak makes the speech of the open version, so that it can be listened to.
func (m *Module) speak(ctx context.Context, id string) (*message.Message, error) {
	msg, v, err := m.openDraft(ctx, id)
	if err != nil {
		return nil, err
	}
	sounds, err := m.voice(ctx, msg, v.Content, false)
	if err != nil || slices.Equal(sounds, v.Content.Sounds) {
		return msg, err
	}
	return m.dress(ctx, msg, "speak", func(c *message.Content) { c.Sounds = sounds })
}

// record takes a person's voice for one language instead of synthetic speech. Whatever the
// person says, a drill is announced as one before and after, in the words that synthetic
// speech would use.
func (m *Module) record(ctx context.Context, id, lang string, r io.Reader) (*message.Message, error) {
	msg, v, err := m.openDraft(ctx, id)
	if err != nil {
		return nil, err
	}
	if v.Content.Text(lang).Lang != lang {
		return nil, fault.Bad("lang", "alert.recording.no_text")
	}
	dictionary, _, err := m.book.Dictionary(ctx)
	if err != nil {
		return nil, err
	}
	before, after := message.SpokenMarks(msg.Kind, lang)
	clip, err := m.Speech.Record(ctx, speech.Recording{Sound: r, Signal: signal(msg.Class, v.Content.Severity), Before: before, After: after,
		Lang: i18n.Lang(lang), Words: dictionary})
	if err != nil {
		return nil, err
	}
	s, err := m.keep(ctx, lang, clip)
	if err != nil {
		return nil, err
	}
	s.Origin = message.FromRecording
	return m.dress(ctx, msg, "record", func(c *message.Content) {
		c.Sounds = append(slices.DeleteFunc(slices.Clone(c.Sounds), func(o message.Sound) bool { return o.Lang == lang }), s)
	})
}

// unrecord goes back to synthetic speech in one language.
func (m *Module) unrecord(ctx context.Context, id, lang string) (*message.Message, error) {
	msg, _, err := m.openDraft(ctx, id)
	if err != nil {
		return nil, err
	}
	return m.dress(ctx, msg, "unrecord", func(c *message.Content) {
		c.Sounds = slices.DeleteFunc(slices.Clone(c.Sounds), func(o message.Sound) bool { return o.Lang == lang })
	})
}

// attach puts a picture or sound beside the message.
func (m *Module) attach(ctx context.Context, id, name string, content []byte) (*message.Message, error) {
	msg, v, err := m.openDraft(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(v.Content.Attachments) >= message.MaxAttachments {
		return nil, fault.Bad("file", "alert.attachment.many", fault.Args{"limit": message.MaxAttachments})
	}
	if i18n.Deceives(name, "") { // one line, wherever it is shown or sent
		return nil, fault.Bad("query.name", "validate.hidden")
	}
	mime, err := media.Sniff(content)
	if err != nil {
		return nil, err
	}
	a := message.Attachment{MIME: mime, Bytes: int64(len(content)), Name: name}
	if a.Audible() {
		if err := m.Speech.Plays(ctx, mime, content); err != nil {
			return nil, err
		}
	}
	digest, err := m.shelf.Keep(ctx, content)
	if err != nil {
		return nil, err
	}
	a.SM3 = digest
	return m.dress(ctx, msg, "attach", func(c *message.Content) {
		c.Attachments = append(slices.DeleteFunc(slices.Clone(c.Attachments), func(o message.Attachment) bool { return o.SM3 == digest }), a)
	})
}

// detach takes an attachment away.
func (m *Module) detach(ctx context.Context, id, digest string) (*message.Message, error) {
	msg, _, err := m.openDraft(ctx, id)
	if err != nil {
		return nil, err
	}
	return m.dress(ctx, msg, "detach", func(c *message.Content) {
		c.Attachments = slices.DeleteFunc(slices.Clone(c.Attachments), func(o message.Attachment) bool { return o.SM3 == digest })
	})
}

// dress changes the sounds or attachments of the open version: an edit like any other,
// which voids approvals.
func (m *Module) dress(ctx context.Context, was *message.Message, action string, alter func(*message.Content)) (*message.Message, error) {
	return m.change(ctx, PermDraft, was.ID, was.Revision, action, func(tx *store.Tx, msg *message.Message) (any, error) {
		v, err := msg.Draft()
		if err != nil {
			return nil, err
		}
		c := v.Content
		alter(&c)
		if err := v.Edit(person(ctx), c); err != nil {
			return nil, err
		}
		msg.Settle()
		return map[string]any{"version": v.Number, "sounds": c.Sounds, "attachments": c.Attachments}, note(ctx, tx, msg, &c)
	})
}
