package survey

import (
	"context"
	"strings"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// PlanFile is a sample's file as who reads it gets it.
func PlanFile(d *Desk, ctx context.Context, id, format string) ([]byte, error) {
	f, err := d.planFile(ctx, id, format)
	if err != nil {
		return nil, err
	}
	return f.Body, nil
}

// StratumOf is where somebody of a place who answered so counts.
func (p *Plan) StratumOf(where string, a engine.Answers) string { return p.stratum(where, a) }

// PaperCSV is a report's table in Chinese.
func PaperCSV(r *Results) (string, error) {
	var b strings.Builder
	err := paper{i18n.Chinese, r}.csv(&b)
	return b.String(), err
}

// Told is a survey as anybody may read it.
func Told(a *Asked) *Asked { return a.told() }

// Counted are all answers of a survey that count, those that are held back, too.
func Counted(d *Desk, ctx context.Context, id string) ([]*Answer, error) {
	return answersOf(ctx, d.DB, id, Counts)
}

// AtMost bounds how many answers are in progress at once.
func AtMost(d *Desk, n int) { d.most = n }

// TidyUp does what the desk does every minute.
func TidyUp(d *Desk, ctx context.Context) error { return d.tidyUp(ctx) }
