package speaker

import (
	"net/netip"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Bodies of what an adapter reports by itself and is answered: A.4.4, A.4.5.2, and the
// records of A.4.3.4, which hold the same.

// Source is where the sound of a task comes from (program_resource).
type Source uint8

// The sources of Table A.33.
const (
	SourcePlatform Source = 1 // the county's platform
	SourceInput    Source = 2 // an input channel
	SourcePhone    Source = 3
	SourceMessage  Source = 4 // short message
	SourceAir      Source = 5 // another, wireless, network
)

func (s Source) phone() bool { return s == SourcePhone || s == SourceMessage }

// OutputRef names an output channel and its medium.
type OutputRef struct {
	Medium uint8     `json:"output_channel_type"`
	ID     ChannelID `json:"output_channel_id"`
}

// TaskStart is Table A.33.
type TaskStart struct {
	Front   ebd.ResourceCode `json:"front_code"`
	EBMID   ebd.EBMID        `json:"ebm_id"`
	Source  Source           `json:"program_resource"`
	Class   Class            `json:"ebm_class"`
	Level   ebd.Severity     `json:"ebm_level"`
	Event   ebd.EventType    `json:"ebm_type"`
	Input   ChannelID        `json:"input_channel_id"`
	Outputs []OutputRef      `json:"output_channel"`
	Phone   string           `json:"tel_number,omitempty"` // of SourcePhone and SourceMessage
	Volume  Volume           `json:"volume"`
	Codes   []string         `json:"resource_code"`
}

// phoneAlways is the layout of devices that write tel_length for every source: Table A.33
// puts it under a condition, and beside it says that it be 0 where the condition fails.
const phoneAlways = 1

func (b *TaskStart) fields(c *coder) {
	c.resource("front_code", &b.Front)
	c.message("ebm_id", &b.EBMID)
	choice(c, "program_resource", &b.Source, SourcePlatform, SourceAir)
	choice(c, "ebm_class", &b.Class, 0, ClassEveryday)
	c.severity("ebm_level", &b.Level)
	c.event("ebm_type", &b.Event)
	u8(c, "input_channel_id", &b.Input)
	outputs(c, &b.Outputs)
	c.telephone(b.Source.phone(), &b.Phone)
	c.volume("volume", &b.Volume)
	codes(c, Logical, &b.Codes)
}

func outputs(c *coder, v *[]OutputRef) {
	list(c, "output_channel_number", 1, v, func(c *coder, o *OutputRef) {
		u8(c, "output_channel_type", &o.Medium)
		u8(c, "output_channel_id", &o.ID)
	})
}

// telephone codes the number that a task came by, where the table has one.
func (c *coder) telephone(has bool, v *string) {
	if has || c.layout == phoneAlways {
		c.text("tel_number", 1, v)
	} else if c.writing && *v != "" {
		c.fail("tel_number", ebd.CodeMismatch, *v)
	}
}

// TaskEnd is Table A.34.
type TaskEnd struct {
	Front ebd.ResourceCode `json:"front_code"`
	EBMID ebd.EBMID        `json:"ebm_id"`
}

func (b *TaskEnd) fields(c *coder) {
	c.resource("front_code", &b.Front)
	c.message("ebm_id", &b.EBMID)
}

// State is what a front-end or terminal is doing.
type State uint8

// The states of Tables A.35, D.7 and E.6.
const (
	StateIdle    State = 1
	StateWorking State = 2
	StateFault   State = 3
)

// Heartbeat is Table A.35.
type Heartbeat struct {
	Front ebd.ResourceCode `json:"front_code"`
	State State            `json:"front_state"`
	Time  Stamp            `json:"connection_time"`
}

func (b *Heartbeat) fields(c *coder) {
	c.frontCode(&b.Front)
	choice(c, "front_state", &b.State, StateIdle, StateFault)
	u32(c, "connection_time", &b.Time)
}

// frontCode codes a front-end's code with its length before it.
func (c *coder) frontCode(v *ebd.ResourceCode) {
	front := string(*v)
	c.inner++
	c.code(Logical, c.count("front_code_length", 1, 12), &front)
	c.inner--
	if !c.writing {
		*v = ebd.ResourceCode(front)
	}
}

// TaskStartAck is Table A.38.
type TaskStartAck struct {
	Result uint8      `json:"result_code"`       // 0 done, 1 failed
	IP     netip.Addr `json:"receive_stream_ip"` // where the platform takes the task's sound
	Port   uint16     `json:"receive_stream_port"`
}

func (b *TaskStartAck) fields(c *coder) {
	choice(c, "result_code", &b.Result, 0, 1)
	c.ipv4("receive_stream_ip", &b.IP)
	u16(c, "receive_stream_port", &b.Port)
}

// TaskState is how far a task came.
type TaskState uint8

// The states of Tables A.30 and E.10.
const (
	TaskUntouched TaskState = 0
	TaskWaiting   TaskState = 1
	TaskPlaying   TaskState = 2
	TaskDone      TaskState = 3
	TaskFailed    TaskState = 4 // also in part
	TaskCancelled TaskState = 5
)

// Records is Table A.30.
type Records struct {
	Front   ebd.ResourceCode `json:"front_code"`
	Records []Record         `json:"record"`
}

// Record is one task that was played.
type Record struct {
	EBMID   ebd.EBMID     `json:"ebm_id"`
	State   TaskState     `json:"task_state"`
	Source  Source        `json:"program_resource"`
	Class   Class         `json:"ebm_class"`
	Level   ebd.Severity  `json:"ebm_level"`
	Event   ebd.EventType `json:"ebm_type"`
	Start   Stamp         `json:"start_time"`
	End     Stamp         `json:"end_time"`
	Volume  Volume        `json:"volume"`
	Input   ChannelID     `json:"input_channel_id"` // 0 unless the source is SourceInput
	Outputs []OutputRef   `json:"output_channel"`
	Phone   string        `json:"tel_number,omitempty"`
	Codes   []string      `json:"resource_code"`
}

func (b *Records) fields(c *coder) {
	c.resource("front_code", &b.Front)
	list(c, "record_number", 4, &b.Records, func(c *coder, r *Record) {
		c.message("ebm_id", &r.EBMID)
		choice(c, "task_state", &r.State, TaskUntouched, TaskCancelled)
		choice(c, "program_resource", &r.Source, SourcePlatform, SourceAir)
		choice(c, "ebm_class", &r.Class, 0, ClassEveryday)
		c.severity("ebm_level", &r.Level)
		c.event("ebm_type", &r.Event)
		u32(c, "start_time", &r.Start)
		u32(c, "end_time", &r.End)
		c.volume("volume", &r.Volume)
		u8(c, "input_channel_id", &r.Input)
		outputs(c, &r.Outputs)
		c.telephone(r.Source.phone(), &r.Phone)
		codes(c, Logical, &r.Codes)
	})
}

// Bodies of queries and of what is answered to them and to commands: A.4.1.3–A.4.1.6,
// A.4.3, A.4.5.

// ChannelQuery is Tables A.7 and A.8.
type ChannelQuery struct {
	Front   ebd.ResourceCode `json:"front_code"`
	Channel ChannelID        `json:"channel_id"`    // 0: any
	State   uint8            `json:"channel_state"` // 0 any, then as ChannelState
}

func (b *ChannelQuery) fields(c *coder) {
	c.resource("front_code", &b.Front)
	u8(c, "channel_id", &b.Channel)
	choice(c, "channel_state", &b.State, 0, 3)
}

// RecordQuery is Table A.9.
type RecordQuery struct {
	Front ebd.ResourceCode `json:"front_code"`
	EBMID ebd.EBMID        `json:"ebm_id"`    // or AnyMessage
	Task  uint8            `json:"task_type"` // 0 any, 1 everyday, 2 emergency
	Start Stamp            `json:"startTime"`
	End   Stamp            `json:"endTime"`
}

func (b *RecordQuery) fields(c *coder) {
	c.resource("front_code", &b.Front)
	c.message("ebm_id", &b.EBMID)
	choice(c, "task_type", &b.Task, 0, 2)
	u32(c, "startTime", &b.Start)
	u32(c, "endTime", &b.End)
}

// FaultQuery is Table A.10.
type FaultQuery struct {
	Front ebd.ResourceCode `json:"front_code"`
}

func (b *FaultQuery) fields(c *coder) { c.resource("front_code", &b.Front) }

// Code is the outcome a Reply tells (Tables A.27 and A.37).
type Code int32

// The outcomes.
const (
	CodeUnknown   Code = -1
	CodeDone      Code = 0
	CodeLength    Code = 1
	CodeVersion   Code = 2
	CodeConflict  Code = 3
	CodeSignature Code = 4 // only in a platform's table, A.37
)

// Reply is Tables A.26 (an adapter's) and A.36 (a platform's).
type Reply struct {
	Code Code `json:"return_code"`
	Data Raw  `json:"return_data"`
}

func (b *Reply) fields(c *coder) {
	n := uint32(b.Code)
	u32(c, "return_code", &n)
	if !c.writing {
		b.Code = Code(n)
	}
	c.blob("return_data_length", 4, &b.Data)
}

// ChannelState is the state of an input or output channel.
type ChannelState uint8

// The states.
const (
	ChannelIdle  ChannelState = 1
	ChannelBusy  ChannelState = 2
	ChannelFault ChannelState = 3
)

// Media of output channels.
const (
	MediumFM    uint8 = 1
	MediumCable uint8 = 2
	MediumDTMB  uint8 = 3
	MediumIP    uint8 = 4
)

// Outputs is Table A.28.
type Outputs struct {
	Front    ebd.ResourceCode `json:"front_code"`
	Channels []Output         `json:"output_channel"`
}

// Output is one output channel of an adapter. Of an IP channel Table A.28 tells nothing.
type Output struct {
	ID     ChannelID    `json:"output_channel_id"`
	Medium uint8        `json:"out_channel_type"`
	Subs   []SubChannel `json:"sub_channel,omitempty"`
}

// SubChannel is a carrier (FM) or a programme of a multiplex (cable, DTMB).
type SubChannel struct {
	Frequency Frequency    `json:"sub_channel_freq,omitempty"` // FM
	Network   uint16       `json:"original_network_id,omitempty"`
	Stream    uint16       `json:"transport_stream_id,omitempty"`
	Program   uint16       `json:"program_number,omitempty"`
	PCR       uint16       `json:"pcr_pid,omitempty"`
	Streams   []Elementary `json:"stream,omitempty"`
	State     ChannelState `json:"output_channel_state"`
	EBMID     ebd.EBMID    `json:"ebm_id,omitempty"` // of a busy channel
}

// Elementary is an elementary stream of a programme.
type Elementary struct {
	Type uint8  `json:"stream_type"`
	PID  uint16 `json:"elementary_pid"`
}

func (b *Outputs) fields(c *coder) {
	c.resource("front_code", &b.Front)
	list(c, "output_channel_number", 1, &b.Channels, func(c *coder, o *Output) {
		u8(c, "output_channel_id", &o.ID)
		choice(c, "out_channel_type", &o.Medium, MediumFM, MediumIP)
		if o.Medium >= MediumFM && o.Medium <= MediumDTMB {
			list(c, "sub_channel_number", 1, &o.Subs, func(c *coder, s *SubChannel) { s.fields(c, o.Medium) })
		}
	})
}

func (s *SubChannel) fields(c *coder, medium uint8) {
	if medium == MediumFM {
		c.frequency("sub_channel_freq", &s.Frequency)
	} else {
		u16(c, "original_network_id", &s.Network)
		u16(c, "details_channel_transport_stream_id", &s.Stream)
		u16(c, "details_channel_program_number", &s.Program)
		u16(c, "details_channel_pcr_pid", &s.PCR)
		list(c, "stream_number", 1, &s.Streams, func(c *coder, e *Elementary) {
			u8(c, "stream_type", &e.Type)
			u16(c, "elementary_pid", &e.PID)
		})
	}
	choice(c, "output_channel_state", &s.State, ChannelIdle, ChannelFault)
	if s.State == ChannelBusy {
		c.message("ebm_id", &s.EBMID)
	}
}

// Inputs is Table A.29.
type Inputs struct {
	Front    ebd.ResourceCode `json:"front_code"`
	Channels []Input          `json:"input_channel"`
}

// Input is one input channel; those of one group exclude each other.
type Input struct {
	ID    ChannelID    `json:"input_channel_id"`
	Name  string       `json:"input_channel_name"`
	Group uint8        `json:"input_channel_group"`
	State ChannelState `json:"input_channel_state"`
}

func (b *Inputs) fields(c *coder) {
	c.resource("front_code", &b.Front)
	list(c, "input_channel_number", 1, &b.Channels, func(c *coder, i *Input) {
		u8(c, "input_channel_id", &i.ID)
		c.text("input_channel_name", 2, &i.Name)
		u8(c, "input_channel_group", &i.Group)
		choice(c, "input_channel_state", &i.State, ChannelIdle, ChannelFault)
	})
}

// Fault is Table A.31.
type Fault struct {
	Front       ebd.ResourceCode `json:"front_code"`
	Fault       FaultType        `json:"fault_type"`
	Description string           `json:"fault_desc"`
}

// FaultType is what is broken.
type FaultType uint8

// The faults of Tables A.31 and E.7; other numbers are reserved.
const (
	FaultNone    FaultType = 0 // only in Annex A
	FaultCurrent FaultType = 1 // supply current too low
	FaultPower   FaultType = 2 // mean power too low
	FaultOutput  FaultType = 3 // amplifier's output voltage too low
	FaultField   FaultType = 4 // field strength too low
	FaultUnknown FaultType = 5 // no monitoring information
)

func (b *Fault) fields(c *coder) {
	c.resource("front_code", &b.Front)
	u8(c, "fault_type", &b.Fault)
	c.text("fault_desc", 2, &b.Description)
}

// BroadcastReply is Table A.32, the answer to a Broadcast.
type BroadcastReply struct {
	Front       ebd.ResourceCode `json:"front_code"`
	EBMID       ebd.EBMID        `json:"ebm_id"`
	Result      uint8            `json:"result_code"` // 0 done, 1 failed
	Description string           `json:"result_desc"`
	Address     string           `json:"accept_stream_address"` // to send a stream to, "rtp://ip:port"
}

func (b *BroadcastReply) fields(c *coder) {
	c.resource("front_code", &b.Front)
	c.message("ebm_id", &b.EBMID)
	choice(c, "result_code", &b.Result, 0, 1)
	c.text("result_desc", 4, &b.Description)
	c.text("accept_stream_address", 2, &b.Address)
}
