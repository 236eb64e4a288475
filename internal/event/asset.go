package event

// DeviceRef names a device and the version of its register row after the change.
type DeviceRef struct {
	ID         string `json:"id"`
	Code       string `json:"code"` // 23-digit resource code of GD/J 080
	Kind       string `json:"kind"`
	RegionPath string `json:"regionPath"`
	Version    int64  `json:"version"`
}

// AssetRegistered says that devices came into the register, one by hand or up to a
// thousand by an import. Its aggregate is the first of them.
type AssetRegistered struct {
	Devices []DeviceRef `json:"devices"`
}

// EventName implements Event.
func (AssetRegistered) EventName() string { return "asset.registered" }

// Aggregate implements Event.
func (e AssetRegistered) Aggregate() (string, int64) { return first(e.Devices) }

// AssetChanged says that devices' register rows changed: facts, place or state.
type AssetChanged struct {
	What    string      `json:"what"` // change, move, replace, suspend, resume, activate
	Devices []DeviceRef `json:"devices"`
}

// EventName implements Event.
func (AssetChanged) EventName() string { return "asset.changed" }

// Aggregate implements Event.
func (e AssetChanged) Aggregate() (string, int64) { return first(e.Devices) }

// AssetEnrolled says that a device presented its key and is bound to its code.
type AssetEnrolled struct {
	Device DeviceRef `json:"device"`
}

// EventName implements Event.
func (AssetEnrolled) EventName() string { return "asset.enrolled" }

// Aggregate implements Event.
func (e AssetEnrolled) Aggregate() (string, int64) { return e.Device.ID, e.Device.Version }

// AssetRetired says that a device left service for good; its code is never used again.
type AssetRetired struct {
	Device DeviceRef `json:"device"`
}

// EventName implements Event.
func (AssetRetired) EventName() string { return "asset.retired" }

// Aggregate implements Event.
func (e AssetRetired) Aggregate() (string, int64) { return e.Device.ID, e.Device.Version }

// DevicesOffline says that devices fell silent, one event for a batch. Its aggregate is
// the batch; At stands for the version.
type DevicesOffline struct {
	Batch   string         `json:"batch"`
	At      int64          `json:"at"` // UTC microseconds
	IDs     []string       `json:"ids"`
	Regions map[string]int `json:"regions"` // region path to number of devices
}

// EventName implements Event.
func (DevicesOffline) EventName() string { return "devices.offline" }

// Aggregate implements Event.
func (e DevicesOffline) Aggregate() (string, int64) { return e.Batch, e.At }

// DevicesOnline says that devices are heard again or for the first time.
type DevicesOnline struct {
	Batch   string         `json:"batch"`
	At      int64          `json:"at"` // UTC microseconds
	IDs     []string       `json:"ids"`
	Regions map[string]int `json:"regions"`
}

// EventName implements Event.
func (DevicesOnline) EventName() string { return "devices.online" }

// Aggregate implements Event.
func (e DevicesOnline) Aggregate() (string, int64) { return e.Batch, e.At }

func first(devices []DeviceRef) (string, int64) {
	if len(devices) == 0 {
		return "", 0
	}
	return devices[0].ID, devices[0].Version
}

// DevicesAiling says which devices began to name faults, or ceased to name any, in a batch of
// heartbeats.
type DevicesAiling struct {
	Batch   string    `json:"batch"`
	At      int64     `json:"at"` // UTC microseconds
	Devices []Ailment `json:"devices"`
}

// Ailment is what a device says is wrong with it; nothing when it is whole again.
type Ailment struct {
	ID         string   `json:"id"`
	Code       string   `json:"code"`
	RegionPath string   `json:"regionPath"`
	Faults     []string `json:"faults,omitempty"`
}

// EventName implements Event.
func (DevicesAiling) EventName() string { return "devices.ailing" }

// Aggregate implements Event.
func (e DevicesAiling) Aggregate() (string, int64) { return e.Batch, e.At }
