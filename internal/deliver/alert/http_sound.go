package alert

import (
	"bytes"
	"context"
	"net/http"
	"path"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/media"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/httpapi"
	"github.com/tongsheng/tongsheng/internal/platform/speech"
)

// limits are what a recorder must know before it starts, so that nothing that somebody
// spoke is refused afterwards.
type limits struct {
	RecordingSeconds int `json:"recordingSeconds" doc:"Longest recording; a recorder stops by itself"`
	RecordingBytes   int `json:"recordingBytes" doc:"Largest recording"`
	AttachmentBytes  int `json:"attachmentBytes" doc:"Largest attachment"`
	Attachments      int `json:"attachments" doc:"Most attachments of one message"`
}

func (m *Module) registerSounds(api *httpapi.API) {
	write := httpapi.Needs(PermDraft)
	speak := op("alert-speak", http.MethodPost, "/api/alerts/{id}/speech", "Make the speech of the draft, to listen to it", write)
	speak.PerMinute, speak.AtOnce = 60, 1 // each costs a second of processor time
	httpapi.Register(api, speak, func(ctx context.Context, in *ByID) (*item, error) {
		msg, err := m.speak(ctx, in.ID)
		return m.answer(ctx, msg, err)
	})
	httpapi.Register(api, op("alert-limits", http.MethodGet, "/api/alert-limits", "How long and large recordings and attachments may be", write), func(context.Context, *struct{}) (*httpapi.Body[limits], error) {
		return httpapi.Of(limits{speech.MaxRecordingSeconds, speech.MaxRecordingBytes, media.MaxAttachment, message.MaxAttachments}), nil
	})
	type InLang struct {
		ByID
		Lang string `path:"lang" enum:"zh,en"`
	}
	record := op("alert-record", http.MethodPut, "/api/alerts/{id}/recordings/{lang}", "A person's voice instead of synthetic speech: WebM, Ogg, MP4 or WAV, at most 5 minutes and 20 MB", write)
	record.MaxBody, record.PerMinute, record.AtOnce = speech.MaxRecordingBytes+1, 20, 1
	httpapi.Register(api, record, func(ctx context.Context, in *struct {
		InLang
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*item, error) {
		msg, err := m.record(ctx, in.ID, in.Lang, bytes.NewReader(in.RawBody))
		return m.answer(ctx, msg, err)
	})
	httpapi.Register(api, op("alert-unrecord", http.MethodDelete, "/api/alerts/{id}/recordings/{lang}", "Go back to synthetic speech", write), func(ctx context.Context, in *InLang) (*item, error) {
		msg, err := m.unrecord(ctx, in.ID, in.Lang)
		return m.answer(ctx, msg, err)
	})
	attach := op("alert-attach", http.MethodPost, "/api/alerts/{id}/attachments", "Put a picture or sound beside the message, at most 5 MB; its type is told from its content", write)
	attach.MaxBody, attach.PerMinute, attach.AtOnce = media.MaxAttachment+1, 20, 2 // more than two full messages a minute
	httpapi.Register(api, attach, func(ctx context.Context, in *struct {
		ByID
		Name    string `query:"name" maxLength:"200" doc:"File name, to show"`
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*item, error) {
		msg, err := m.attach(ctx, in.ID, path.Base("/"+in.Name), in.RawBody)
		return m.answer(ctx, msg, err)
	})
	httpapi.Register(api, op("alert-detach", http.MethodDelete, "/api/alerts/{id}/attachments/{sm3}", "Take an attachment away", write), func(ctx context.Context, in *struct {
		ByID
		SM3 string `path:"sm3" pattern:"^[0-9a-f]{64}$"`
	}) (*item, error) {
		msg, err := m.detach(ctx, in.ID, in.SM3)
		return m.answer(ctx, msg, err)
	})
}
