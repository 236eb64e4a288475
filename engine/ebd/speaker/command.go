package speaker

import (
	"encoding/binary"
	"net/netip"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Bodies of the commands of A.4.1 and A.4.2, platform to adapter.

// TSCommand is Table A.22: configuration (tag 0) or an everyday command of Annex C (tag 2).
type TSCommand struct {
	Tag     uint8 `json:"tag"`
	Command Body  `json:"command,omitempty"` // one of those in tsCommands
	Data    Raw   `json:"data,omitempty"`    // if Command is nil: a command that is not known
}

// tsCommands are the commands that are known, by the tag of a TSCommand and their own.
var tsCommands = map[[2]uint8]*kind{
	{0, 4}: value[FrequencyLock](),
	{2, 1}: value[ProgrammeStart](),
	{2, 2}: value[ProgrammeStop](),
	{2, 3}: value[ProgrammeSwitch](),
	{2, 4}: value[ProgrammeText](),
}

func (b *TSCommand) fields(c *coder) {
	choice(c, "tag", &b.Tag, 0, 2)
	if !c.writing {
		c.blob("data_length", 4, &b.Data)
		b.parse(c)
		return
	}
	if b.Command == nil {
		c.blob("data_length", 4, &b.Data)
		return
	}
	for key, k := range tsCommands {
		if key[0] == b.Tag && k.fits(b.Command) {
			c.part("data", 4, func() {
				c.put(key[1])
				c.part("command", 2, func() { b.Command.fields(c) })
			})
			return
		}
	}
	c.fail("command", ebd.CodeMismatch, hexByte(b.Tag))
}

// parse takes the command out of the data that was read, if it is one that is known.
func (b *TSCommand) parse(c *coder) {
	const head = 3 // tag and length
	if len(b.Data) < head {
		return
	}
	k, body := tsCommands[[2]uint8{b.Tag, b.Data[0]}], b.Data[head:]
	if k == nil {
		return
	}
	command, in := readBody(c.thing, k, body, c.base+c.pos-len(body), 0)
	if in.err != nil || int(binary.BigEndian.Uint16(b.Data[1:])) != len(body) {
		c.deviate("command", ebd.CodeLength, hexByte(b.Data[0]))
		return
	}
	c.warnings = append(c.warnings, in.warnings[:min(len(in.warnings), maxWarnings-len(c.warnings))]...)
	b.Command, b.Data = command, nil
}

// FrequencyLock is Table A.23: the cable channel that terminals shall listen to.
type FrequencyLock struct {
	Frequency  uint32 `json:"freq"`        // kHz
	SymbolRate uint32 `json:"symbol_rate"` // kBd
	QAM        uint8  `json:"qam"`         // 0: 16, 1: 32, 2: 64, 3: 128, 4: 256
	Targets
}

func (b *FrequencyLock) fields(c *coder) {
	u32(c, "freq", &b.Frequency)
	u32(c, "symbol_rate", &b.SymbolRate)
	choice(c, "qam", &b.QAM, 0, 4)
	b.Targets.fields(c)
}

// RDSCommand is Table A.24; Data is a command of GD/J 085.
type RDSCommand struct {
	Command  uint8              `json:"cmd_type"` // 0 configuration, 1 emergency, 2 everyday
	DataType uint8              `json:"data_type"`
	Times    uint8              `json:"send_times"` // 0xFF: for ever
	Interval uint8              `json:"interval"`   // milliseconds
	Codes    []ebd.ResourceCode `json:"resource_code"`
	Data     Raw                `json:"data"`
}

func (b *RDSCommand) fields(c *coder) {
	choice(c, "cmd_type", &b.Command, 0, 2)
	u8(c, "data_type", &b.DataType)
	u8(c, "send_times", &b.Times)
	u8(c, "interval", &b.Interval)
	list(c, "coverag_resource_number", 1, &b.Codes, func(c *coder, v *ebd.ResourceCode) { c.resource("resource_code", v) })
	c.blob("data_length", 4, &b.Data)
}

// IPCommand is Table A.25.
type IPCommand struct {
	Tag  uint8 `json:"tag"` // 1: query of playback records
	Data Raw   `json:"data"`
}

func (b *IPCommand) fields(c *coder) {
	u8(c, "tag", &b.Tag)
	c.blob("data_length", 4, &b.Data)
}

// AreaCodes is Table A.13: each terminal named by its physical address gets a resource code.
type AreaCodes struct {
	Assign []Assignment `json:"assign"`
}

// Assignment gives a terminal its resource code.
type Assignment struct {
	Physical string           `json:"physical_address"` // hexadecimal digits
	Code     ebd.ResourceCode `json:"logic_address"`
}

func (b *AreaCodes) fields(c *coder) {
	list(c, "logic_address_number", 1, &b.Assign, func(c *coder, a *Assignment) {
		c.physical("physical_address", &a.Physical)
		c.part("logic_address", 1, func() { c.resource("logic_address", &a.Code) })
	})
}

// VolumeSetting is Table A.14.
type VolumeSetting struct {
	Volume Volume `json:"volume"`
	Targets
}

func (b *VolumeSetting) fields(c *coder) {
	c.volume("volume", &b.Volume)
	b.Targets.fields(c)
}

// ReturnSetting is Table A.15.
type ReturnSetting struct {
	Address ReturnAddress `json:"reback_address"`
	Targets
}

func (b *ReturnSetting) fields(c *coder) {
	b.Address.fieldsA(c, func() {})
	b.Targets.fields(c)
}

// Query is Table A.16; Parameters are the numbers of Table E.5.
type Query struct {
	Address ReturnAddress `json:"reback_address"`
	Targets
	Parameters []ParamID `json:"query_code"`
}

func (b *Query) fields(c *coder) {
	b.Address.fieldsA(c, func() {})
	b.Targets.fields(c)
	parameters(c, "query_code", &b.Parameters)
}

// parameters codes a list of parameter numbers of Table E.5.
func parameters(c *coder, field string, v *[]ParamID) {
	list(c, field+"_number", 1, v, func(c *coder, p *ParamID) { u8(c, field, p) })
}

// Clock is Table A.17.
type Clock struct {
	Time Stamp `json:"time"`
}

func (b *Clock) fields(c *coder) { u32(c, "time", &b.Time) }

// Network is an IPv4 interface: the first fields of Table A.18, parameter 2 of Annexes D
// and E.
type Network struct {
	IP      netip.Addr `json:"ip"`
	Mask    netip.Addr `json:"subnet_mask"`
	Gateway netip.Addr `json:"gateway"`
}

func (b *Network) fields(c *coder) {
	c.ipv4("ip", &b.IP)
	c.ipv4("subnet_mask", &b.Mask)
	c.ipv4("gateway", &b.Gateway)
}

// NetworkSetting is Table A.18, for one terminal.
type NetworkSetting struct {
	Network
	Kind uint8  `json:"resource_code_type"`
	Code string `json:"resource_code"`
}

func (b *NetworkSetting) fields(c *coder) {
	b.Network.fields(c)
	choice(c, "resource_code_type", &b.Kind, Logical, Physical)
	size := 12
	if b.Kind == Physical {
		size = len(b.Code) / 2
	}
	c.inner++
	c.code(b.Kind, c.count("resource_code_length", 1, size), &b.Code)
	c.inner--
}

// ReturnPeriod is Table A.19.
type ReturnPeriod struct {
	Seconds uint32 `json:"reback_cycle"`
	Targets
}

func (b *ReturnPeriod) fields(c *coder) {
	u32(c, "reback_cycle", &b.Seconds)
	b.Targets.fields(c)
}

// Amplifier is Table A.20.
type Amplifier struct {
	Switch uint8 `json:"switch_option"` // 1 off, 2 on
	Targets
}

// The positions of an amplifier's switch.
const (
	SwitchOff uint8 = 1
	SwitchOn  uint8 = 2
)

func (b *Amplifier) fields(c *coder) {
	choice(c, "switch_option", &b.Switch, SwitchOff, SwitchOn)
	b.Targets.fields(c)
}

// Certificates is Tables A.11, A.21 and D.11: authorisation lists (GD/J 081 table 6) and
// certificates (table 1).
type Certificates struct {
	Authorisations []Raw `json:"certauth"`
	Certificates   []Raw `json:"cert"`
}

func (b *Certificates) fields(c *coder) {
	list(c, "certauth_number", 1, &b.Authorisations, func(c *coder, v *Raw) { c.blob("certauth_length", 2, v) })
	list(c, "cert_number", 1, &b.Certificates, func(c *coder, v *Raw) { c.blob("certh_length", 1, v) })
}

// Whitelist is Table A.5: who may speak by telephone or short message.
type Whitelist struct {
	Entries []WhitelistEntry `json:"white_list"`
}

// WhitelistEntry is one person of a Whitelist.
type WhitelistEntry struct {
	Operation  uint8    `json:"oper_type"` // 1 add, 2 change, 3 delete
	Phone      string   `json:"phone_number"`
	Name       string   `json:"user_name"`
	Permission uint8    `json:"permission_type"`      // 1 short message, 2 telephone, 3 both
	Areas      []string `json:"permission_area_code"` // digits, all of one even number
}

func (b *Whitelist) fields(c *coder) {
	list(c, "white_list_length", 1, &b.Entries, func(c *coder, e *WhitelistEntry) {
		choice(c, "oper_type", &e.Operation, 1, 3)
		c.text("phone_number", 1, &e.Phone)
		c.text("user_name", 1, &e.Name)
		choice(c, "permission_type", &e.Permission, 1, 3)
		codes(c, Physical, &e.Areas)
	})
}

// AdapterReturn is Table A.6, where the adapter itself reports to.
type AdapterReturn struct {
	Address ReturnAddress `json:"reback_address"`
	Seconds uint32        `json:"reback_cycle"`
}

func (b *AdapterReturn) fields(c *coder) {
	b.Address.fieldsA(c, func() { u32(c, "reback_cycle", &b.Seconds) })
}
