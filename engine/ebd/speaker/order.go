package speaker

import (
	"bytes"
	"strconv"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Bodies of the frames of Annexes D and E. Certificates serves them too.

// StartOrder is Table D.5.
type StartOrder struct {
	EBMID       ebd.EBMID     `json:"ebm_id"`
	Class       Class         `json:"ebm_class"`
	Level       ebd.Severity  `json:"ebm_level"`
	Event       ebd.EventType `json:"ebm_type"`
	Volume      Volume        `json:"volume"`
	Start       Stamp         `json:"start_time"`
	End         Stamp         `json:"end_time"`
	Auxiliaries []Auxiliary   `json:"auxiliary"` // one AuxStream: rtp://ip:port multicast, udp://@port unicast
}

func (b *StartOrder) fields(c *coder) {
	c.message("ebm_id", &b.EBMID)
	choice(c, "ebm_class", &b.Class, ClassPlatformDrill, ClassEveryday)
	c.severity("ebm_level", &b.Level) // D.5 says 1–4, A.12 has 0 for none
	c.event("ebm_type", &b.Event)
	c.volume("volume", &b.Volume)
	u32(c, "start_time", &b.Start)
	u32(c, "end_time", &b.End)
	list(c, "auxiliary_number", 1, &b.Auxiliaries, func(c *coder, a *Auxiliary) {
		u8(c, "auxiliary_data_type", &a.Type)
		c.blob("auxiliary_data_length", 2, &a.Data)
	})
}

// StopOrder is Table D.6.
type StopOrder struct {
	EBMID ebd.EBMID `json:"ebm_id"`
}

func (b *StopOrder) fields(c *coder) { c.message("ebm_id", &b.EBMID) }

// TerminalHeartbeat is Tables D.7 and E.6.
type TerminalHeartbeat struct {
	State    State  `json:"state"`
	First    uint8  `json:"first"`            // 1: the first since power came on, 2: not
	Physical string `json:"physical_address"` // hexadecimal digits
}

func (b *TerminalHeartbeat) fields(c *coder) {
	choice(c, "state", &b.State, StateIdle, StateFault)
	choice(c, "first", &b.First, 1, 2)
	c.physical("physical_address", &b.Physical)
}

// StateQuery is Table D.8.
type StateQuery struct {
	Parameters []ParamID `json:"parameters"`
}

func (b *StateQuery) fields(c *coder) { parameters(c, "parameter", &b.Parameters) }

// Settings is Table D.9.
type Settings struct {
	Parameters []Param `json:"parameters"`
}

func (b *Settings) fields(c *coder) { params(c, settings, &b.Parameters) }

// Result is how an order went: 0 done, the others from Table D.12.
type Result uint8

// Results of Table D.12 that a terminal has to tell apart.
const (
	ResultDone        Result = 0
	ResultVersion     Result = 12
	ResultParse       Result = 13
	ResultMissing     Result = 14
	ResultCRC         Result = 15
	ResultCertificate Result = 52
	ResultParameter   Result = 54
	ResultUnsupported Result = 55
	ResultNoResource  Result = 59
	ResultTerminal    Result = 70
	ResultBusy        Result = 73
)

// Answer is Table D.10.
type Answer struct {
	Result      Result `json:"result"`
	Description string `json:"description"`
}

func (b *Answer) fields(c *coder) {
	u8(c, "result", &b.Result)
	c.text("description", 2, &b.Description)
}

// StateAnswer is Table E.4.
type StateAnswer struct {
	Answer
	Parameters []Param `json:"parameters"`
}

func (b *StateAnswer) fields(c *coder) {
	b.Answer.fields(c)
	params(c, states, &b.Parameters)
}

// FaultReport is Table E.7.
type FaultReport struct {
	Cleared     uint8     `json:"cleared"` // 1: a fault occurred, 2: it is over
	Fault       FaultType `json:"fault"`
	Description string    `json:"description"` // at most 255 bytes
	Time        Stamp     `json:"time"`
}

func (b *FaultReport) fields(c *coder) {
	const size = 255
	choice(c, "cleared", &b.Cleared, 1, 2)
	u8(c, "fault", &b.Fault)
	if d := Raw(b.Description); c.writing {
		if len(d) > size || bytes.IndexByte(d, 0) >= 0 {
			c.fail("description", ebd.CodeLength, b.Description)
			return
		}
		c.put(append(d, make([]byte, size-len(d))...)...)
	} else {
		c.raw("description", size, &d)
		d = bytes.TrimRight(d, "\x00")
		if bytes.IndexByte(d, 0) >= 0 {
			c.deviate("description", ebd.CodeRange, "")
		}
		b.Description = c.utf8("description", d)
	}
	u32(c, "time", &b.Time)
}

// TaskSource is where the sound of a terminal's task comes from.
type TaskSource uint8

// The sources of Tables E.8 and E.10.
const (
	TaskEmergency TaskSource = 1
	TaskEveryday  TaskSource = 2
	TaskPhone     TaskSource = 3
	TaskMessage   TaskSource = 4 // short message
	TaskMixer     TaskSource = 5
	TaskUSB       TaskSource = 6
	TaskAir       TaskSource = 7 // another, wireless, network; only in E.10
)

// TaskSwitch is Table E.8.
type TaskSwitch struct {
	Switch uint8      `json:"switch"` // 1: the task begins, 2: it ends
	Source TaskSource `json:"task"`
	EBMID  ebd.EBMID  `json:"ebm_id"`
	Time   Stamp      `json:"time"`
}

func (b *TaskSwitch) fields(c *coder) {
	choice(c, "switch", &b.Switch, 1, 2)
	choice(c, "task", &b.Source, TaskEmergency, TaskUSB)
	c.message("ebm_id", &b.EBMID)
	u32(c, "time", &b.Time)
}

// PlaybackResult is Table E.9.
type PlaybackResult struct {
	EBMID       ebd.EBMID `json:"ebm_id"`
	Played      uint8     `json:"played"` // 0 failed, 1 played
	Description string    `json:"description"`
	Start       Stamp     `json:"start_time"`
	End         Stamp     `json:"end_time"`
	Times       uint8     `json:"times"`
	Reported    Stamp     `json:"time"`
}

func (b *PlaybackResult) fields(c *coder) {
	c.message("ebm_id", &b.EBMID)
	choice(c, "played", &b.Played, 0, 1)
	c.text("description", 2, &b.Description)
	u32(c, "start_time", &b.Start)
	u32(c, "end_time", &b.End)
	u8(c, "times", &b.Times)
	u32(c, "time", &b.Reported)
}

// PlaybackLog is Table E.10, which adapters of towns and villages send.
type PlaybackLog struct {
	Front   ebd.ResourceCode `json:"front_code"`
	Records []LogRecord      `json:"record"`
}

// LogRecord is one task of a PlaybackLog.
type LogRecord struct {
	Channel uint16        `json:"channel"`
	State   TaskState     `json:"task_state"`
	EBMID   ebd.EBMID     `json:"ebm_id"`
	Source  TaskSource    `json:"task"`
	Class   Class         `json:"ebm_class"`
	Level   ebd.Severity  `json:"ebm_level"`
	Event   ebd.EventType `json:"ebm_type"`
	Start   Stamp         `json:"start_time"`
	End     Stamp         `json:"end_time"`
	Phone   string        `json:"tel_number,omitempty"` // of TaskPhone and TaskMessage
	Volume  Volume        `json:"volume"`
	Codes   []string      `json:"resource_code"`
}

func (b *PlaybackLog) fields(c *coder) {
	c.frontCode(&b.Front)
	list(c, "record_number", 1, &b.Records, func(c *coder, r *LogRecord) {
		u16(c, "channel", &r.Channel)
		choice(c, "task_state", &r.State, TaskUntouched, TaskCancelled)
		c.message("ebm_id", &r.EBMID)
		choice(c, "task", &r.Source, TaskEmergency, TaskAir)
		choice(c, "ebm_class", &r.Class, 0, ClassEveryday)
		c.severity("ebm_level", &r.Level)
		c.event("ebm_type", &r.Event)
		u32(c, "start_time", &r.Start)
		u32(c, "end_time", &r.End)
		c.telephone(r.Source == TaskPhone || r.Source == TaskMessage, &r.Phone)
		c.volume("volume", &r.Volume)
		codes(c, Logical, &r.Codes)
	})
}

// ParamID numbers a parameter of a terminal: in queries and their answers by Table E.5, in
// settings by Table D.9.
type ParamID uint8

// MarshalJSON implements json.Marshaler, so that a list of them is one of numbers.
func (id ParamID) MarshalJSON() ([]byte, error) {
	return strconv.AppendUint(nil, uint64(id), 10), nil
}

// The parameters of Table E.5.
const (
	ParamVolume      ParamID = 0x01 // *VolumeValue
	ParamNetwork     ParamID = 0x02 // *Network
	ParamReturn      ParamID = 0x03 // *ReturnAddress
	ParamCode        ParamID = 0x04 // *CodeValue
	ParamPhysical    ParamID = 0x05 // *PhysicalValue
	ParamState       ParamID = 0x06 // *StateValue
	ParamFault       ParamID = 0x07 // *FaultValue
	ParamDevice      ParamID = 0x08 // *DeviceValue
	ParamHardware    ParamID = 0x09 // *VersionValue
	ParamSoftware    ParamID = 0x0A // *VersionValue
	ParamFMSignal    ParamID = 0x0B // *SignalValue
	ParamCableSignal ParamID = 0x0C // *SignalValue
	ParamDTMBSignal  ParamID = 0x0D // *SignalValue
	ParamCable       ParamID = 0x0E // *CableValue
	ParamDTMB        ParamID = 0x0F // *CarrierValue
	ParamScan        ParamID = 0x10 // *ScanValue
	ParamTuner       ParamID = 0x11 // *TunerValue
	ParamMaintenance ParamID = 0x12 // *MaintenanceValue
)

// The settings of Table D.9; the first three are the parameters of the same number.
const (
	SetVolume   ParamID = 0x01 // *VolumeValue
	SetNetwork  ParamID = 0x02 // *Network
	SetReturn   ParamID = 0x03 // *ReturnAddress
	SetIdentity ParamID = 0x04 // *Identity
	SetSwitch   ParamID = 0x05 // *SwitchValue
	SetClock    ParamID = 0x06 // *Clock
	SetPeriod   ParamID = 0x07 // *PeriodValue
)

// Param is a parameter with its value: the type named beside its number, or *Opaque for a
// number that the tables do not name or a value that does not fit it.
type Param struct {
	ID    ParamID `json:"id"`
	Value Body    `json:"value"`
}

var states = map[ParamID]*kind{
	ParamVolume:      value[VolumeValue](),
	ParamNetwork:     value[Network](),
	ParamReturn:      value[ReturnAddress](),
	ParamCode:        value[CodeValue](),
	ParamPhysical:    value[PhysicalValue](),
	ParamState:       value[StateValue](),
	ParamFault:       value[FaultValue](),
	ParamDevice:      value[DeviceValue](),
	ParamHardware:    value[VersionValue](),
	ParamSoftware:    value[VersionValue](),
	ParamFMSignal:    value[SignalValue](),
	ParamCableSignal: value[SignalValue](),
	ParamDTMBSignal:  value[SignalValue](),
	ParamCable:       value[CableValue](),
	ParamDTMB:        value[CarrierValue](),
	ParamScan:        value[ScanValue](),
	ParamTuner:       value[TunerValue](),
	ParamMaintenance: value[MaintenanceValue](),
}

var settings = map[ParamID]*kind{
	SetVolume:   value[VolumeValue](),
	SetNetwork:  value[Network](),
	SetReturn:   value[ReturnAddress](),
	SetIdentity: value[Identity](),
	SetSwitch:   value[SwitchValue](),
	SetClock:    value[Clock](),
	SetPeriod:   value[PeriodValue](),
}

func value[T any, P interface {
	*T
	Body
}]() *kind {
	return of[T, P](0, "", "")
}

// params codes a list of parameters whose values are those of table.
func params(c *coder, table map[ParamID]*kind, v *[]Param) {
	list(c, "parameter", 1, v, func(c *coder, p *Param) {
		u8(c, "parameter_id", &p.ID)
		k := table[p.ID]
		if c.writing {
			if k == nil && !opaque(p.Value) || k != nil && !k.fits(p.Value) {
				c.fail("parameter", ebd.CodeMismatch, hexByte(uint8(p.ID)))
				return
			}
			c.part("parameter", 1, func() { p.Value.fields(c) })
			return
		}
		var b Raw
		c.blob("parameter", 1, &b)
		if k == nil {
			c.deviate("parameter", ebd.CodeUnknown, hexByte(uint8(p.ID)))
			p.Value = &Opaque{Data: b}
			return
		}
		body, in := readBody(c.thing, k, b, c.base+c.pos-len(b), 0)
		if p.Value = body; in.err != nil {
			p.Value = &Opaque{Data: b}
			in.warnings = append(in.warnings, in.err)
		}
		c.warnings = append(c.warnings, in.warnings[:min(len(in.warnings), maxWarnings-len(c.warnings))]...)
	})
}

// VolumeValue is a terminal's volume.
type VolumeValue struct {
	Volume Volume `json:"volume"`
}

func (v *VolumeValue) fields(c *coder) { c.volume("volume", &v.Volume) }

// CodeValue is a terminal's resource code.
type CodeValue struct {
	Code ebd.ResourceCode `json:"resource_code"`
}

func (v *CodeValue) fields(c *coder) { c.resource("resource_code", &v.Code) }

// PhysicalValue is the address a terminal was made with, in hexadecimal digits.
type PhysicalValue struct {
	Physical string `json:"physical_address"`
}

func (v *PhysicalValue) fields(c *coder) { c.physical("physical_address", &v.Physical) }

// Identity gives the terminal with a physical address its resource code.
type Identity struct {
	Physical string           `json:"physical_address"`
	Code     ebd.ResourceCode `json:"resource_code"`
}

func (v *Identity) fields(c *coder) {
	c.physical("physical_address", &v.Physical)
	c.resource("resource_code", &v.Code)
}

// SwitchValue is the position of a terminal's amplifier.
type SwitchValue struct {
	Switch uint8 `json:"switch"` // SwitchOff or SwitchOn
}

func (v *SwitchValue) fields(c *coder) { choice(c, "switch", &v.Switch, SwitchOff, SwitchOn) }

// PeriodValue is how often a terminal reports.
type PeriodValue struct {
	Seconds uint32 `json:"seconds"`
}

func (v *PeriodValue) fields(c *coder) { u32(c, "seconds", &v.Seconds) }

// StateValue is what a terminal is doing.
type StateValue struct {
	State State `json:"state"`
}

func (v *StateValue) fields(c *coder) { choice(c, "state", &v.State, StateIdle, StateFault) }

// FaultValue is a maker's own number of a fault.
type FaultValue struct {
	Fault uint8 `json:"fault"`
}

func (v *FaultValue) fields(c *coder) { u8(c, "fault", &v.Fault) }

// DeviceValue is a maker's own number of a kind of device.
type DeviceValue struct {
	Device uint16 `json:"device"`
}

func (v *DeviceValue) fields(c *coder) { u16(c, "device", &v.Device) }

// VersionValue is a maker's own number of a hardware or software.
type VersionValue struct {
	Version uint32 `json:"version"`
}

func (v *VersionValue) fields(c *coder) { u32(c, "version", &v.Version) }

// SignalValue is how well a signal is received; the standard gives no unit.
type SignalValue struct {
	Strength uint8 `json:"strength"`
	Quality  uint8 `json:"quality"`
}

func (v *SignalValue) fields(c *coder) {
	u8(c, "strength", &v.Strength)
	u8(c, "quality", &v.Quality)
}

// CableValue is a channel of a cable.
type CableValue struct {
	Frequency  uint32 `json:"freq"`        // kHz
	SymbolRate uint32 `json:"symbol_rate"` // kBd
	QAM        uint8  `json:"qam"`         // as in FrequencyLock
}

func (v *CableValue) fields(c *coder) {
	u32(c, "freq", &v.Frequency)
	u32(c, "symbol_rate", &v.SymbolRate)
	choice(c, "qam", &v.QAM, 0, 4)
}

// CarrierValue is a terrestrial television channel.
type CarrierValue struct {
	Frequency uint32 `json:"freq"` // kHz
}

func (v *CarrierValue) fields(c *coder) { u32(c, "freq", &v.Frequency) }

// ScanValue is the list of FM frequencies a terminal scans.
type ScanValue struct {
	Carriers []ScanCarrier `json:"carriers"`
}

// ScanCarrier is one of them.
type ScanCarrier struct {
	Index     uint8     `json:"index"`
	Priority  uint8     `json:"priority"`
	Frequency Frequency `json:"freq"`
}

func (v *ScanValue) fields(c *coder) {
	list(c, "carriers", 1, &v.Carriers, func(c *coder, s *ScanCarrier) {
		u8(c, "index", &s.Index)
		u8(c, "priority", &s.Priority)
		c.frequency("freq", &s.Frequency)
	})
}

// TunerValue is what a terminal listens to.
type TunerValue struct {
	Command   Frequency `json:"command_freq"`
	Programme Frequency `json:"programme_freq"`
}

func (v *TunerValue) fields(c *coder) {
	c.frequency("command_freq", &v.Command)
	c.frequency("programme_freq", &v.Programme)
}

// MaintenanceValue is whether and how often maintenance commands come by FM.
type MaintenanceValue struct {
	Enabled uint8  `json:"enabled"` // 0 or 1
	Period  uint16 `json:"period"`  // the standard gives no unit
}

func (v *MaintenanceValue) fields(c *coder) {
	choice(c, "enabled", &v.Enabled, 0, 1)
	u16(c, "period", &v.Period)
}
