package app

import (
	"context"
	"time"

	"github.com/tongsheng/tongsheng/engine/ebd"
	"github.com/tongsheng/tongsheng/engine/wire"
	"github.com/tongsheng/tongsheng/internal/deliver/alert"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/message"
	"github.com/tongsheng/tongsheng/internal/deliver/alert/rule"
	"github.com/tongsheng/tongsheng/internal/deliver/channel"
	"github.com/tongsheng/tongsheng/internal/register/asset"
	"github.com/tongsheng/tongsheng/internal/register/region"
)

// wireEveryday makes the module of timetables, with the answers it asks of others.
func (a *App) wireEveryday() {
	a.channels = channel.New(channel.Deps{DB: a.db, Clock: a.clock, Log: a.log, Live: a.hub, Zone: a.zone, Blobs: a.objects, Speech: a.studio, Regions: everydayRegions{a.regions},
		Devices: everydayDevices{a.assets}, Rules: everydayRules{a.alerts}, Memory: everydayMemory{a.alerts}, Messages: everydayMessages{a.alerts}, Receipts: everydayReceipts{a.alerts}, Staff: a.accounts})
}

// everydayRegions answers what timetables ask of the register of regions.
type everydayRegions struct{ *region.Module }

func (r everydayRegions) Region(ctx context.Context, code string) (channel.Region, error) {
	found, err := r.Get(ctx, code)
	return channel.Region{Code: found.Code, Path: found.Path, NameZh: found.Name, NameEn: found.NameEn, Level: string(alertRegion(found).Level)}, err
}

// everydayDevices answers what timetables ask of the register of devices.
type everydayDevices struct{ *asset.Module }

func (d everydayDevices) Devices(ctx context.Context, codes []string) (map[string]channel.Device, error) {
	asked := make([]ebd.ResourceCode, len(codes))
	for i, c := range codes {
		asked[i] = ebd.ResourceCode(c)
	}
	found, err := d.Find(ctx, asked)
	out := make(map[string]channel.Device, len(found))
	for _, t := range found {
		out[string(t.Code)] = channel.Device{Name: t.Name, RegionPath: t.RegionPath}
	}
	return out, err
}

// everydayRules answers what timetables ask of the rules of messages.
type everydayRules struct{ *alert.Module }

func (r everydayRules) Norms(ctx context.Context, path string) (channel.Norms, error) {
	found, err := r.EverydayNorms(ctx, path)
	n := channel.Norms{Allowed: found.Verdict.Allow, Approvals: found.Verdict.Approvals, RuleZh: found.Verdict.NameZh, RuleEn: found.Verdict.NameEn,
		Quiet: found.Quiet.Everyday, From: found.Quiet.From, Until: found.Quiet.Until, Ranks: make(map[string]uint32, len(found.Ranks))}
	for level, rank := range found.Ranks {
		n.Ranks[string(level)] = rank
	}
	return n, err
}

// everydayMemory tells timetables how long what they played is kept.
type everydayMemory struct{ *alert.Module }

func (m everydayMemory) Keep(ctx context.Context) (time.Duration, error) { return m.EverydayKept(ctx) }

// everydayMessages hands items of timetables to emergency broadcasting, as everyday messages to
// loudspeakers.
type everydayMessages struct{ *alert.Module }

func (m everydayMessages) Hand(ctx context.Context, i channel.Item) (answer channel.Answer, err error) {
	a := message.Arrival{Origin: message.Origin{Kind: string(rule.Timetable), Source: i.Timetable, Name: i.Name}, Act: message.Begins, Ref: i.Ref,
		Authority: i.Level, Kind: message.Real, Class: wire.Everyday}
	if i.Withdraw {
		a.Act, a.Ref, a.Earlier, a.Reason = message.Cancels, "-"+i.Ref, []string{i.Ref}, i.Title
	} else {
		a.Content = message.Content{Event: alert.EverydayEvent, Severity: message.Unknown, Texts: []message.Text{{Lang: "zh", Title: i.Title, Body: i.Text}},
			Area: message.Area{Regions: []string{i.RegionCode}, Types: []string{string(ebd.TypeLoudspeaker)}}, StartsAt: i.StartsAt, EndsAt: i.EndsAt,
			Repeat: message.Repeat{Count: i.Repeat, IntervalSeconds: i.Interval}, Volume: i.Volume, Relay: i.Relay}
		if len(i.Devices) > 0 {
			a.Content.Area = message.Area{Devices: i.Devices}
		}
		if i.Sound != nil {
			digest, err := m.KeepSound(ctx, i.Sound)
			if err != nil {
				return answer, err
			}
			a.Content.Sounds = []message.Sound{{Lang: "zh", SM3: digest, MIME: i.MIME, Bytes: int64(len(i.Sound)), Millis: i.Millis, Origin: message.FromRecording}}
		}
	}
	got, err := m.Take(ctx, a)
	answer = channel.Answer{Message: got.Message, Waits: got.State == message.Waiting}
	if got.State == message.Refused {
		answer.Reason = got.Reason
	}
	return answer, err
}

// everydayReceipts tells timetables what loudspeakers did.
type everydayReceipts struct{ *alert.Module }

func (r everydayReceipts) Figures(ctx context.Context, ids []string) (map[string]channel.Outcome, error) {
	found, err := r.FiguresOf(ctx, ids)
	out := make(map[string]channel.Outcome, len(found))
	for id, f := range found {
		out[id] = channel.Outcome{Targets: f.Targets, Reached: f.Reached, Played: f.Played, Playing: f.Playing, Yielding: f.Interrupted, Failed: f.Failed + f.Refused,
			Silent: max(f.Targets-f.Answered, 0), Heard: f.Heard}
	}
	return out, err
}

func (r everydayReceipts) Soundings(ctx context.Context, id string) ([]channel.Sounding, error) {
	found, err := r.Module.Soundings(ctx, id)
	out := make([]channel.Sounding, len(found))
	for i, s := range found {
		out[i] = channel.Sounding{Device: s.Device, Began: s.Began, Ended: s.Ended, State: s.State, Reason: s.Reason}
		for _, y := range s.Yields {
			out[i].Yields = append(out[i].Yields, channel.Yield(y))
		}
	}
	return out, err
}
