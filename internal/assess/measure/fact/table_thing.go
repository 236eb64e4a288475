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

// perThings is how many lines of a table are written in one transaction.
const perThings = 200

// thingLine is a line of a table: what it says, and the thing as it was and as it is to be. One that is
// new was of revision 0.
type thingLine struct {
	row      document.Row
	says     NewThing
	was, now Thing
}

// place puts a fault at the cell that it is about; a table has no column for devices, which hold a thing
// in its region.
func (t *thingLine) place(err error) *fault.Error {
	f := fault.Of(err)
	if f.Place == "since" {
		return f.At(t.row.Place(colSince))
	}
	return f.At(t.row.Place(ColRegion))
}

// BringThings registers the things of an XLSX or CSV table; one whose code is known is renamed and moved
// as the table says. All lines are judged first, and nothing is written unless all are good; a fault
// names its cell. A dry run ends there, and says what would be.
//
// Lines are then written in order, some hundreds at a time. Where writing ends midway, because somebody
// changed one of the things meanwhile, what was written stays: the fault says from which line on the
// table is to be brought again. Lines with codes may be brought twice, they are then the same; those
// without would be registered twice.
func (l *Ledger) BringThings(ctx context.Context, r io.Reader, dryRun bool) (out BroughtThings, err error) {
	if auth.ScopeOf(ctx, l.Define).Empty() {
		return out, auth.Check(ctx, l.Define, l.Home)
	}
	tree := l.Tree()
	lines, bad, err := l.readThingTable(ctx, r)
	if err != nil {
		return out, err
	}
	more, err := l.judgeThings(ctx, lines)
	if err != nil {
		return out, err
	}
	if bad = append(bad, more...); len(bad) > 0 {
		return out, bad[:min(len(bad), maxThingBad)]
	}
	if dryRun {
		out.count(lines)
		return out, nil
	}
	for part := range slices.Chunk(lines, perThings) {
		if err := l.writeThings(ctx, tree, part); err != nil {
			if f := fault.Of(err); out != (BroughtThings{}) {
				err = fault.New(f.Kind, "measure.thing.part", fault.Args{"made": out.Made, "changed": out.Changed, "same": out.Same, "line": part[0].row.Line,
					"says": i18n.Both{Zh: i18n.T(i18n.Chinese, f.Code, f.Args), En: i18n.T(i18n.English, f.Code, f.Args)}}).At(f.Place).Because(err)
			}
			return out, err
		}
		out.count(part)
	}
	return out, nil
}

// count adds what lines are about to do, or did.
func (b *BroughtThings) count(lines []*thingLine) {
	for _, t := range lines {
		switch {
		case t.was.Revision == 0:
			b.Made++
		case t.now != t.was:
			b.Changed++
		default:
			b.Same++
		}
	}
}

// readThingTable reads the lines of a table that say something, and tells what is wrong with the others.
func (l *Ledger) readThingTable(ctx context.Context, r io.Reader) (lines []*thingLine, bad fault.List, err error) {
	names, codes := l.Names(), map[string]bool{}
	_, err = document.ReadLongTable(ctx, r, document.Limits{Bytes: maxThingBytes, Rows: maxThingLines}, thingWants(), func(row document.Row) error {
		in, wrong := readThingRow(names, row)
		if id := in.Kind + ":" + in.Code; len(wrong) == 0 && in.Code != "" {
			if codes[id] {
				wrong.Add(fault.Bad(row.Place(colCode), "measure.thing.taken", fault.Args{"code": in.Code}))
			}
			codes[id] = true
		}
		if bad = append(bad, wrong...); len(wrong) == 0 {
			lines = append(lines, &thingLine{row: row, says: in})
		}
		return nil
	})
	return lines, bad, err
}

// judgeThings says of each line which thing it makes or changes, and tells what may not be.
func (l *Ledger) judgeThings(ctx context.Context, lines []*thingLine) (bad fault.List, err error) {
	var ids []string
	for _, t := range lines {
		if t.says.Code != "" {
			ids = append(ids, t.says.Kind+":"+t.says.Code)
		}
	}
	known, err := l.thingsOf(ctx, l.DB, ids)
	if err != nil {
		return nil, err
	}
	for _, t := range lines {
		if err := l.judgeThing(ctx, known[t.says.Kind+":"+t.says.Code], t); err != nil {
			if f := t.place(err); f.Kind == fault.Internal {
				return nil, err
			} else if bad.Add(f); len(bad) == maxThingBad {
				break
			}
		}
	}
	return bad, nil
}

func (l *Ledger) judgeThing(ctx context.Context, known *Thing, t *thingLine) error {
	if known == nil {
		t.now = Thing{Kind: t.says.Kind, Revision: 1}
		if t.says.Code != "" {
			t.now.ID = t.says.Kind + ":" + t.says.Code
		}
		if err := l.settleThing(ctx, &t.now, t.says.ThingFacts); err != nil || t.now.ID == "" {
			return err
		}
		return l.free(ctx, l.DB, &t.now)
	}
	if err := auth.Check(ctx, l.Define, known.RegionPath); err != nil {
		return err
	}
	t.was, t.now = *known, *known
	t.says.Device = known.Device
	t.says.Since = cmp.Or(t.says.Since, known.Since)
	if known.NameEn != known.NameZh { // it was given
		t.says.NameEn = cmp.Or(t.says.NameEn, known.NameEn)
	}
	return l.settleThing(ctx, &t.now, t.says.ThingFacts)
}

// writeThings makes and changes the things of lines that were judged in a tree of regions, all or none,
// and tells of it where they are and were.
func (l *Ledger) writeThings(ctx context.Context, tree *Tree, lines []*thingLine) error {
	var paths []string
	err := l.DB.Update(ctx, func(tx *store.Tx) error {
		if l.Tree() != tree {
			return fault.New(fault.Stale, "stale")
		}
		paths = nil
		var away []moved
		for _, t := range lines {
			if t.was.Revision != 0 {
				away = append(away, moved{&t.was, &t.now})
			}
		}
		if err := l.moveThings(ctx, tx, away); err != nil {
			return err
		}
		for _, t := range lines {
			now := t.now
			var err error
			switch {
			case now == t.was:
				continue
			case t.was.Revision != 0:
				now.Revision++
				paths = append(paths, t.was.RegionPath)
				err = keepThing(ctx, tx, &t.was, &now, "change")
			default:
				now.ID = cmp.Or(now.ID, now.Kind+":"+strings.ToLower(store.NewID(tx.Now)))
				err = l.makeThing(ctx, tx, &now)
			}
			if err != nil {
				return t.place(err)
			}
			paths = append(paths, now.RegionPath)
		}
		return nil
	})
	if err == nil {
		slices.Sort(paths)
		l.Told(slices.Compact(paths)...)
	}
	return err
}

// readThingRow reads a line; each fault names its cell.
func readThingRow(names *Names, row document.Row) (in NewThing, bad fault.List) {
	kind := strings.ToLower(row.Text(colKind))
	in = NewThing{Kind: cmp.Or(kindWords[kind], kind), Code: row.Text(colCode), ThingFacts: ThingFacts{NameZh: row.Text(colName), NameEn: row.Text(colEn), Since: row.Text(colSince)}}
	if !slices.Contains(Kinds, in.Kind) {
		bad.Add(unheard("measure.thing.kind", row.Text(colKind)).At(row.Place(colKind)))
	}
	if in.Code != "" && !thingCode.MatchString(in.Code) {
		bad.Add(fault.Bad(row.Place(colCode), "measure.thing.code", fault.Args{"text": short(in.Code)}))
	}
	for _, name := range []struct {
		column, text string
		most         int
	}{{colName, in.NameZh, 80}, {colEn, cmp.Or(in.NameEn, "-"), 120}} { // as ThingFacts has them
		if i18n.Blank(name.text) || i18n.Deceives(name.text, "") || utf8.RuneCountInString(name.text) > name.most {
			bad.Add(fault.Bad(row.Place(name.column), "measure.thing.name", fault.Args{"limit": name.most}))
		}
	}
	if region, wrong := names.Region(row.Text(ColRegion), ""); wrong != nil {
		bad.Add(wrong.At(row.Place(ColRegion)))
	} else {
		in.RegionCode = region.Code
	}
	if t, ok := row.Time(colSince, time.UTC); ok && in.Since != "" {
		in.Since = t.Format(time.DateOnly)
	}
	if _, err := time.Parse(time.DateOnly, in.Since); err != nil && in.Since != "" {
		bad.Add(fault.Bad(row.Place(colSince), "measure.thing.day", fault.Args{"text": short(in.Since)}))
	}
	return in, bad
}
