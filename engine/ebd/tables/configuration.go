package tables

import (
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/mpegts"
)

// Configuration is the configuration table 管理配置表: commands to terminals. 086 and
// 087 tables 7 and 8.
type Configuration struct {
	Commands []Command `json:"commands"` // 1–255
}

// Command is one command; exactly one of its fields is set.
type Command struct {
	Clock         *Clock         `json:"clock,omitempty"`
	AssignCode    *AssignCode    `json:"assign_code,omitempty"`
	LockFrequency *LockFrequency `json:"lock_frequency,omitempty"`
	ReturnAddress *ReturnAddress `json:"return_address,omitempty"`
	ReturnPeriod  *ReturnPeriod  `json:"return_period,omitempty"`
	Volume        *Volume        `json:"volume,omitempty"`
	Query         *Query         `json:"query,omitempty"`
	Unknown       *Unknown       `json:"unknown,omitempty"` // read only
}

// Clock sets the clock 时钟校准 (tag 1, table 9), written in Beijing time. A table goes on
// saying what it says: whoever sends one puts a new one in its place or takes it out.
type Clock struct {
	Time time.Time `json:"time"` // to the second
}

// AssignCode gives the terminal with a physical address its resource code 资源编码设置
// (tag 2, table 10).
type AssignCode struct {
	Address mpegts.Hex       `json:"address"` // 1–255 bytes
	Code    ebd.ResourceCode `json:"code"`
}

// LockFrequency tells terminals which frequency to stay on 锁定频率设置 (tag 3, table 11).
type LockFrequency struct {
	Frequency     uint32             `json:"frequency"`     // kHz
	SymbolRate    uint32             `json:"symbol_rate"`   // thousand symbols a second
	Constellation uint8              `json:"constellation"` // 0 undefined, 1–5 for QAM 16, 32, 64, 128, 256
	Terminals     []ebd.ResourceCode `json:"terminals"`     // 1–255, as below
}

// Ways back, reback_type of table 12.
const (
	ReturnBySMS    = 1 // the address is a telephone number of 11 digits
	ReturnByIP     = 2 // as 192.0.2.1:8080
	ReturnByDomain = 3 // as example.org:8080
)

// ReturnAddress tells terminals where to report to 设置回传方式/回传地址 (tag 4, table 12).
type ReturnAddress struct {
	Method    uint8              `json:"method"`
	Address   string             `json:"address"`
	Terminals []ebd.ResourceCode `json:"terminals"`
}

// ReturnPeriod tells terminals how often to report 设置回传周期 (tag 5, table 13).
type ReturnPeriod struct {
	Seconds   uint32             `json:"seconds"`
	Terminals []ebd.ResourceCode `json:"terminals"`
}

// Volume sets the volume that messages begin with 设置默认音量 (tag 6, table 14).
type Volume struct {
	Percent   uint8              `json:"percent"` // 0–100
	Terminals []ebd.ResourceCode `json:"terminals"`
}

// Query asks terminals for parameters 状态/参数查询 (tag 7, table 15); the parameters are
// those of GD/J 089 table D.8: 1 volume, 2 local address, 3 return address, 4 resource
// code, 5 physical address, 6 state, 7 fault, 8 device type, 9 hardware and 10 software
// version.
type Query struct {
	Parameters mpegts.Hex         `json:"parameters"` // 1–255
	Terminals  []ebd.ResourceCode `json:"terminals"`
}

// Unknown is a command that was read and not understood.
type Unknown struct {
	Tag  uint8      `json:"tag"`
	Data mpegts.Hex `json:"data"`
}

// TableID implements Body.
func (*Configuration) TableID() uint8 { return IDConfiguration }

// Name implements Body.
func (*Configuration) Name() string { return "configuration" }

// Extension implements Body; its value is left open.
func (*Configuration) Extension() uint16 { return 0 }

// command is what the commands have in common.
type command interface {
	tag() uint8
	write(*writer)
	read(*reader)
}

// set is the commands that are set, by the names of their fields.
func (c *Command) set() map[string]command {
	all := map[string]command{}
	if c.Clock != nil {
		all["clock"] = c.Clock
	}
	if c.AssignCode != nil {
		all["assign_code"] = c.AssignCode
	}
	if c.LockFrequency != nil {
		all["lock_frequency"] = c.LockFrequency
	}
	if c.ReturnAddress != nil {
		all["return_address"] = c.ReturnAddress
	}
	if c.ReturnPeriod != nil {
		all["return_period"] = c.ReturnPeriod
	}
	if c.Volume != nil {
		all["volume"] = c.Volume
	}
	if c.Query != nil {
		all["query"] = c.Query
	}
	return all
}

// begin sets the command of a tag; nil where there is none.
func (c *Command) begin(tag uint8) (string, command) {
	switch tag {
	case (*Clock)(nil).tag():
		c.Clock = new(Clock)
	case (*AssignCode)(nil).tag():
		c.AssignCode = new(AssignCode)
	case (*LockFrequency)(nil).tag():
		c.LockFrequency = new(LockFrequency)
	case (*ReturnAddress)(nil).tag():
		c.ReturnAddress = new(ReturnAddress)
	case (*ReturnPeriod)(nil).tag():
		c.ReturnPeriod = new(ReturnPeriod)
	case (*Volume)(nil).tag():
		c.Volume = new(Volume)
	case (*Query)(nil).tag():
		c.Query = new(Query)
	}
	for name, cmd := range c.set() {
		return name, cmd
	}
	return "", nil
}

func (c *Configuration) write(w *writer) {
	w.count("commands", len(c.Commands), 1, 255)
	for i := range c.Commands {
		w.in(nth("commands", i), func() {
			set := c.Commands[i].set()
			if len(set) != 1 || c.Commands[i].Unknown != nil {
				w.fail("", "exactly one known command must be set, not %d", len(set))
			}
			for name, cmd := range set {
				w.u8(cmd.tag())
				w.in(name, func() { w.counted("", 2, func() { cmd.write(w) }) })
			}
		})
	}
}

func (c *Configuration) read(r *reader) {
	n := int(r.u8("commands"))
	for i := 0; i < n && r.err == nil; i++ {
		r.in(nth("commands", i), func() {
			tag := r.u8("tag")
			data := r.take("data", int(r.u16("length")))
			if r.err != nil {
				return
			}
			c.Commands = append(c.Commands, readCommand(r, tag, data))
		})
	}
}

// readCommand reads a command, or keeps it as unknown with a warning of why.
func readCommand(r *reader, tag uint8, data []byte) (c Command) {
	name, cmd := c.begin(tag)
	if cmd == nil {
		r.warn("tag", "%d is not in §8.2", tag)
		return Command{Unknown: &Unknown{tag, data}}
	}
	own := *r
	own.b, own.at = data, place(r.at, name)
	cmd.read(&own)
	if own.err != nil {
		r.warn(name, "it cannot be read: %s", own.err.(*Error).Text)
		return Command{Unknown: &Unknown{tag, data}}
	}
	if len(own.b) > 0 {
		own.warn("", "%d"+tooMany, len(own.b))
	}
	r.warnings = own.warnings
	return c
}
