package fact

import (
	"cmp"
	"context"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/document"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// Limits of a table of things.
const (
	maxThingBytes = 4 << 20
	maxThingLines = 5000
	maxThingBad   = 100 // faults that are told of
)

// BroughtThings is what came of a table of things.
type BroughtThings struct {
	Made    int `json:"made"`
	Changed int `json:"changed"`
	Same    int `json:"same" doc:"Said what was known"`
}

// Columns of a table of things.
const (
	colKind  = "kind"
	colCode  = "code"
	colName  = "name"
	colEn    = "nameEn"
	colSince = "since"
)

func thingWants() []document.Want {
	return []document.Want{
		{Key: colKind, Names: []string{"种类", "类别", "kind", "type"}, Required: true},
		{Key: colCode, Names: []string{"代号", "编号", "代码", "code", "id"}},
		{Key: colName, Names: []string{"名称", "中文名称", "name", "name zh"}, Required: true},
		{Key: colEn, Names: []string{"英文名称", "英文名", "name en", "english name"}},
		{Key: ColRegion, Names: []string{"区域", "所在区域", "区域代码", "街道乡镇", "区", "region", "region code"}, Required: true},
		{Key: colSince, Names: []string{"从哪天起评价", "开始日期", "since"}},
	}
}

// kindWords are what people call kinds in tables.
var kindWords = map[string]string{"网点": "outlet", "服务网点": "outlet", "宾馆": "hotel", "饭店": "hotel", "宾馆饭店": "hotel", "大屏": "screen", "屏幕": "screen", "小站": "station", "视听小站": "station", "运营单位": "operator", "运维公司": "operator", "其他": "other"}

var thingCode = regexp.MustCompile(`^[0-9A-Za-z._-]{1,60}$`)

// BringThings registers the things of an XLSX or CSV table, all or none; one whose code is known is
// renamed and moved as the table says. A fault names its cell. A dry run only says what would be.
func (l *Ledger) BringThings(ctx context.Context, r io.Reader, dryRun bool) (out BroughtThings, err error) {
	if auth.ScopeOf(ctx, l.Define).Empty() {
		return out, auth.Check(ctx, l.Define, l.Home)
	}
	var rows []NewThing
	var at []document.Row
	var list fault.List
	names, codes := l.Names(), map[string]bool{}
	_, err = document.ReadLongTable(ctx, r, document.Limits{Bytes: maxThingBytes, Rows: maxThingLines}, thingWants(), func(row document.Row) error {
		in, bad := readThingRow(names, row)
		if id := in.Kind + ":" + in.Code; bad == nil && in.Code != "" {
			if codes[id] {
				bad = fault.Bad(row.Place(colCode), "measure.thing.taken", fault.Args{"code": in.Code})
			}
			codes[id] = true
		}
		if bad != nil {
			list.Add(bad)
		}
		rows, at = append(rows, in), append(at, row)
		return nil
	})
	if err == nil {
		err = list[:min(len(list), maxThingBad)].OrNil()
	}
	if err != nil {
		return out, err
	}
	paths := map[string]bool{}
	err = l.DB.Update(ctx, func(tx *store.Tx) error {
		for i, in := range rows {
			path, err := l.bringThing(ctx, tx, in, &out)
			if err != nil {
				f := fault.Of(err)
				return f.At(map[string]string{"regionCode": at[i].Place(ColRegion), "since": at[i].Place(colSince)}[f.Place])
			}
			paths[path] = true
		}
		if dryRun {
			return errOnlyTried
		}
		return nil
	})
	if err == errOnlyTried {
		return out, nil
	}
	for path := range paths {
		l.Told(path)
	}
	return out, err
}

// errOnlyTried takes back what a dry run did.
var errOnlyTried = fault.New(fault.Conflict, "measure.thing.tried")

// readThingRow reads a line; a fault names its cell.
func readThingRow(names *Names, row document.Row) (in NewThing, bad *fault.Error) {
	kind := strings.ToLower(row.Text(colKind))
	in = NewThing{Kind: cmp.Or(kindWords[kind], kind), Code: row.Text(colCode), ThingFacts: ThingFacts{NameZh: row.Text(colName), Since: row.Text(colSince)}}
	in.NameEn = cmp.Or(row.Text(colEn), in.NameZh)
	for _, name := range []struct{ column, text string }{{colName, in.NameZh}, {colEn, in.NameEn}} {
		if i18n.Blank(name.text) || i18n.Deceives(name.text, "") || utf8.RuneCountInString(name.text) > 80 {
			return in, fault.Bad(row.Place(name.column), "measure.name")
		}
	}
	switch {
	case !slices.Contains(Kinds, in.Kind):
		return in, fault.Bad(row.Place(colKind), "measure.thing.kind", fault.Args{"text": short(row.Text(colKind))})
	case in.Code != "" && !thingCode.MatchString(in.Code):
		return in, fault.Bad(row.Place(colCode), "measure.thing.code", fault.Args{"text": short(in.Code)})
	}
	if t, ok := row.Time(colSince, time.UTC); ok && in.Since != "" {
		in.Since = t.Format(time.DateOnly)
	}
	region, bad := names.Region(row.Text(ColRegion), "")
	if bad != nil {
		return in, bad.At(row.Place(ColRegion))
	}
	in.RegionCode = region.Code
	return in, nil
}

// bringThing registers one, or says otherwise of it, and gives the path of its region.
func (l *Ledger) bringThing(ctx context.Context, tx *store.Tx, in NewThing, out *BroughtThings) (string, error) {
	id := in.Kind + ":" + cmp.Or(in.Code, strings.ToLower(store.NewID(tx.Now)))
	t, err := l.readThing(ctx, tx, id)
	if fault.IsKind(err, fault.NotFound) {
		t = Thing{ID: id, Kind: in.Kind, Revision: 1}
		if err := l.settleThing(ctx, &t, in.ThingFacts); err != nil {
			return "", err
		}
		out.Made++
		return t.RegionPath, l.makeThing(ctx, tx, &t)
	}
	if err != nil {
		return "", err
	}
	if err := auth.Check(ctx, l.Define, t.RegionPath); err != nil {
		return "", fault.Of(err).At("regionCode")
	}
	was := t
	in.Device = t.Device
	in.Since = cmp.Or(in.Since, t.Since)
	if err := l.resettle(ctx, tx, &t, in.ThingFacts); err != nil {
		return "", err
	}
	if t == was {
		out.Same++
		return t.RegionPath, nil
	}
	out.Changed++
	t.Revision++
	return t.RegionPath, l.keepThing(ctx, tx, &t, "change")
}
