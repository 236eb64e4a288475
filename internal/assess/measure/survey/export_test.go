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
