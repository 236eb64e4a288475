package fact

import (
	"strings"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// User is what refers to an element or an indicator, which can then not be retired.
type User struct {
	Kind   string `json:"kind" enum:"indicator,index,standard,form,rule"`
	ID     string `json:"id" doc:"By which it is opened: its code; of a standard its id"`
	NameZh string `json:"nameZh"`
	NameEn string `json:"nameEn"`
}

// Named are the names of some.
func Named(users []User) i18n.Both {
	zh, en := make([]string, len(users)), make([]string, len(users))
	for i, u := range users {
		zh[i], en[i] = u.NameZh, u.NameEn
	}
	return i18n.Both{Zh: strings.Join(zh, "、"), En: strings.Join(en, ", ")}
}
