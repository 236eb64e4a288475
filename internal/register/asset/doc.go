// Package asset is the register of sites and devices: everything with a place and a
// state that brings sound or pictures to people, or listens to what arrived. It also
// holds the terminals' end of the uplink, because it holds their keys.
//
// Invariants:
//
//   - A device has one 23-digit resource code of GD/J 080 for life; no code is ever
//     given twice, not even after its device is retired.
//   - The register (asset_device) is what people say of a device and carries a version;
//     the condition (asset_condition) is what the device says of itself and carries
//     none. Neither overwrites the other.
//   - A device has at most one valid key. A frame counts only if it is authenticated
//     under that key and newer than every frame before it; anything else is refused,
//     counted, and never stored as truth.
//   - Power, link, faults and playback are separate facts; none is derived from another.
//   - A device that has been silent for three report periods is offline, but nobody is
//     declared offline before this process has listened for as long.
//
// Events out: asset.registered, asset.changed, asset.enrolled, asset.retired,
// devices.offline, devices.online. Events in: none.
package asset
