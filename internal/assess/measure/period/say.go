package period

import (
	"fmt"
	"time"

	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Say is a period as people say it: 2026年第三季度, Q3 2026.
func (p Period) Say(lang i18n.Lang) string {
	start := p.Start(time.UTC)
	args := map[string]any{"year": start.Year(), "last": start.Year() + 4, "month": fmt.Sprint(int(start.Month())), "day": start.Day()}
	if lang == i18n.English {
		args["month"] = start.Month().String()
	}
	key := "period." + string(p.Kind)
	switch p.Kind {
	case Quarter:
		key = fmt.Sprintf("%s.%d", key, (int(start.Month())-1)/3+1)
	case Half:
		key = fmt.Sprintf("%s.%d", key, (int(start.Month())-1)/6+1)
	}
	return i18n.T(lang, key, args)
}
