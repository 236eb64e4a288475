package ebd

import (
	"reflect"
	"sort"
	"strings"
)

// Name is a name in the two languages of the product. It is data of the standard,
// not interface text: a standard's tables come with their names.
type Name struct{ Zh, En string }

// Edition is what one edition of the standards defines by table.
type Edition struct {
	ID       string             // e.g. "GD/J 080-2018"
	Version  string             // of its XML files: EBDVersion, EBMVersion, EBIVersion
	Messages map[string]Message // EBDType → message
	Files    FileNames
	Types    map[string]Name // resource type (080 table 4) → name
	Subtypes map[string]Name // resource subtype (080 table 5) → name
	reserved []span          // ranges kept for the levels to assign
}

type span struct {
	from, to string
	name     Name
}

// Type names a resource type; a reserved range counts as known, since the level it
// is kept for may have assigned it. ok is false for anything else.
func (e *Edition) Type(code string) (name Name, ok bool) {
	if name, ok = e.Types[code]; ok {
		return name, true
	}
	if len(code) != 4 {
		return Name{}, false
	}
	for _, r := range e.reserved {
		if code >= r.from && code <= r.to {
			return r.name, true
		}
	}
	return Name{}, false
}

// Message is one of an edition's EBDTypes. New gives a pointer to an empty body, a
// struct with the tags that this package's messages have.
type Message struct {
	Type string
	Name Name
	New  func() any
}

// FileNames are the beginnings of the names of a package's files (082 §7).
type FileNames struct {
	Package, Document, Info, Signature, Resource string
}

// message finds a message in any letter case.
func (e *Edition) message(name string) (Message, bool) {
	if m, ok := e.Messages[name]; ok {
		return m, true
	}
	for _, m := range e.Messages {
		if strings.EqualFold(m.Type, name) {
			return m, true
		}
	}
	return Message{}, false
}

// typeOf is the EBDType of a body, empty where the edition has none.
func (e *Edition) typeOf(body any) string {
	t := reflect.TypeOf(body)
	if t == nil || t.Kind() != reflect.Pointer {
		return ""
	}
	if m, ok := e.Messages[t.Elem().Name()]; ok && reflect.TypeOf(m.New()) == t {
		return m.Type // as with every message of GDJ2018
	}
	for _, m := range e.Messages {
		if reflect.TypeOf(m.New()) == t {
			return m.Type
		}
	}
	return ""
}

// MessageTypes lists the edition's EBDTypes in order of their letters.
func (e *Edition) MessageTypes() (types []string) {
	for t := range e.Messages {
		types = append(types, t)
	}
	sort.Strings(types)
	return types
}

func message[T any](name, zh, en string) (string, Message) {
	return name, Message{name, Name{zh, en}, func() any { return new(T) }}
}

// messages2018 are the seventeen of 082 table 1 and 083 table 4.
var messages2018 = map[string]Message{}

func init() {
	add := func(name string, m Message) { messages2018[name] = m }
	add(message[EBM]("EBM", "应急广播消息", "emergency broadcasting message"))
	add(message[EBMStateRequest]("EBMStateRequest", "播发状态查询", "broadcast state request"))
	add(message[EBMStateResponse]("EBMStateResponse", "播发状态反馈", "broadcast state response"))
	add(message[OMDRequest]("OMDRequest", "运维数据请求", "operations data request"))
	add(message[EBRPSInfo]("EBRPSInfo", "应急广播平台信息", "platforms"))
	add(message[EBRSTInfo]("EBRSTInfo", "台站（前端）信息", "stations and head-ends"))
	add(message[EBRASInfo]("EBRASInfo", "应急广播适配器信息", "adapters"))
	add(message[EBRBSInfo]("EBRBSInfo", "传输覆盖播出设备信息", "transmission equipment"))
	add(message[EBRDTInfo]("EBRDTInfo", "平台设备及终端信息", "devices and terminals"))
	add(message[EBMBrdLog]("EBMBrdLog", "播发记录", "playback log"))
	add(message[EBRPSState]("EBRPSState", "应急广播平台状态", "state of platforms"))
	add(message[EBRASState]("EBRASState", "应急广播适配器状态", "state of adapters"))
	add(message[EBRBSState]("EBRBSState", "传输覆盖播出设备状态", "state of transmission equipment"))
	add(message[EBRDTState]("EBRDTState", "平台设备及终端状态", "state of devices and terminals"))
	add(message[ConnectionCheck]("ConnectionCheck", "心跳检测", "heartbeat"))
	add(message[EBDNotify]("EBDNotify", "处理结果通知", "result notice"))
	add(message[EBDResponse]("EBDResponse", "接收回执", "receipt"))
}

// GDJ2018 is the edition of 2018: GD/J 080-2018 tables 4 and 5, 082 and 083.
var GDJ2018 = &Edition{
	ID:       "GD/J 080-2018",
	Version:  "1",
	Messages: messages2018,
	Files:    FileNames{Package: "EBDT_", Document: "EBDB_", Info: "EBDI_", Signature: "EBDS_", Resource: "EBDR_"},
	Types: map[string]Name{
		"0001": {"消息来源单位", "message source"},
		"0101": {"通用平台", "general platform"},
		"0102": {"制作播发系统", "production and issuing system"},
		"0103": {"调度控制系统", "dispatch and control system"},
		"0104": {"效果监测评估系统", "monitoring and evaluation system"},
		"0201": {"广播电视台", "radio and television station"},
		"0202": {"电台", "radio station"},
		"0203": {"电视台", "television station"},
		"0301": {"调频广播", "FM radio"},
		"0302": {"有线数字电视", "digital cable television"},
		"0303": {"地面数字电视", "digital terrestrial television"},
		"0304": {"有线模拟电视", "analogue cable television"},
		"0305": {"地面模拟电视", "analogue terrestrial television"},
		"0306": {"中波广播", "medium-wave radio"},
		"0307": {"短波广播", "short-wave radio"},
		"0308": {"直播卫星", "direct-broadcast satellite"},
		"0309": {"卫星电视", "satellite television"},
		"0310": {"移动多媒体广播电视", "mobile multimedia broadcasting"},
		"0311": {"数字音频广播", "digital audio broadcasting"},
		"0312": {"机动应急广播", "mobile emergency broadcasting"},
		"0313": {"IPTV", "IPTV"},
		"0314": {"应急广播大喇叭系统", "emergency loudspeaker system"},
		"0399": {"多类型台站/前端", "mixed station or head-end"},
	},
	Subtypes: map[string]Name{
		"01": {"本级平台/系统/机构", "platform, system or body"},
		"02": {"应急广播适配器", "emergency-broadcasting adapter"},
		"03": {"传输覆盖播出设备", "transmission equipment"},
		"04": {"终端", "terminal"},
	},
	// Table 4 prints overlapping ends (0315–0339, 0340–0359, 0360–0379, 0380–0398
	// in 082 table C.6, which is used here).
	reserved: []span{
		{"0315", "0339", Name{"中央级预留", "reserved, central"}},
		{"0340", "0359", Name{"省级预留", "reserved, province"}},
		{"0360", "0379", Name{"市级预留", "reserved, city"}},
		{"0380", "0398", Name{"县级预留", "reserved, county"}},
	},
}
