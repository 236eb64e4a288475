package speaker

import (
	"fmt"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// Direction is who speaks: the first byte of an Annex A frame.
type Direction uint8

// The directions of Table A.1.
const (
	Down Direction = 0x49 // platform to adapter
	Up   Direction = 0x50 // adapter to platform
)

// String is "down" or "up", empty for anything else.
func (d Direction) String() string {
	switch d {
	case Down:
		return "down"
	case Up:
		return "up"
	}
	return ""
}

// MarshalText implements encoding.TextMarshaler.
func (d Direction) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Type is the kind of an Annex A frame, numbered as in Table A.4 and in the headings of
// A.4. TypeAdapterCertificates has a number only in its heading (A.4.1.7).
type Type uint8

// The types of Annex A.
const (
	TypeTSCommand           Type = 0x01
	TypeRDSCommand          Type = 0x02
	TypeIPCommand           Type = 0x03
	TypeBroadcast           Type = 0x04 // start or stop
	TypeAreaCodes           Type = 0x05
	TypeVolume              Type = 0x06
	TypeReturnAddress       Type = 0x07
	TypeQuery               Type = 0x08
	TypeClock               Type = 0x09
	TypeNetwork             Type = 0x0A
	TypeReturnPeriod        Type = 0x0B
	TypeWhitelist           Type = 0x0C
	TypeAdapterReturn       Type = 0x0D
	TypeOutputQuery         Type = 0x0E
	TypeInputQuery          Type = 0x0F
	TypeRecordQuery         Type = 0x10
	TypeFaultQuery          Type = 0x11
	TypeReply               Type = 0x12 // general reply of an adapter
	TypeOutputs             Type = 0x13
	TypeInputs              Type = 0x14
	TypeRecords             Type = 0x15
	TypeFault               Type = 0x16
	TypeBroadcastReply      Type = 0x17
	TypeTaskStart           Type = 0x18
	TypeTaskEnd             Type = 0x19
	TypeHeartbeat           Type = 0x20
	TypeAck                 Type = 0x21 // general reply of a platform
	TypeTaskStartAck        Type = 0x22
	TypeAmplifier           Type = 0x3F
	TypeCertificates        Type = 0x40
	TypeAdapterCertificates Type = 0x41
)

// Name is what commands and logs call the type; "unknown" for a reserved number.
func (t Type) Name() ebd.Name {
	if k := kinds[t]; k != nil {
		return k.name
	}
	return ebd.Name{Zh: "未知", En: "unknown"}
}

// Direction is the direction a type is defined for, 0 for a reserved number.
func (t Type) Direction() Direction {
	if k := kinds[t]; k != nil {
		return k.direction
	}
	return 0
}

func (t Type) String() string { return fmt.Sprintf("0x%02x %s", uint8(t), t.Name().En) }

// Body is the content of a frame: one of the types of this package whose fields are
// those of the frame's table, or *Opaque.
type Body interface {
	fields(c *coder)
}

// Opaque is the body of a frame whose type is not known.
type Opaque struct {
	Data Raw `json:"data"`
}

func (b *Opaque) fields(c *coder) { c.raw("data", max(c.left(), len(b.Data)), &b.Data) }

func opaque(b Body) bool { o, ok := b.(*Opaque); return ok && o != nil }

// kind is what is known of one type of frame.
type kind struct {
	name      ebd.Name
	direction Direction
	blank     func() Body     // an empty body to read into
	fits      func(Body) bool // whether a body is of this type
	variants  int             // how many other layouts are known from devices
	other     Type            // what Table A.1 calls this number, 0 if the same
}

// of makes the kind of frame whose body is a T.
func of[T any, P interface {
	*T
	Body
}](d Direction, zh, en string) *kind {
	return &kind{
		name:      ebd.Name{Zh: zh, En: en},
		direction: d,
		blank:     func() Body { return P(new(T)) },
		fits:      func(b Body) bool { p, ok := b.(P); return ok && p != nil },
	}
}

// also says that a kind has n more layouts, tried where the first does not fit.
func (k *kind) also(n int) *kind { k.variants = n; return k }

// reads says what the number of a kind means in Table A.1.
func (k *kind) reads(t Type) *kind { k.other = t; return k }

var kinds = [256]*kind{
	TypeTSCommand:           of[TSCommand](Down, "TS特殊指令", "TS command"),
	TypeRDSCommand:          of[RDSCommand](Down, "RDS特殊指令", "RDS command"),
	TypeIPCommand:           of[IPCommand](Down, "IP特殊指令", "IP command"),
	TypeBroadcast:           of[Broadcast](Down, "开播停播", "start or stop").also(1),
	TypeAreaCodes:           of[AreaCodes](Down, "更新区域码", "area codes"),
	TypeVolume:              of[VolumeSetting](Down, "音量设置", "volume"),
	TypeReturnAddress:       of[ReturnSetting](Down, "回传参数设置", "return address"),
	TypeQuery:               of[Query](Down, "参数状态查询", "query"),
	TypeClock:               of[Clock](Down, "时钟校准", "clock"),
	TypeNetwork:             of[NetworkSetting](Down, "网络参数设置", "network"),
	TypeReturnPeriod:        of[ReturnPeriod](Down, "回传周期设置", "return period"),
	TypeWhitelist:           of[Whitelist](Down, "白名单更新", "whitelist"),
	TypeAdapterReturn:       of[AdapterReturn](Down, "适配器回传参数设置", "adapter return address"),
	TypeOutputQuery:         of[ChannelQuery](Down, "输出通道查询", "output channel query"),
	TypeInputQuery:          of[ChannelQuery](Down, "输入通道查询", "input channel query"),
	TypeRecordQuery:         of[RecordQuery](Down, "播发记录查询", "record query"),
	TypeFaultQuery:          of[FaultQuery](Down, "故障详情查询", "fault query"),
	TypeReply:               of[Reply](Up, "适配器通用回复", "reply"),
	TypeOutputs:             of[Outputs](Up, "输出通道回复", "output channels"),
	TypeInputs:              of[Inputs](Up, "输入通道回复", "input channels"),
	TypeRecords:             of[Records](Up, "播发记录回复", "records").also(1),
	TypeFault:               of[Fault](Up, "故障详情回复", "fault"),
	TypeBroadcastReply:      of[BroadcastReply](Up, "开停播请求回复", "start or stop reply").reads(TypeTaskStart),
	TypeTaskStart:           of[TaskStart](Up, "任务开始上报", "task start").also(1).reads(TypeTaskEnd),
	TypeTaskEnd:             of[TaskEnd](Up, "任务结束上报", "task end").reads(TypeHeartbeat),
	TypeHeartbeat:           of[Heartbeat](Up, "心跳", "heartbeat").reads(TypeAck),
	TypeAck:                 of[Reply](Down, "平台通用回复", "ack").reads(TypeTaskStartAck),
	TypeTaskStartAck:        of[TaskStartAck](Down, "任务开始上报回复", "task start ack"),
	TypeAmplifier:           of[Amplifier](Down, "终端功放开关", "amplifier"),
	TypeCertificates:        of[Certificates](Down, "证书更新", "certificates"),
	TypeAdapterCertificates: of[Certificates](Down, "适配器证书更新", "adapter certificates"),
}
