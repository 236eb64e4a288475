package app

import (
	"testing"
	"time"

	"github.com/tongsheng/tongsheng/internal/deliver/alert"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
)

// Citizens see what was attached to look at and hear what was attached to listen to.
func TestAttachmentsReachThePortal(t *testing.T) {
	content := message.Content{Event: "10203", Attachments: []message.Attachment{
		{SM3: "a1", MIME: "image/png", Name: "地图"}, {SM3: "b2", MIME: "audio/mpeg", Name: "疏散信号"}}}
	m := portalMessage(&alert.Published{Message: &message.Message{Current: &message.Version{Content: content}}})
	if len(m.Pictures) != 1 || m.Pictures[0].URL != "/media/a1" || len(m.Audio) != 1 || m.Audio[0].URL != "/media/b2" || m.Audio[0].Name != "疏散信号" {
		t.Errorf("pictures %+v, audio %+v", m.Pictures, m.Audio)
	}
}

// An update does not begin a message anew, but may put off one that has not begun.
func TestWhenAMessageBegan(t *testing.T) {
	noon := time.Date(2026, 7, 21, 12, 0, 0, 0, time.UTC)
	version := func(issued, starts int) *message.Version {
		v := &message.Version{IssuedAt: noon.Add(time.Duration(issued) * time.Minute)}
		if starts > 0 {
			v.Content.StartsAt = noon.Add(time.Duration(starts) * time.Minute)
		}
		return v
	}
	for _, c := range []struct {
		versions []*message.Version
		want     int // minutes after noon
	}{
		{[]*message.Version{version(0, 0)}, 0},
		{[]*message.Version{version(0, 0), version(4, 0)}, 0},
		{[]*message.Version{version(0, 30), version(4, 60)}, 60},
		{[]*message.Version{version(0, 30), version(4, 60), version(70, 0)}, 60},
		{[]*message.Version{version(0, 30), version(4, 0), version(10, 20)}, 4},
	} {
		if got := began(c.versions).Sub(noon); got != time.Duration(c.want)*time.Minute {
			t.Errorf("%d versions: began %v after noon, want %d min", len(c.versions), got, c.want)
		}
	}
}
