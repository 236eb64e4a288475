package alert

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
)

// Published is a message that was sent to the public, with its places by name.
type Published struct {
	*message.Message
	Places []Place
}

// Changes are the versions of a published message that were issued, the oldest first.
func (m *Module) Changes(ctx context.Context, id string) ([]*message.Version, error) {
	versions, err := readVersions(ctx, m.DB, id)
	return slices.DeleteFunc(versions, func(v *message.Version) bool { return v.IssuedAt.IsZero() }), err
}

// public reports whether citizens may know of a message: it was issued, and it is not a
// drill that stays within platforms. What a timetable plays is for loudspeakers: it is no notice.
func public(msg *message.Message) bool {
	return msg.Current != nil && msg.Kind.ReachesTerminals() && ruleOrigin(msg.Origin) != rule.Timetable
}

// maxPublished is how many messages the public is told of at once.
const maxPublished = 300

// Published lists what is on the air or to come; and, with since, what ended after it.
func (m *Module) Published(ctx context.Context, since time.Time) ([]Published, error) {
	ids, err := published(ctx, m.DB, since, maxPublished)
	if err != nil {
		return nil, err
	}
	out := make([]Published, 0, len(ids))
	for _, id := range ids {
		p, err := m.PublishedOne(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, *p)
	}
	return out, nil
}

// PublishedOne is one message that was sent to the public, however long ago.
func (m *Module) PublishedOne(ctx context.Context, id string) (*Published, error) {
	msg, err := readMessage(ctx, m.DB, id)
	if err != nil {
		return nil, err
	}
	if !public(msg) {
		return nil, notFound()
	}
	places, err := m.publicPlaces(ctx, msg)
	return &Published{msg, places}, err
}

// spelling is how long the places of a message may take, whoever still waits for them.
const spelling = time.Minute

// publicPlaces are the places of a published message. They are worked out to the end although
// who asks may wait no longer: whoever asks next finds them, or they would never be done.
func (m *Module) publicPlaces(ctx context.Context, msg *message.Message) ([]Place, error) {
	done := m.spelt.DoChan(fmt.Sprint(msg.ID, msg.Current.Number), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), spelling)
		defer cancel()
		return m.placesOf(ctx, &msg.Current.Content.Area)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case found := <-done:
		places, _ := found.Val.([]Place)
		return places, found.Err
	}
}
