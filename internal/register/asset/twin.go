package asset

import (
	"context"
	"database/sql"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

// hardware is what no two devices in service share where a serial number is given.
func (f *Facts) hardware() Hardware { return Hardware{f.Model, f.Maker, f.Serial} }

// holder is a device in service that has a serial number.
type holder struct {
	code ebd.ResourceCode
	path string
}

// holders finds the devices in service with any of these serial numbers.
func holders(ctx context.Context, q store.Queryer, serials []string) (map[Hardware][]holder, error) {
	out := map[Hardware][]holder{}
	if len(serials) == 0 {
		return out, nil
	}
	var w store.Where
	w.In("serial", serials)
	w.And("serial <> ''") // the index has no others
	w.And("state <> ?", string(Retired))
	_, err := store.Collect(ctx, q, func(r *sql.Rows) (h holder, err error) {
		var of Hardware
		if err = r.Scan(&of.Model, &of.Maker, &of.Serial, &h.code, &h.path); err == nil {
			out[of] = append(out[of], h)
		}
		return h, err
	}, `SELECT model, maker, serial, code, region_path FROM asset_device`+w.SQL()+` ORDER BY code`, w.Args()...)
	return out, err
}

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
