package survey

import "context"

// PlanFile is a sample's file as who reads it gets it.
func PlanFile(d *Desk, ctx context.Context, id, format string) ([]byte, error) {
	f, err := d.planFile(ctx, id, format)
	if err != nil {
		return nil, err
	}
	return f.Body, nil
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
