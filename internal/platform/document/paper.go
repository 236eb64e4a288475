package document

import (
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Paper is a report whose words stand in the catalogue, under keys that begin alike.
type Paper struct {
	*Report
	under string
}

// NewPaper begins a report in a language, made at a time in a zone; its words are those under a
// key: "measure.paper".
func NewPaper(lang i18n.Lang, under string, made time.Time, zone *time.Location) *Paper {
	p := &Paper{NewReport("", lang, false), under + "."}
	p.Made, p.Zone = made, zone
	return p
}

// Say is a word of the paper's own.
func (p *Paper) Say(key string, args map[string]any) string {
	return i18n.T(p.Lang, p.under+key, args)
}

// Pick is a text in the paper's language; where there is no English, the Chinese.
func (p *Paper) Pick(zh, en string) string {
	if p.Lang == i18n.English && en != "" {
		return en
	}
	return zh
}

// Column is a column with a title of the paper's own.
func (p *Paper) Column(key string, kind Kind, decimals int) Column {
	return Column{Title: p.Say(key, nil), Kind: kind, Decimals: decimals}
}

// Fact is a fact with a name of the paper's own.
func (p *Paper) Fact(key string, value any) KV { return KV{Name: p.Say(key, nil), Value: value} }

// Maybe is a cell that is empty where a number is not known.
func Maybe(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}
