package asset

import (
	"context"

	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// hardware is what no two devices in service share where a serial number is given.
func (f *Facts) hardware() Hardware { return Hardware{f.Model, f.Maker, f.Serial} }

// twin refuses a device whose hardware another in service has. The other is named to
// whoever may see it.
func twin(ctx context.Context, known map[Hardware][]holder, d *Device) *fault.Error {
	for _, h := range known[d.hardware()] {
		switch {
		case h.code == d.Code:
		case auth.Check(ctx, PermRead, h.path) != nil:
			return fault.New(fault.Conflict, "asset.serial.taken_elsewhere").At("serial")
		default:
			return fault.New(fault.Conflict, "asset.serial.taken", fault.Args{"code": h.code}).At("serial")
		}
	}
	return nil
}

// checkTwin is twin for one device that is about to be written.
func checkTwin(ctx context.Context, tx *store.Tx, d *Device) error {
	if d.Serial == "" {
		return nil
	}
	known, err := holders(ctx, tx, []string{d.Serial})
	if err != nil {
		return err
	}
	if f := twin(ctx, known, d); f != nil {
		return f
	}
	return nil
}
