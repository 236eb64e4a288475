package asset

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"time"

	"github.com/tongsheng/tongsheng/engine/quality/wav"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// What a terminal's microphone heard is kept apart from media that anybody may fetch:
// a recording in the street may hold voices.
const (
	maxRecording = 1 << 20 // bytes
	recordingAge = 180 * 24 * time.Hour

	// recordingRoom is what recordings that are being brought may take in memory: after a
	// message all terminals bring one, and each comes again where there was no room.
	recordingRoom = 32 << 20

	maxRecordingFrames = 30 * 48000 // of each channel: terminals keep a few seconds
)

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

func recordingKey(digest string) string { return "heard/" + digest[:2] + "/" + digest }

// KeepRecording stores what a device heard. The token proves that the device means to
// upload exactly this content. added is false when it was there already.
func (m *Module) KeepRecording(ctx context.Context, code, token, digest string, body io.Reader) (added bool, err error) {
	if !digestForm.MatchString(digest) {
		return false, fault.Bad("sm3", "asset.recording.digest")
	}
	from, err := m.Authenticate(ctx, code, token, wire.ForUpload+digest)
	if err != nil {
		return false, err
	}
	who, err := m.roster.find(ctx, code, from.At)
	if err != nil {
		return false, err
	}
	if who == nil || !who.bring(from.At) {
		return false, fault.New(fault.Limited, "asset.recording.too_many", fault.Args{"limit": sampleBurst})
	}
	raw, err := io.ReadAll(io.LimitReader(body, maxRecording+1))
	switch {
	case err != nil:
		return false, fault.New(fault.Invalid, "request.unreadable").Because(err)
	case len(raw) > maxRecording:
		return false, fault.New(fault.TooLarge, "request.too_large", fault.Args{"limit": maxRecording})
	case len(raw) == 0 || blob.Digest(raw) != digest:
		return false, fault.Bad("sm3", "asset.recording.mismatch")
	}
	if err := m.db.Spare(); err != nil { // it may be sent again
		return false, err
	}
	// Somebody will open it in a browser: it must be the sound that it says it is.
	if sound, err := wav.Read(bytes.NewReader(raw), maxRecordingFrames); err != nil || sound.Frames() == 0 {
		return false, fault.New(fault.Invalid, "asset.recording.not_sound").Because(err)
	}
	// The object first: a row must never name what is not there.
	if err := m.blob.Put(ctx, recordingKey(digest), bytes.NewReader(raw), int64(len(raw))); err != nil {
		return false, err
	}
	err = m.db.Housekeep(ctx, func(tx *store.Tx) (err error) {
		added, err = insertRecording(ctx, tx, digest, from.DeviceID, len(raw))
		return err
	})
	return added, err
}

// OpenRecording opens what a device heard, for whoever may see the device.
func (m *Module) OpenRecording(ctx context.Context, idOrCode, digest string) (io.ReadSeekCloser, time.Time, error) {
	e, err := m.Get(ctx, idOrCode)
	if err != nil {
		return nil, time.Time{}, err
	}
	at, err := recordedAt(ctx, m.db, digest, e.ID)
	if err != nil {
		return nil, at, err
	}
	f, err := m.blob.Open(ctx, recordingKey(digest))
	if blob.Missing(err) {
		err = fault.New(fault.NotFound, "asset.recording.not_found")
	}
	return f, at, err
}

// sweepRecordings deletes recordings after their time.
func (m *Module) sweepRecordings(ctx context.Context) {
	for ctx.Err() == nil {
		var gone []string
		_, err := m.db.DropObjects(ctx, func() error {
			err := m.db.Housekeep(ctx, func(tx *store.Tx) (err error) {
				gone, err = dropRecordings(ctx, tx, m.clock.Now().Add(-recordingAge))
				return err
			})
			for _, digest := range gone {
				if err == nil {
					err = m.blob.Delete(ctx, recordingKey(digest))
				}
			}
			return err
		})
		if err != nil {
			m.log.Error("old recordings were not deleted", "error", err)
		}
		if err != nil || len(gone) == 0 {
			return
		}
	}
}
