package asset

import (
	"context"
	"database/sql"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/internal/platform/store"
)

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
