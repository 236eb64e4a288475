package rule

import (
	"fmt"
	"slices"
	"time"

	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// Escalation is what follows when too few terminals of a township have sounded a message
// some time after it began. Every row that fits a message is looked at once for each version.
type Escalation struct {
	ID         string             `json:"id" minLength:"1" maxLength:"40" pattern:"^[a-z0-9-]+$"`
	NameZh     string             `json:"nameZh" minLength:"1" maxLength:"200" text:"name"`
	NameEn     string             `json:"nameEn" minLength:"1" maxLength:"200" text:"name"`
	Class      wire.Class         `json:"class,omitempty" enum:"emergency,everyday"`
	Severities []message.Severity `json:"severities,omitempty" maxItems:"5" doc:"Absent fits all"`
	Drills     bool               `json:"drills,omitempty" doc:"True looks at drills too"`
	After      int                `json:"after" minimum:"5" maximum:"86400" doc:"Seconds after it began"`
	Share      int                `json:"share" minimum:"1" maximum:"100" doc:"Percent of a township's terminals that must have sounded it by then"`
	Tier       int                `json:"tier,omitempty" minimum:"2" maximum:"5" doc:"Outputs of this tier that reach those townships carry it then; absent: none"`
	TellDuty   bool               `json:"tellDuty,omitempty" doc:"Whoever is on duty is told"`
	Repair     bool               `json:"repair,omitempty" doc:"A repair of the silent terminals is asked for"`
}

// Fits reports whether a row is about a message.
func (e *Escalation) Fits(class wire.Class, drill bool, s message.Severity) bool {
	return (e.Class == "" || e.Class == class) && (!drill || e.Drills) && (len(e.Severities) == 0 || slices.Contains(e.Severities, s))
}

// Due is when a row is looked at for a message that began then.
func (e *Escalation) Due(began time.Time) time.Time {
	return began.Add(time.Duration(e.After) * time.Second)
}

// Short reports whether so few of a place's terminals are too few.
func (e *Escalation) Short(reached, targets int) bool { return reached*100 < e.Share*targets }

// CheckEscalations says what is wrong with a table: doubled ids, a row that does nothing.
func CheckEscalations(table []Escalation) error {
	var list fault.List
	seen := map[string]bool{}
	for i, e := range table {
		at := fmt.Sprintf("rules[%d]", i)
		if seen[e.ID] {
			list.Add(fault.Bad(at+".id", "alert.rule.doubled", fault.Args{"id": e.ID}))
		}
		seen[e.ID] = true
		if e.Tier == 0 && !e.TellDuty && !e.Repair {
			list.Add(fault.Bad(at, "alert.escalation.nothing"))
		}
		for j, v := range e.Severities {
			if !slices.Contains(message.Severities, v) {
				list.Add(fault.Bad(fmt.Sprintf("%s.severities[%d]", at, j), "alert.rule.severity"))
			}
		}
	}
	return list.OrNil()
}
