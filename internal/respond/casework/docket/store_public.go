package docket

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// caseNumbered is the id of the case with a number that somebody opened, empty if there is none.
func caseNumbered(ctx context.Context, q store.Queryer, number, opener string) (id string, err error) {
	err = q.QueryRow(ctx, `SELECT id FROM casework_case WHERE number = $1 AND opener = $2`, number, opener).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// aboutSubject lists the latest cases of some types about a subject.
func (d *Desk) aboutSubject(ctx context.Context, subject string, types []string, most int) ([]Row, error) {
	w := new(store.Where)
	w.And("subject = ? AND subject <> ''", subject)
	w.In("type", types)
	return store.Collect(ctx, d.DB, d.scanRow, fmt.Sprintf(`SELECT %s FROM casework_case%s ORDER BY n DESC LIMIT %d`, rowColumns, w.SQL(), most), w.Args()...)
}

const noticeColumns = "case_id, type, region_path, title, body, ask, at"

// noticesShown lists what is published, the latest first.
func (d *Desk) noticesShown(ctx context.Context, page store.Page) (store.Listing[Notice], error) {
	return store.List(ctx, d.DB, store.ListQuery[Notice]{Columns: noticeColumns, From: "casework_notice", Where: new(store.Where), Key: "case_id", Descending: true, Page: page,
		Scan: d.scanNotice, KeyOf: func(n Notice) string { return n.CaseID }})
}

// noticeOf is what is published of a case, nil if nothing is.
func (d *Desk) noticeOf(ctx context.Context, id string) (*Notice, error) {
	found, err := store.Collect(ctx, d.DB, d.scanNotice, `SELECT `+noticeColumns+` FROM casework_notice WHERE case_id = $1`, id)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func (d *Desk) scanNotice(rows *sql.Rows) (n Notice, err error) {
	var code, path, body string
	if err := rows.Scan(&n.CaseID, &code, &path, &n.Title, &body, &n.Ask, store.ScanTime(&n.At)); err != nil {
		return n, err
	}
	n.Region, n.Lines = d.place(d.regions.byPath(path).Code), []NoticeLine{}
	var data map[string]any
	if err := json.Unmarshal([]byte(body), &data); err != nil {
		return n, err
	}
	if t, err := d.types.current(code); err == nil {
		n.TypeName = t.Name
		for _, id := range slices.Sorted(maps.Keys(data)) {
			if f := t.Field(id); f != nil {
				n.Lines = append(n.Lines, NoticeLine{f.Title, f.Say(data[id])})
			}
		}
	}
	return n, nil
}

// readPaper finds a document by its code.
func readPaper(ctx context.Context, q store.Queryer, code string) (*Verified, error) {
	v := new(Verified)
	var body string
	err := q.QueryRow(ctx, `SELECT p.body, p.digest, p.signed, c.number FROM casework_paper p JOIN casework_case c ON c.id = p.case_id WHERE p.code = $1`, code).Scan(&body, &v.Digest, &v.Signed, &v.Number)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "casework.paper.unknown")
	}
	if err != nil {
		return nil, err
	}
	return v, json.Unmarshal([]byte(body), &v.Paper)
}

// paperOf is a document of a case with the code that stands on it.
func paperOf(ctx context.Context, q store.Queryer, id string) (caseID, code string, err error) {
	err = q.QueryRow(ctx, `SELECT case_id, code FROM casework_paper WHERE id = $1`, id).Scan(&caseID, &code)
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "casework.paper.unknown")
	}
	return caseID, code, err
}
