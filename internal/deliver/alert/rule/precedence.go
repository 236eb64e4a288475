package rule

import (
	"fmt"
	"slices"

	"github.com/tongsheng/tongsheng/engine/wire"
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
	// Everyday is the order among everyday messages where it is another one: a village's
	// own item may go before the district's relay, and never its warning.
	Everyday []string `json:"everyday,omitempty" maxItems:"20" doc:"The order among everyday messages where it is another one"`
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

const everyday = string(wire.Everyday)

// Rank is the standing as one number, higher before lower. Each criterion has a byte of
// its own, the first the highest, so that two platforms with the same table agree.
func (p Precedence) Rank(s Standing) uint32 {
	var rank uint32
	for i, c := range p {
		order := c.Order
		if s.Class == everyday && len(c.Everyday) > 0 {
			order = c.Everyday
		}
		if at := slices.Index(order, s.value(c.By)); at >= 0 {
			rank |= uint32(len(order)-at) << (24 - 8*i)
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
		for name, order := range map[string][]string{"order": c.Order, "everyday": c.Everyday} {
			values := map[string]bool{}
			for j, v := range order {
				if !slices.Contains(known[c.By], v) || values[v] {
					list.Add(fault.Bad(fmt.Sprintf("%s.%s[%d]", at, name, j), "alert.precedence.value", fault.Args{"value": v}))
				}
				values[v] = true
			}
		}
		if len(c.Everyday) > 0 && c.By == "class" { // it would rank what is not of every day
			list.Add(fault.Bad(at+".everyday", "alert.precedence.criterion", fault.Args{"by": c.By}))
		}
	}
	return list.OrNil()
}
