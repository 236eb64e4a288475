package docket

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/internal/platform/audit"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// MaxFile is how large a file may be, in bytes.
const MaxFile = 16 << 20

// File is a file of a case.
type File struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Media  string    `json:"media" doc:"What it is, by its content"`
	Size   int64     `json:"size"`
	Digest string    `json:"digest" doc:"SM3 of its content"`
	At     time.Time `json:"at"`

	caseID, by string
}

// kinds are the files that cases take, by what their content shows, with the ends of names that
// such a file may have.
var kinds = map[string][]string{
	"image/jpeg": {".jpg", ".jpeg"}, "image/png": {".png"}, "image/webp": {".webp"}, "image/gif": {".gif"}, "application/pdf": {".pdf"},
	"audio/mpeg": {".mp3"}, "audio/wave": {".wav"}, "audio/mp4": {".m4a"}, "video/mp4": {".mp4", ".m4v"}, "video/webm": {".webm"}, "application/ogg": {".ogg", ".oga"},
	"application/zip": {".docx", ".xlsx", ".pptx"}, // what offices write; other archives hide what they hold
	"text/plain":      {".txt", ".csv"},
}

// mediaOf recognises a file by its content; false for one that cases do not take.
func mediaOf(name string, content []byte) (string, bool) {
	media, _, _ := strings.Cut(http.DetectContentType(content), ";")
	if len(content) > 12 && string(content[4:8]) == "ftyp" && strings.HasPrefix(string(content[8:12]), "M4A") {
		media = "audio/mp4"
	}
	end := strings.ToLower(path.Ext(name))
	for _, e := range kinds[media] {
		if e == end {
			return media, true
		}
	}
	return media, false
}

// Upload keeps a file until a case names it; one that none names within a day is forgotten.
func (d *Desk) Upload(ctx context.Context, name string, content []byte) (*File, error) {
	name = strings.TrimSpace(path.Base(strings.ReplaceAll(name, `\`, "/")))
	if name == "" || name == "." || utf8.RuneCountInString(name) > 120 || i18n.Deceives(name, "") {
		return nil, fault.Bad("name", "casework.file.name")
	}
	if len(content) == 0 || len(content) > MaxFile {
		return nil, fault.New(fault.TooLarge, "casework.file.size", fault.Args{"max": MaxFile >> 20}).At("file")
	}
	media, taken := mediaOf(name, content)
	if !taken {
		return nil, fault.Bad("file", "casework.file.kind", fault.Args{"name": name, "kind": media})
	}
	f := &File{Name: name, Media: media, Size: int64(len(content)), Digest: blob.Digest(content), by: auth.Who(ctx).ID}
	if err := d.Blob.Put(ctx, blob.DigestKey(f.Digest), bytes.NewReader(content), f.Size); err != nil {
		return nil, err
	}
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		f.ID, f.At = store.NewID(tx.Now), tx.Now
		if err := insertFile(ctx, tx, f); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Action: "casework.file.upload", Object: "case-file:" + f.ID, Detail: map[string]any{"digest": f.Digest, "size": f.Size, "media": f.Media}})
	})
	return f, err
}

// Content is a file that the reader may see, with its content.
func (d *Desk) Content(ctx context.Context, id string) (*File, io.ReadSeekCloser, error) {
	found, err := readFile(ctx, d.DB, id)
	if err != nil {
		return nil, nil, err
	}
	if len(found) == 0 {
		return nil, nil, errNoFile()
	}
	f := &found[0]
	if f.caseID == "" {
		if auth.Who(ctx).ID != f.by {
			return nil, nil, errNoFile()
		}
	} else if err := d.seesFile(ctx, f); err != nil {
		return nil, nil, err
	}
	r, err := d.Blob.Open(ctx, blob.DigestKey(f.Digest))
	return f, r, err
}

func errNoFile() error { return fault.New(fault.NotFound, "casework.file.unknown") }

// seesFile refuses a file that only fields name which the reader does not see.
func (d *Desk) seesFile(ctx context.Context, f *File) error {
	k, who, err := d.seen(ctx, f.caseID)
	if err != nil {
		return errNoFile()
	}
	_, hidden := k.typ.Seen(k.Case, k.typ.RolesOf(k.Case, who.Who))
	for _, id := range hidden {
		if field := k.typ.Field(id); field != nil {
			for _, named := range idsIn(k.typ, map[string]any{id: k.Data[id]}) {
				if named == f.ID {
					return errNoFile()
				}
			}
		}
	}
	return nil
}

// Files lists the files of a case that the reader may see.
func (d *Desk) Files(ctx context.Context, id string) ([]File, error) {
	if _, _, err := d.seen(ctx, id); err != nil {
		return nil, err
	}
	all, err := filesOf(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	seen := []File{}
	for i := range all {
		switch err := d.seesFile(ctx, &all[i]); {
		case err == nil:
			seen = append(seen, all[i])
		case !fault.IsKind(err, fault.NotFound):
			return nil, err
		}
	}
	return seen, nil
}

// forgetFiles forgets files that no case named within a day. Their content goes when nothing else
// is named after the same digest.
func (d *Desk) forgetFiles(ctx context.Context) error {
	old := d.Clock.Now().Add(-24 * time.Hour).UnixMicro()
	loose, err := looseFiles(ctx, d.DB, old)
	if err != nil {
		return err
	}
	for _, f := range loose {
		last := false
		err := d.DB.Housekeep(ctx, func(tx *store.Tx) (err error) {
			last, err = deleteLoose(ctx, tx, &f)
			return err
		})
		if err == nil && last {
			err = d.Blob.Delete(ctx, blob.DigestKey(f.Digest))
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	return nil
}
