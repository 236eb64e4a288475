package rule

import (
	"fmt"
	"slices"

	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Precedence is the ordered table of which message goes before which: the first
// criterion decides, the next one only between equals.
type Precedence []Criterion

// Criterion is one property and its values, the highest first.
type Criterion struct {
	By    string   `json:"by" enum:"class,kind,level,severity" doc:"What is compared"`
	Order []string `json:"order" minItems:"1" maxItems:"20" doc:"Values, the highest first; a value that is not listed ranks below all of them"`
}

// Standing is what the table looks at.
type Standing struct {
	Class    string // emergency, everyday
	Kind     string // real, drill
	Level    Level  // of the issuing platform
	Severity message.Severity
}

func (s Standing) value(by string) string {
	switch by {
	case "class":
		return s.Class
	case "kind":
		return s.Kind
	case "level":
		return string(s.Level)
	}
	return string(s.Severity)
}

// Rank is the standing as one number, higher before lower. Each criterion has a byte of
// its own, the first the highest, so that two platforms with the same table agree.
func (p Precedence) Rank(s Standing) uint32 {
	var rank uint32
	for i, c := range p {
		if at := slices.Index(c.Order, s.value(c.By)); at >= 0 {
			rank |= uint32(len(c.Order)-at) << (24 - 8*i)
		}
	}
	return rank
}

// Check says what is wrong with the table: an unknown or doubled criterion, an unknown or
// doubled value.
func (p Precedence) Check() error {
	var list fault.List
	known := map[string][]string{"class": {"emergency", "everyday"}, "kind": {"real", "drill"}}
	for _, l := range Levels {
		known["level"] = append(known["level"], string(l))
	}
	for _, s := range message.Severities {
		known["severity"] = append(known["severity"], string(s))
	}
	if len(p) == 0 {
		list.Add(fault.Bad("criteria", "alert.precedence.empty"))
	}
	seen := map[string]bool{}
	for i, c := range p {
		at := fmt.Sprintf("criteria[%d]", i)
		if known[c.By] == nil || seen[c.By] {
			list.Add(fault.Bad(at+".by", "alert.precedence.criterion", fault.Args{"by": c.By}))
		}
		seen[c.By] = true
		if len(c.Order) == 0 { // it would decide nothing
			list.Add(fault.Bad(at+".order", "alert.precedence.order"))
		}
		values := map[string]bool{}
		for j, v := range c.Order {
			if !slices.Contains(known[c.By], v) || values[v] {
				list.Add(fault.Bad(fmt.Sprintf("%s.order[%d]", at, j), "alert.precedence.value", fault.Args{"value": v}))
			}
			values[v] = true
		}
	}
	return list.OrNil()
}
