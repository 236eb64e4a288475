package speaker

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/tongsheng/tongsheng/engine/ebd"
)

// gen draws values that the tables allow.
type gen struct{ *rapid.T }

func (g gen) n(hi int) int          { return rapid.IntRange(0, hi).Draw(g.T, "n") }
func (g gen) from(lo, hi int) uint8 { return uint8(rapid.IntRange(lo, hi).Draw(g.T, "from")) }
func (g gen) u8() uint8             { return rapid.Uint8().Draw(g.T, "u8") }
func (g gen) u16() uint16           { return rapid.Uint16().Draw(g.T, "u16") }
func (g gen) u32() uint32           { return rapid.Uint32().Draw(g.T, "u32") }
func (g gen) stamp() Stamp          { return Stamp(g.u32()) }
func (g gen) level() ebd.Severity   { return ebd.Severity(g.n(4)) }
func (g gen) digits(n int) string {
	return rapid.StringMatching(fmt.Sprintf("[0-9]{%d}", n)).Draw(g.T, "digits")
}
func (g gen) text() string { return rapid.StringMatching(`[ -~一-龥]{0,8}`).Draw(g.T, "text") }
func (g gen) raw() Raw {
	return orNil(Raw(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(g.T, "raw")))
}
func (g gen) hex() string             { return hex.EncodeToString(g.raw()) }
func (g gen) front() ebd.ResourceCode { return ebd.ResourceCode(g.code()) }
func (g gen) message() ebd.EBMID      { return ebd.EBMID(g.code() + "20260721" + g.digits(4)) }
func (g gen) event() ebd.EventType    { return ebd.EventType("1" + g.digits(4)) }
func (g gen) volume() Volume {
	if v := g.from(0, 101); v <= 100 {
		return Volume(v)
	}
	return KeepVolume
}

// code is a well-formed resource code.
func (g gen) code() string {
	return fmt.Sprintf("%d11%s0314%02d%02d%s", g.from(1, 6), g.digits(10), g.from(1, 99), g.from(1, 4), g.digits(2))
}

func (g gen) ip() netip.Addr {
	return netip.AddrFrom4([4]byte{g.u8(), g.u8(), g.u8(), g.u8()})
}

func (g gen) codes() []string {
	return several(g, func() string { return g.code() })
}

func (g gen) targets() Targets {
	if g.n(1) == 0 {
		return Targets{Logical, g.codes()}
	}
	size := g.n(8) + 1
	return Targets{Physical, several(g, func() string { return g.digits(2 * size) })}
}

func (g gen) address() ReturnAddress {
	switch g.n(2) {
	case 0:
		return ReturnAddress{Phone: g.digits(11)}
	case 1:
		return ReturnAddress{Host: g.ip().String(), Port: g.u16()}
	}
	return ReturnAddress{Host: rapid.StringMatching(`[a-z0-9]{1,9}\.[a-z]{2,5}`).Draw(g.T, "host"), Port: g.u16()}
}

func (g gen) phone(has bool) string {
	if !has {
		return ""
	}
	return g.digits(11)
}

func (g gen) outputs() []OutputRef {
	return several(g, func() OutputRef { return OutputRef{g.from(1, 4), ChannelID(g.u8())} })
}

func (g gen) network() Network { return Network{g.ip(), g.ip(), g.ip()} }

func (g gen) frequency() Frequency { return Frequency(g.n(999999)) }

// several draws a short list; an empty one is nil, as reading makes it.
func several[T any](g gen, one func() T) (list []T) {
	for range g.n(3) {
		list = append(list, one())
	}
	return list
}

func orNil(b Raw) Raw {
	if len(b) == 0 {
		return nil
	}
	return b
}

func (g gen) certificates() Body { return &Certificates{several(g, g.raw), several(g, g.raw)} }

func (g gen) reply() Body { return &Reply{Code(g.u32()), g.raw()} }

func (g gen) channelQuery() Body {
	return &ChannelQuery{g.front(), ChannelID(g.u8()), g.from(0, 3)}
}

// packets draw a body of each type of Annex A.
var packets = map[Type]func(gen) Body{
	TypeTSCommand: func(g gen) Body {
		pid := func() uint16 { return uint16(g.n(0x1FFF)) }
		switch g.n(5) {
		case 0:
			return &TSCommand{Tag: 1, Data: g.raw()}
		case 1:
			return &TSCommand{Tag: 0, Command: &FrequencyLock{g.u32(), g.u32(), g.from(0, 4), g.targets()}}
		case 2:
			return &TSCommand{Tag: 2, Command: &ProgrammeStart{g.message(), g.u16(), g.u16(), g.u16(), pid(), g.u8(), pid(), g.u8(), g.volume(), g.stamp().Time(), several(g, g.front)}}
		case 3:
			return &TSCommand{Tag: 2, Command: &ProgrammeStop{g.message(), g.u16(), g.u16(), g.u16(), pid(), pid(), several(g, g.front)}}
		case 4:
			return &TSCommand{Tag: 2, Command: &ProgrammeSwitch{g.from(1, 2), several(g, g.front)}}
		}
		return &TSCommand{Tag: 2, Command: &ProgrammeText{g.from(1, 3), Charset(g.from(0, 4)), g.message(), several(g, g.front), g.text2312()}}
	},
	TypeRDSCommand: func(g gen) Body {
		return &RDSCommand{g.from(0, 2), g.u8(), g.u8(), g.u8(), several(g, g.front), g.raw()}
	},
	TypeIPCommand: func(g gen) Body { return &IPCommand{g.u8(), g.raw()} },
	TypeBroadcast: func(g gen) Body {
		return &Broadcast{g.message(), Power(g.from(1, 2)), Class(g.from(0, 5)), g.event(), g.level(), g.stamp(), g.stamp(), g.volume(), g.targets(),
			several(g, func() Text { return Text{"zho", Charset(g.from(0, 4)), g.text2312(), g.text2312()} }),
			several(g, func() Auxiliary { return Auxiliary{g.u8(), g.raw()} }),
			ChannelID(g.u8()), several(g, func() ChannelID { return ChannelID(g.u8()) }), g.raw()}
	},
	TypeAreaCodes: func(g gen) Body {
		return &AreaCodes{several(g, func() Assignment { return Assignment{g.hex(), g.front()} })}
	},
	TypeVolume:        func(g gen) Body { return &VolumeSetting{g.volume(), g.targets()} },
	TypeReturnAddress: func(g gen) Body { return &ReturnSetting{g.address(), g.targets()} },
	TypeQuery: func(g gen) Body {
		return &Query{g.address(), g.targets(), several(g, func() ParamID { return ParamID(g.u8()) })}
	},
	TypeClock: func(g gen) Body { return &Clock{g.stamp()} },
	TypeNetwork: func(g gen) Body {
		if g.n(1) == 0 {
			return &NetworkSetting{g.network(), Physical, g.hex()}
		}
		return &NetworkSetting{g.network(), Logical, g.code()}
	},
	TypeReturnPeriod: func(g gen) Body { return &ReturnPeriod{g.u32(), g.targets()} },
	TypeWhitelist: func(g gen) Body {
		return &Whitelist{several(g, func() WhitelistEntry {
			return WhitelistEntry{g.from(1, 3), g.digits(11), g.text(), g.from(1, 3), several(g, func() string { return g.digits(12) })}
		})}
	},
	TypeAdapterReturn:       func(g gen) Body { return &AdapterReturn{g.address(), g.u32()} },
	TypeOutputQuery:         gen.channelQuery,
	TypeInputQuery:          gen.channelQuery,
	TypeRecordQuery:         func(g gen) Body { return &RecordQuery{g.front(), AnyMessage, g.from(0, 2), g.stamp(), g.stamp()} },
	TypeFaultQuery:          func(g gen) Body { return &FaultQuery{g.front()} },
	TypeReply:               gen.reply,
	TypeAck:                 gen.reply,
	TypeCertificates:        gen.certificates,
	TypeAdapterCertificates: gen.certificates,
	TypeOutputs: func(g gen) Body {
		return &Outputs{g.front(), several(g, func() Output {
			o := Output{ID: ChannelID(g.u8()), Medium: g.from(1, 4)}
			if o.Medium != MediumIP {
				o.Subs = several(g, func() SubChannel { return g.sub(o.Medium) })
			}
			return o
		})}
	},
	TypeInputs: func(g gen) Body {
		return &Inputs{g.front(), several(g, func() Input { return Input{ChannelID(g.u8()), g.text(), g.u8(), ChannelState(g.from(1, 3))} })}
	},
	TypeRecords: func(g gen) Body {
		return &Records{g.front(), several(g, func() Record {
			s := Source(g.from(1, 5))
			return Record{g.message(), TaskState(g.from(0, 5)), s, Class(g.from(0, 5)), g.level(), g.event(), g.stamp(), g.stamp(), g.volume(), ChannelID(g.u8()), g.outputs(), g.phone(s.phone()), g.codes()}
		})}
	},
	TypeFault:          func(g gen) Body { return &Fault{g.front(), FaultType(g.u8()), g.text()} },
	TypeBroadcastReply: func(g gen) Body { return &BroadcastReply{g.front(), g.message(), g.from(0, 1), g.text(), g.text()} },
	TypeTaskStart: func(g gen) Body {
		s := Source(g.from(1, 5))
		return &TaskStart{g.front(), g.message(), s, Class(g.from(0, 5)), g.level(), g.event(), ChannelID(g.u8()), g.outputs(), g.phone(s.phone()), g.volume(), g.codes()}
	},
	TypeTaskEnd:      func(g gen) Body { return &TaskEnd{g.front(), g.message()} },
	TypeHeartbeat:    func(g gen) Body { return &Heartbeat{g.front(), State(g.from(1, 3)), g.stamp()} },
	TypeTaskStartAck: func(g gen) Body { return &TaskStartAck{g.from(0, 1), g.ip(), g.u16()} },
	TypeAmplifier:    func(g gen) Body { return &Amplifier{g.from(1, 2), g.targets()} },
}

// text2312 is text that every character set of Annex A has.
func (g gen) text2312() string {
	return rapid.StringMatching(`[ -~暴雨预警请注意]{0,8}`).Draw(g.T, "text")
}

func (g gen) sub(medium uint8) SubChannel {
	s := SubChannel{State: ChannelState(g.from(1, 3))}
	if medium == MediumFM {
		s.Frequency = g.frequency()
	} else {
		s.Network, s.Stream, s.Program, s.PCR = g.u16(), g.u16(), g.u16(), g.u16()
		s.Streams = several(g, func() Elementary { return Elementary{g.u8(), g.u16()} })
	}
	if s.State == ChannelBusy {
		s.EBMID = g.message()
	}
	return s
}

// What is written is read as what it was, without a warning, and written as the same bytes.
func TestPacketsRoundTrip(t *testing.T) {
	for typ := range kinds {
		typ := Type(typ)
		if kinds[typ] == nil {
			continue
		}
		draw := packets[typ]
		if draw == nil {
			t.Errorf("%v has no property", typ)
			continue
		}
		t.Run(typ.String(), func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				in := &Packet{Direction: typ.Direction(), Type: typ, Body: draw(gen{rt})}
				b, err := in.Encode()
				if err != nil {
					rt.Fatal(err)
				}
				out, err := Decode(b)
				if err != nil || len(out.Warnings) > 0 {
					rt.Fatalf("%v %v\n%x", err, out.Warnings, b)
				}
				if out.Type != typ || out.Direction != in.Direction || !reflect.DeepEqual(out.Body, in.Body) {
					rt.Fatalf("wrote %#v\nread  %#v", in.Body, out.Body)
				}
				if again, err := out.Encode(); err != nil || !bytes.Equal(again, b) {
					rt.Fatalf("%v\n%x\n%x", err, b, again)
				}
			})
		})
	}
}

func (g gen) answer() Answer { return Answer{Result(g.u8()), g.text()} }

func answer(g gen) Body { a := g.answer(); return &a }

// frames draw a body of each request and report of Annexes D and E.
var frames = map[Order]func(gen) Body{
	OrderStart: func(g gen) Body {
		return &StartOrder{g.message(), Class(g.from(1, 5)), g.level(), g.event(), g.volume(), g.stamp(), g.stamp(),
			several(g, func() Auxiliary { return Auxiliary{g.u8(), g.raw()} })}
	},
	OrderStop:      func(g gen) Body { return &StopOrder{g.message()} },
	OrderHeartbeat: func(g gen) Body { return &TerminalHeartbeat{State(g.from(1, 3)), g.from(1, 2), g.hex()} },
	OrderQuery: func(g gen) Body {
		return &StateQuery{several(g, func() ParamID { return ParamID(g.u8()) })}
	},
	OrderSet:   func(g gen) Body { return &Settings{g.params(settings)} },
	OrderFault: func(g gen) Body { return &FaultReport{g.from(1, 2), FaultType(g.u8()), g.text(), g.stamp()} },
	OrderSwitch: func(g gen) Body {
		return &TaskSwitch{g.from(1, 2), TaskSource(g.from(1, 6)), g.message(), g.stamp()}
	},
	OrderResult: func(g gen) Body {
		return &PlaybackResult{g.message(), g.from(0, 1), g.text(), g.stamp(), g.stamp(), g.u8(), g.stamp()}
	},
	OrderLog: func(g gen) Body {
		return &PlaybackLog{g.front(), several(g, func() LogRecord {
			s := TaskSource(g.from(1, 7))
			return LogRecord{g.u16(), TaskState(g.from(0, 5)), g.message(), s, Class(g.from(0, 5)), g.level(), g.event(), g.stamp(), g.stamp(), g.phone(s == TaskPhone || s == TaskMessage), g.volume(), g.codes()}
		})}
	},
	OrderCertificates: gen.certificates,
}

// values draw a value of each parameter.
var values = map[reflect.Type]func(gen) Body{
	reflect.TypeFor[*VolumeValue]():   func(g gen) Body { return &VolumeValue{g.volume()} },
	reflect.TypeFor[*Network]():       func(g gen) Body { n := g.network(); return &n },
	reflect.TypeFor[*ReturnAddress](): func(g gen) Body { a := g.address(); return &a },
	reflect.TypeFor[*Identity]():      func(g gen) Body { return &Identity{g.hex(), g.front()} },
	reflect.TypeFor[*SwitchValue]():   func(g gen) Body { return &SwitchValue{g.from(1, 2)} },
	reflect.TypeFor[*Clock]():         func(g gen) Body { return &Clock{g.stamp()} },
	reflect.TypeFor[*PeriodValue]():   func(g gen) Body { return &PeriodValue{g.u32()} },
	reflect.TypeFor[*CodeValue]():     func(g gen) Body { return &CodeValue{g.front()} },
	reflect.TypeFor[*PhysicalValue](): func(g gen) Body { return &PhysicalValue{g.hex()} },
	reflect.TypeFor[*StateValue]():    func(g gen) Body { return &StateValue{State(g.from(1, 3))} },
	reflect.TypeFor[*FaultValue]():    func(g gen) Body { return &FaultValue{g.u8()} },
	reflect.TypeFor[*DeviceValue]():   func(g gen) Body { return &DeviceValue{g.u16()} },
	reflect.TypeFor[*VersionValue]():  func(g gen) Body { return &VersionValue{g.u32()} },
	reflect.TypeFor[*SignalValue]():   func(g gen) Body { return &SignalValue{g.u8(), g.u8()} },
	reflect.TypeFor[*CableValue]():    func(g gen) Body { return &CableValue{g.u32(), g.u32(), g.from(0, 4)} },
	reflect.TypeFor[*CarrierValue]():  func(g gen) Body { return &CarrierValue{g.u32()} },
	reflect.TypeFor[*ScanValue](): func(g gen) Body {
		return &ScanValue{several(g, func() ScanCarrier { return ScanCarrier{g.u8(), g.u8(), g.frequency()} })}
	},
	reflect.TypeFor[*TunerValue]():       func(g gen) Body { return &TunerValue{g.frequency(), g.frequency()} },
	reflect.TypeFor[*MaintenanceValue](): func(g gen) Body { return &MaintenanceValue{g.from(0, 1), g.u16()} },
}

// params draws every parameter of a table in some order.
func (g gen) params(table map[ParamID]*kind) (list []Param) {
	for id := ParamID(1); id != 0; id++ {
		if k := table[id]; k != nil && g.n(3) > 0 {
			list = append(list, Param{id, values[reflect.TypeOf(k.blank())](g)})
		}
	}
	return list
}

func TestFramesRoundTrip(t *testing.T) {
	seen := map[[2]byte]bool{}
	for _, annex := range []Annex{AnnexD, AnnexE} {
		for _, asked := range []bool{false, true} {
			for o := range requests {
				o := Order(o)
				k := orderKind(annex, asked, o)
				if k == nil || (&Frame{Annex: annex, Answer: asked, Type: o}).misplaced() {
					continue
				}
				draw := frames[o]
				switch k.blank().(type) {
				case *Answer:
					draw = answer
				case *StateAnswer:
					draw = func(g gen) Body { return &StateAnswer{g.answer(), g.params(states)} }
				}
				seen[[2]byte{byte(annex), byte(o)}] = true
				t.Run(fmt.Sprintf("%c/%s/%v", annex, k.name.En, asked), func(t *testing.T) {
					rapid.Check(t, func(rt *rapid.T) { frameRoundTrip(rt, annex, asked, o, draw) })
				})
			}
		}
	}
	if len(seen) != 20 { // ten of each annex, for answers to commands may come in E too
		t.Errorf("%d kinds of frame were tried", len(seen))
	}
}

func frameRoundTrip(rt *rapid.T, annex Annex, asked bool, o Order, draw func(gen) Body) {
	g := gen{rt}
	in := &Frame{Annex: annex, Session: g.u32(), Answer: asked, Source: g.front(), Targets: several(g, g.front), Type: o, Body: draw(g)}
	b, err := in.Encode()
	if err != nil {
		rt.Fatal(err)
	}
	for _, as := range []Annex{annex, 0} {
		out, err := DecodeFrame(b, as)
		if err != nil || len(out.Warnings) > 0 {
			rt.Fatalf("%v %v\n%x", err, out.Warnings, b)
		}
		if out.Annex != annex || out.Session != in.Session || out.Answer != asked || out.Source != in.Source || out.Type != o ||
			!reflect.DeepEqual(out.Targets, in.Targets) || !reflect.DeepEqual(out.Body, in.Body) {
			rt.Fatalf("wrote %#v %#v\nread  %#v %#v", in, in.Body, out, out.Body)
		}
		if again, err := out.Encode(); err != nil || !bytes.Equal(again, b) {
			rt.Fatalf("%v\n%x\n%x", err, b, again)
		}
	}
}
