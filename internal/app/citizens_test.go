package app

import (
	"testing"

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
