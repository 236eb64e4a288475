package ebd

// Name is a name in the two languages of the product. It is data of the standard,
// not interface text: a standard's tables come with their names.
type Name struct{ Zh, En string }

// Edition is what one edition of the standards defines by table.
type Edition struct {
	ID       string          // e.g. "GD/J 080-2018"
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

// GDJ2018 is the edition of 2018: GD/J 080-2018 tables 4 and 5.
var GDJ2018 = &Edition{
	ID: "GD/J 080-2018",
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
