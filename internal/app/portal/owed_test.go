package portal_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tongsheng/tongsheng/internal/app/portal"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

const (
	listed  = "01JOWEDSTANDARD00000000000"
	drafted = "01JOWEDDRAFT00000000000000"
)

func number(v float64) *float64 { return &v }

// Owed is a service list of two items, a norm on trial in the north, and a draft.
func (c *city) Owed(_ context.Context, region string) ([]portal.Promise, error) {
	if c.failing.Load() {
		return nil, errDown
	}
	place := regions[0].Name
	if region == north {
		place = regions[1].Name
	}
	item := func(zh, en string, groups []string, s *portal.Stands) portal.PromiseItem {
		return portal.PromiseItem{Heading: portal.Name{ZH: zh, EN: en}, Text: portal.Name{ZH: "不少于15套。", EN: "At least 15."}, By: portal.Name{ZH: "市局", EN: "The city"}, To: portal.Name{ZH: "居民", EN: "Residents"},
			Legal: portal.Name{ZH: "某法第五条", EN: "An act, art. 5"}, Groups: groups, Stands: s}
	}
	percent := portal.Name{ZH: "%", EN: "%"}
	list := []portal.Promise{{ID: listed, Kind: "service", Name: portal.Name{ZH: "服务清单", EN: "List of services"}, Number: 2, From: "2026-01-01", Before: 1, Sample: true, Items: []portal.PromiseItem{
		item("听广播", "Radio", []string{"everyone"}, &portal.Stands{Place: place, Standing: "kept", Value: number(18), Threshold: number(15), Unit: portal.Name{ZH: "套", EN: "programmes"}, Data: portal.Name{ZH: "2026年第二季度", EN: "Q2 2026"}}),
		item("手语新闻", "Signed news", []string{"hearing"}, &portal.Stands{Place: place, Standing: "failed", Value: number(80), Threshold: number(90), Unit: percent, Places: 1, Data: portal.Name{ZH: "2026年6月", EN: "June 2026"}}),
		item("少数民族语言", "Minority languages", []string{"minority"}, nil),
		item("应急广播", "Warnings", []string{"everyone"}, &portal.Stands{Place: place, Standing: "failed", Within: true, Kept: 5, Failed: 2, Unknown: 1})}}}
	if c.coming != "" {
		list[0].Until, list[0].Next = c.coming, 3
	}
	if region == north {
		list = append(list, portal.Promise{ID: drafted, Kind: "screen", Name: portal.Name{ZH: "屏幕规范", EN: "Norm for screens"}, Number: 1, From: "2026-07-01", Until: "2026-12-01", Tried: true,
			Items: []portal.PromiseItem{item("登记", "Registration", []string{"everyone"}, &portal.Stands{Place: place, Standing: "unknown"})}})
	}
	online := item("网络视听", "Online", []string{"everyone"}, nil)
	online.Rule = repairs(limit{"", 94}, limit{"生态涵养区", 80})
	return append(list, portal.Promise{ID: drafted, Kind: "service", Name: portal.Name{ZH: "新清单", EN: "New list"}, Number: 1, Draft: true, Closes: "2026-08-01", How: "信寄某路1号", Items: []portal.PromiseItem{online}},
		portal.Promise{ID: listed, Kind: "service", Name: portal.Name{ZH: "服务清单", EN: "List of services"}, Number: 3, Before: 2, Draft: true, Closes: "2026-08-01", Items: []portal.PromiseItem{item("听广播", "Radio", []string{"everyone"}, nil)}}), nil
}

// Changes are those of the list in force, and of a third version that is out for comment.
func (c *city) Changes(_ context.Context, id string, number int, lang i18n.Lang) (*portal.PromiseChanges, error) {
	if id != listed {
		return nil, fault.New(fault.NotFound, "measure.standard.not_found")
	}
	out := &portal.PromiseChanges{Name: portal.Name{ZH: "服务清单", EN: "List of services"}, Number: number, From: "2026-01-01", BeforeNumber: number - 1, BeforeFrom: "2021-04-01", Same: 3,
		Changed: []portal.ItemChanges{{Heading: "听广播", Texts: []portal.TextChanges{{Field: "text", Pieces: []portal.Piece{{In: "earlier", Text: "通过地面无线"}, {In: "both", Text: "提供<15套>"}}},
			{Field: "groups", Pieces: []portal.Piece{{In: "earlier", Text: "everyone"}, {In: "later", Text: "rural elderly"}}}, {Field: "medium", Pieces: []portal.Piece{{In: "earlier", Text: "radio"}, {In: "later", Text: "satellite"}}}},
			Was: repairs(limit{"", 92}), Is: repairs(limit{"", 94}, limit{"生态涵养区", 80})}},
		Gone: []portal.PromiseItem{{Heading: portal.Name{ZH: "旧的"}, Rule: repairs(limit{"", 60})}}}
	return out, nil
}

type limit struct {
	whom  string
	value float64
}

// repairs is a rule by which repairs in each district are judged.
func repairs(limits ...limit) *portal.Rule {
	rule := &portal.Rule{Indicator: portal.Name{ZH: "维修按时完成率", EN: "Repairs done in time"}, Unit: portal.Name{ZH: "%", EN: "%"}, Each: "district"}
	for _, l := range limits {
		rule.Limits = append(rule.Limits, portal.Limit{Whom: portal.Name{ZH: l.whom}, Value: l.value})
	}
	return rule
}

// A reader learns what they are owed, and whether their place keeps it, in both languages and without
// scripts.
func TestWhatPeopleAreOwed(t *testing.T) {
	p, _ := open(everything())
	h := p.Handler()
	wants(t, get(h, "/owed"), 200, "您应享受哪些基本公共服务", "江北市", "服务清单", "自2026年1月1日起施行", "样例：供演示用", "江北市做到了：现在 18 套，应不少于 15 套。（2026年第二季度）",
		"江北市还没有做到：现在 80.0%，应不少于 90%", "江北市：5 个地方做到了，2 个还没有，1 个没有数据", "某法第五条", "正在征求意见", `href="/owed/draft/`+drafted, "/owed/for/hearing", `aria-current="page">应享服务`)
	wants(t, get(h, "/owed", view("place="+north)...), 200, "山北区做到了", "其他规范", "屏幕规范")
	wants(t, get(h, "/owed?lang=en"), 200, "What are you owed?", "Jiangbei keeps this: 18 programmes now, to be at least 15 programmes. (Q2 2026)", "In force since 1 January 2026.", "Deaf or hard of hearing")
	deaf := get(h, "/owed/for/hearing")
	wants(t, deaf, 200, "应享服务：听力障碍者", "手语新闻")
	if strings.Contains(deaf.Body.String(), "<h3>听广播") {
		t.Error("what is meant for others stands among what is meant for one group")
	}
	wants(t, get(h, "/owed/s/"+drafted, view("place="+north)...), 200, "这里正在试点这一版", "到2026年12月1日为止", "山北区还没有数据")
	wants(t, get(h, "/owed/draft/"+drafted), 200, "这是征求意见稿，还没有生效。 信寄某路1号", "征求意见到2026年8月1日为止")
	wants(t, get(h, "/owed/draft/"+drafted), 200, "按“维修按时完成率”看，每个区：生态涵养区应不少于 80%，其他地方应不少于 94%。")
	wants(t, get(h, "/owed/draft/"+drafted+"?lang=en"), 200, "Judged by “Repairs done in time”, in each district: at least 80% (生态涵养区); at least 94% elsewhere.")
	wants(t, get(h, "/owed/s/"+listed), 200, `href="/owed/s/`+listed+`/changes">和上一版有什么不同`)
	wants(t, get(h, "/owed/s/"+listed+"/changes"), 200, "和上一版比：服务清单", "第 2 版（2026年1月1日起施行）和第 1 版（2021年4月1日起施行）相比。", `原来：</span>通过地面无线</del>`, "提供&lt;15套&gt;", "其他 3 项没有变",
		`农村居民、老年人</ins>`, `现在：</span>直播卫星</ins>`, "原来：<del>按“维修按时完成率”看，每个区应不少于 92%。</del>", "现在：<ins>按“维修按时完成率”看，每个区：生态涵养区应不少于 80%，其他地方应不少于 94%。</ins>", "每个区应不少于 60%。")
	wants(t, get(h, "/owed/s/"+listed+"/changes?lang=en"), 200, "Version 2, in force since 1 January 2026, beside version 1, in force since 1 April 2021.", "at least 92% in each district.")
	next := everything()
	next.coming = "2026-12-01"
	p, _ = open(next)
	wants(t, get(p.Handler(), "/owed"), 200, "自2026年1月1日起施行。从2026年12月1日起按新的一版施行。", `href="/owed/s/`+listed+`/next">新的一版改了什么`)
	wants(t, get(p.Handler(), "/owed/s/"+listed+"/next"), 200, "新的一版改了什么：服务清单", "第 3 版已经发布，从2026年1月1日起施行。这里拿它和第 2 版（2021年4月1日起施行）相比。", `第 3 版：<ins>按`)
	// While a draft is out for comment, what is in force has its own page of changes, and so has the draft.
	wants(t, get(h, "/owed/draft/"+listed), 200, `href="/owed/draft/`+listed+`/changes">这份征求意见稿改了什么`)
	wants(t, get(h, "/owed/draft/"+listed+"/changes"), 200, "征求意见稿改了什么：服务清单", "第 3 版是征求意见稿，还没有生效。这里拿它和第 2 版（2021年4月1日起施行）相比。", "第 2 版：<del>按", "征求意见稿：<ins>按", `href="/owed/draft/`+listed+`">看全文`)
	for _, path := range []string{"/owed/for/nobody", "/owed/draft/" + drafted + "/changes", "/owed/s/" + drafted, "/owed/s/none", "/owed/s/none/changes", "/owed/s/" + listed + "/next", "/owed/s/" + drafted + "/changes"} {
		wants(t, get(h, path), 404, "没有这个页面")
	}
	down := everything()
	down.failing.Store(true)
	p, _ = open(down)
	wants(t, get(p.Handler(), "/owed"), 503)
}
