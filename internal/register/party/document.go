package party

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/blob"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

const (
	maxDocument  = 8 << 20 // bytes
	maxDocuments = 100     // of a party
)

// documentTypes are what a document may be, told from its content.
var documentTypes = []string{"application/pdf", "image/png", "image/jpeg"}

// objectKey is where a document lies: sealed, so not named after what is stored, and apart from media
// that anybody may fetch.
func objectKey(id string) string { return "party/" + strings.ToLower(id) }

// KeepDocument keeps a document of a party, sealed. The same one again is the one that is there.
func (m *Module) KeepDocument(ctx context.Context, id, name string, content []byte) (*Document, error) {
	name = path.Base("/" + strings.TrimSpace(name))
	if i18n.Blank(name) || i18n.Deceives(name, "") {
		return nil, fault.Bad("query.name", "validate.name")
	}
	kind := http.DetectContentType(content)
	if !slices.Contains(documentTypes, kind) {
		return nil, fault.New(fault.Invalid, "party.document.type")
	}
	d := &Document{SM3: blob.Digest(content), Name: clip(name, 120), Type: kind, Size: int64(len(content)), At: m.clock.Now()}
	object := objectKey(store.NewID(d.At))
	d.object = object
	p, err := readParty(ctx, m.db, id)
	if err != nil {
		return nil, err
	}
	if err := guard(ctx, PermWrite, p); err != nil {
		return nil, err
	}
	raw, err := m.vault.sealer.Seal(content, "party.document."+d.object)
	if err != nil {
		return nil, err
	}
	// The object first: a row must never name what is not there.
	if err := m.blob.Put(ctx, d.object, bytes.NewReader(raw), int64(len(raw))); err != nil {
		return nil, err
	}
	kept := false
	_, err = m.amend(ctx, PermWrite, id, anyRevision, "party.document.add", func(tx *store.Tx, p *Party) (any, error) {
		list, err := documentsOf(ctx, tx, p.ID)
		if err != nil {
			return nil, err
		}
		for i := range list {
			if list[i].SM3 == d.SM3 {
				*d = list[i]
				return map[string]any{"sm3": d.SM3}, nil
			}
		}
		if len(list) >= maxDocuments {
			return nil, fault.New(fault.TooLarge, "party.document.many", fault.Args{"limit": maxDocuments})
		}
		kept = true
		return map[string]any{"sm3": d.SM3}, insertDocument(ctx, tx, p.ID, d)
	})
	if err != nil || !kept {
		if e := m.blob.Delete(ctx, object); e != nil {
			m.log.ErrorContext(ctx, "a document that was not kept was not deleted", "object", object, "error", e)
		}
	}
	return d, err
}

// OpenDocument reads a document. Those of a person are personal, so that reading one leaves a record.
func (m *Module) OpenDocument(ctx context.Context, id, sm3 string) (d *Document, content []byte, err error) {
	p, err := readParty(ctx, m.db, id)
	if err != nil {
		return nil, nil, err
	}
	perm := PermRead
	if p.Kind == Person {
		perm = PermPersonal
	}
	if err := guard(ctx, perm, p); err != nil {
		return nil, nil, err
	}
	if d, err = readDocument(ctx, m.db, p.ID, sm3); err != nil || d == nil {
		return nil, nil, orElse(err, fault.New(fault.NotFound, "party.document.not_found"))
	}
	if p.Kind == Person {
		if err := m.db.Update(ctx, func(tx *store.Tx) error {
			return m.record(ctx, tx, "party.document.read", p, map[string]any{"sm3": sm3})
		}); err != nil {
			return nil, nil, err
		}
	}
	f, err := m.blob.Open(ctx, d.object)
	if blob.Missing(err) {
		err = fault.New(fault.NotFound, "party.document.not_found")
	}
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxDocument+1024))
	if err != nil {
		return nil, nil, err
	}
	content, err = m.vault.sealer.Open(raw, "party.document."+d.object)
	return d, content, err
}
