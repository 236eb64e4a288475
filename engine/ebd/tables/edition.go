package tables

import (
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// PID carries all tables (086 and 087 §6.2).
const PID = 0x0021

// Table ids, 086 and 087 §6–8.
const (
	IDConfiguration = 0xFB
	IDCertificates  = 0xFC
	IDContent       = 0xFE
	IDIndex         = 0xFD
)

// IndexLimit is what the repetition of the index must stay under (§9.3 of both).
const IndexLimit = 500 * time.Millisecond

// Edition is what the two standards, whose syntax is the same, say differently. A head
// that deviates in its times gets a copy with another Zone.
type Edition struct {
	ID   string
	Name ebd.Name
	// Delivery is the tag of the delivery system descriptor (GB/T 28161 6.2.10.3) by
	// which terminals tune to the channel of a message, Foreign that of the other medium.
	Delivery, Foreign uint8
	// NeedsDelivery: a channel is described with it. 087 leaves it to the head ("can
	// contain"), 086 does not.
	NeedsDelivery bool
	// NoStreams: audio and video streams (auxiliary type 61) are not content; the platform
	// makes a channel of them (086 §10.3). 087 is silent.
	NoStreams bool
	// AnyExtension: the text does not say what table_id_extension of a content table is
	// (087 §6.3 describes EBM_id, with 16 bits, in its place), so that no value is
	// wrong when read. What is written is the CRC-16 of 086 for both.
	AnyExtension bool
	// Zone of the times in the index; nil is UTC.
	Zone *time.Location
}

// The two standards.
var (
	Cable = &Edition{
		ID: "GD/J 086-2018", Name: ebd.Name{Zh: "有线数字电视", En: "digital cable television"},
		Delivery: 0x44, Foreign: 0x5A, NeedsDelivery: true, NoStreams: true,
	}
	Terrestrial = &Edition{
		ID: "GD/J 087-2018", Name: ebd.Name{Zh: "地面数字电视", En: "digital terrestrial television"},
		Delivery: 0x5A, Foreign: 0x44, AnyExtension: true,
	}
)

func (e *Edition) zone() *time.Location {
	if e.Zone == nil {
		return time.UTC
	}
	return e.Zone
}

// Class is EBM_class, table 2.
type Class uint8

// Classes. A drill of the issuing system stays in it, a simulated one ends at the head,
// an actual one is played at terminals.
const (
	SystemDrill    Class = 1 // 发布系统演练
	SimulatedDrill Class = 2 // 模拟演练
	ActualDrill    Class = 3 // 实际演练
	Emergency      Class = 4 // 应急广播
)

// Valid reports whether c is in table 2.
func (c Class) Valid() bool { return c >= SystemDrill && c <= Emergency }
