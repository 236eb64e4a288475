package survey_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/fact"
	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/clock"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
	"github.com/tongsheng/tongsheng/internal/platform/keyring"
	"github.com/tongsheng/tongsheng/internal/platform/store"
	"github.com/tongsheng/tongsheng/internal/platform/store/storetest"
)

const (
	read, build, run, interview, agree = auth.Permission("read"), auth.Permission("build"), auth.Permission("run"), auth.Permission("interview"), auth.Permission("agree")
	send, state, define                = auth.Permission("send"), auth.Permission("state"), auth.Permission("define")
)

// bench is a city of two districts, each of a street and a town with twenty places of 500 people.
type bench struct {
	*testing.T
	db     *store.DB
	clk    *clock.Manual
	ledger *fact.Ledger
	desk   *survey.Desk
	sealer *keyring.Sealer

	onOpen  func() // before something sealed is opened
	onJudge func() // before somebody is found to be another than who wrote
}

// Seal and Open are the node's sealer.
func (b *bench) Seal(plain []byte, purpose string) ([]byte, error) {
	return b.sealer.Seal(plain, purpose)
}

func (b *bench) Open(sealed []byte, purpose string) ([]byte, error) {
	once(&b.onOpen)
	return b.sealer.Open(sealed, purpose)
}

// once does what is to be done next, and no more.
func once(what *func()) {
	if do := *what; do != nil {
		*what = nil
		do()
	}
}

// opens is what the node's key makes of something sealed.
func (b *bench) opens(sealed, purpose string) string {
	b.Helper()
	raw, err := base64.StdEncoding.DecodeString(sealed)
	b.ok(err)
	plain, err := b.sealer.Open(raw, purpose)
	b.ok(err)
	return string(plain)
}

func (b *bench) Independent(_ context.Context, _ store.Queryer, a, other string) (bool, error) {
	once(&b.onJudge)
	return a != other, nil
}

func (b *bench) Able(_ context.Context, perm auth.Permission, _ string) ([]auth.Person, error) {
	if perm == run {
		return []auth.Person{{ID: "agency", Name: "agency"}, {ID: "other", Name: "other"}}, nil
	}
	return []auth.Person{{ID: "asker", Name: "asker"}, {ID: "second", Name: "second"}}, nil
}

func as(name, path string, perms ...auth.Permission) context.Context {
	granted := map[auth.Permission][]string{}
	for _, p := range perms {
		granted[p] = []string{path}
	}
	return auth.With(context.Background(), auth.NewPrincipal(auth.Actor{ID: name, Name: name, Address: "192.0.2.1"}, granted))
}

var (
	author = as("author", "c.", read, build, agree)
	leader = as("leader", "c.", read, agree)
	agency = as("agency", "c.", run)
	asker  = as("asker", "c.", interview)
	sender = as("sender", "c.", send)
	nobody = auth.As(context.Background(), auth.Actor{Address: "192.0.2.7"})
)

func each(t *testing.T, fn func(b *bench)) {
	storetest.Each(t, func(t *testing.T, db *store.DB, clk *clock.Manual) {
		b := &bench{T: t, db: db, clk: clk}
		regions := []fact.Region{{Code: "c", Path: "c.", Level: "city", NameZh: "市", NameEn: "City"}}
		people := map[string]int64{}
		for _, d := range []string{"east", "west"} {
			regions = append(regions, fact.Region{Code: d, Parent: "c", Path: "c." + d + ".", Level: "district", NameZh: d, NameEn: d})
			for _, kind := range []string{"street", "town"} {
				at := d + kind
				regions = append(regions, fact.Region{Code: at, Parent: d, Path: "c." + d + "." + at + ".", Level: "township", Kind: kind, NameZh: at, NameEn: at})
				for i := range 20 {
					code := fmt.Sprintf("%s%02d", at, i)
					regions = append(regions, fact.Region{Code: code, Parent: at, Path: "c." + d + "." + at + "." + code + ".", Level: "village", NameZh: code, NameEn: code})
					people[code] = 500
				}
			}
		}
		var err error
		b.ledger, err = fact.Open(context.Background(), fact.Deps{DB: db, Clock: clk, Zone: time.UTC, Home: "c.", Read: read, State: state, Define: define, Users: func(string) []fact.User { return nil }}, regions)
		b.ok(err)
		b.ok(b.ledger.Seed(context.Background(), []fact.Element{{Code: "satisfied", NameZh: "满意", NameEn: "satisfied", Combine: fact.Mean, Period: "year", Level: "district"}}))
		sealer, err := keyring.KeyFile(t.TempDir() + "/key")
		b.ok(err)
		b.sealer = sealer
		b.desk, err = survey.New(survey.Deps{DB: db, Clock: clk, Log: slog.New(slog.DiscardHandler), Ledger: b.ledger, Staff: b, Sealer: b, Zone: time.UTC, People: people, Public: "http://city",
			Read: read, Build: build, Run: run, Send: send, Interview: interview, Agree: agree})
		b.ok(err)
		fn(b)
	}, measure.Migrations())
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) refused(err error, code string) {
	b.Helper()
	if !fault.Is(err, code) {
		b.Fatalf("want %s, got %v", code, err)
	}
}

func words(text string) engine.Text { return engine.Text{"zh": text, "en": text} }

func form() *engine.Form {
	return &engine.Form{Languages: []string{"zh", "en"}, Title: words("title"), Pages: []engine.Page{
		{Questions: []engine.Question{{ID: "age", Kind: engine.Single, Title: words("age"), Required: true, Choices: []engine.Choice{{ID: "young", Title: words("young")}, {ID: "old", Title: words("old")}}}}},
		{Questions: []engine.Question{{ID: "happy", Kind: engine.Single, Title: words("happy"), Required: true, Choices: []engine.Choice{{ID: "yes", Title: words("yes")}, {ID: "no", Title: words("no")}}},
			{ID: "wish", Kind: engine.Written, Title: words("wish")}}}}}
}

func settings() survey.Settings {
	return survey.Settings{RegionCode: "c", NameZh: "调查", NameEn: "Survey", Purpose: "评价", NoticeZh: "不记名", NoticeEn: "Anonymous", Least: 10, Anybody: true, By: []string{"district", "age"},
		Targets: []survey.Target{{Question: "age", Shares: map[string]float64{"young": 0.6, "old": 0.4}}}, Headlines: []survey.Headline{{Question: "happy", Choice: "yes", Element: "satisfied", Percent: true}}}
}

var goal = survey.Goal{Margin: 0.1, Confidence: 0.95, Allocation: "equal", Response: 0.5, Each: 10, Alike: 0.05, Least: 10}

// fielded is a survey of a drawn sample that is open.
func (b *bench) fielded(s survey.Settings) *survey.Survey {
	b.Helper()
	return b.fieldedWith(s, form())
}

func (b *bench) fieldedWith(s survey.Settings, f *engine.Form) *survey.Survey {
	b.Helper()
	return b.fieldedBy(goal, s, f)
}

func (b *bench) fieldedBy(goal survey.Goal, s survey.Settings, f *engine.Form) *survey.Survey {
	b.Helper()
	v, err := b.desk.Create(author, s, f)
	b.ok(err)
	_, err = b.desk.PutPlan(author, v.ID, v.Revision, goal)
	b.ok(err)
	_, err = b.desk.Draw(author, v.ID, v.Revision+1, "7 11 13")
	b.ok(err)
	v, err = b.desk.Approve(leader, v.ID, v.Revision+2)
	b.ok(err)
	v, err = b.desk.Open(author, v.ID, v.Revision)
	b.ok(err)
	return v
}

func said(age, happy string) engine.Answers { return engine.Answers{"age": age, "happy": happy} }

func TestWhoWroteDoesNotApprove(t *testing.T) {
	each(t, func(b *bench) {
		s, err := b.desk.Create(author, settings(), form())
		b.ok(err)
		_, err = b.desk.Approve(author, s.ID, s.Revision)
		b.refused(err, "measure.survey.own")
		_, err = b.desk.Open(author, s.ID, s.Revision)
		b.refused(err, "measure.survey.state.draft")
		_, err = b.desk.Ask(nobody, s.ID, "")
		b.refused(err, "measure.survey.not_found")
		s, err = b.desk.Approve(leader, s.ID, s.Revision)
		b.ok(err)
		if s.State != survey.Approved || s.Version != 1 {
			t.Fatalf("%+v", s)
		}
		_, err = b.desk.Approve(leader, s.ID, s.Revision)
		b.refused(err, "measure.survey.nothing_new")
		changed := settings()
		changed.NoticeZh = "我们会保存姓名"
		_, err = b.desk.Put(author, s.ID, s.Revision, changed)
		b.refused(err, "measure.survey.promised")
	})
}

// Nobody is asked who is not told, in a language of the questionnaire, what for and what becomes of it.
func TestWhatIsNotToldIsNotAsked(t *testing.T) {
	each(t, func(b *bench) {
		for place, leave := range map[string]func(*survey.Settings){
			"purpose":  func(s *survey.Settings) { s.Purpose = " " },
			"noticeZh": func(s *survey.Settings) { s.NoticeZh = "" },
			"noticeEn": func(s *survey.Settings) { s.NoticeEn = "" },
		} {
			untold := settings()
			leave(&untold)
			s, err := b.desk.Create(author, untold, form())
			b.ok(err)
			_, err = b.desk.Approve(leader, s.ID, s.Revision)
			if e := fault.Of(err); e.Kind != fault.Invalid || e.Place != place {
				t.Fatalf("%s: %+v", place, err)
			}
			if place == "noticeEn" { // nobody needs it where there is only Chinese
				only := form()
				only.Languages = []string{"zh"}
				for i := range only.Pages {
					for j := range only.Pages[i].Questions {
						q := &only.Pages[i].Questions[j]
						q.Title = engine.Text{"zh": "问"}
						for n := range q.Choices {
							q.Choices[n].Title = engine.Text{"zh": "答"}
						}
					}
				}
				only.Title = engine.Text{"zh": "问卷"}
				s, err = b.desk.PutForm(author, s.ID, s.Revision, only)
				b.ok(err)
				_, err = b.desk.Approve(leader, s.ID, s.Revision)
				b.ok(err)
			}
		}
	})
}

func TestAChangeInTheFieldIsANewVersionAndAnswersKeepTheirs(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		f := form()
		f.Pages[1].Questions[1].Title = words("what do you wish?")
		s, err := b.desk.PutForm(author, s.ID, s.Revision, f)
		b.ok(err)
		if a, err := b.desk.Ask(nobody, s.ID, ""); err != nil || a.Version != 1 || s.Latest != 2 {
			t.Fatalf("asked %+v of %+v, %v", a, s, err)
		}
		wrong := form()
		wrong.Pages[0].Questions[0] = engine.Question{ID: "age", Kind: engine.Number, Title: words("age")}
		s, err = b.desk.PutForm(author, s.ID, s.Revision, wrong)
		b.ok(err)
		_, err = b.desk.Approve(leader, s.ID, s.Revision)
		b.refused(err, "measure.survey.single") // age is what it is weighed by
		s, err = b.desk.PutForm(author, s.ID, s.Revision, f)
		b.ok(err)
		old, err := b.desk.Ask(nobody, s.ID, "")
		b.ok(err)
		s, err = b.desk.Approve(leader, s.ID, s.Revision)
		b.ok(err)
		b.clk.Advance(time.Minute)
		_, err = b.desk.Answer(nobody, s.ID, "", old.Pass, survey.Given{Version: 1, Mode: survey.Phone, Answers: said("old", "yes")})
		b.ok(err)
		l, err := survey.Counted(b.desk, agency, s.ID)
		b.ok(err)
		if len(l) != 1 || l[0].Version != 1 || s.Version != 2 {
			t.Fatalf("%+v", l)
		}
	})
}

func TestTheDrawCanBeRepeated(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		p, err := b.desk.Plan(author, s.ID)
		b.ok(err)
		var frame, takes strings.Builder
		b.ok(b.desk.WriteFrame(author, &frame, s.ID, "frame"))
		b.ok(b.desk.WriteFrame(author, &takes, s.ID, "takes"))
		var places []engine.Place
		for _, line := range strings.Split(strings.TrimSpace(frame.String()), "\n")[1:] {
			c := strings.Split(line, ",")
			places = append(places, engine.Place{ID: c[0], Stratum: c[1], Size: 500})
		}
		var want []engine.Take
		for _, line := range strings.Split(strings.TrimSpace(takes.String()), "\n")[1:] {
			var k engine.Take
			c := strings.Split(line, ",")
			k.Stratum = c[0]
			fmt.Sscan(c[1], &k.Places)
			fmt.Sscan(c[2], &k.Each)
			want = append(want, k)
		}
		drawn, err := engine.Draw(places, want, "7 11 13")
		b.ok(err)
		if len(drawn) != len(p.Drawn) || len(drawn) == 0 || len(p.Strata) != 4 {
			t.Fatalf("%d places drawn again, %d before", len(drawn), len(p.Drawn))
		}
		for i, at := range drawn {
			if at.ID != p.Drawn[i].Code || fmt.Sprint(at.People) != fmt.Sprint(p.Drawn[i].People) {
				t.Errorf("%s %v drawn, %s %v before", at.ID, at.People, p.Drawn[i].Code, p.Drawn[i].People)
			}
		}
	})
}

func TestAnInvitationIsGoodForOneAnswerThatLeadsToNobody(t *testing.T) {
	each(t, func(b *bench) {
		closed := settings()
		closed.Anybody = false
		s := b.fielded(closed)
		_, err := b.desk.Ask(nobody, s.ID, "")
		b.refused(err, "measure.survey.not_found")
		links, err := b.desk.Invite(agency, s.ID, "east.urban", false)
		b.ok(err)
		token := links[0].Address[strings.LastIndex(links[0].Address, "/")+1:]
		a, err := b.desk.Ask(nobody, "", token)
		b.ok(err)
		if !a.Invited || a.Stratum != "east.urban" {
			t.Fatalf("%+v", a)
		}
		given := survey.Given{Version: 1, Mode: survey.Phone, Answers: said("old", "yes")}
		_, err = b.desk.Answer(nobody, s.ID, token, a.Pass, given)
		b.refused(err, "measure.survey.soon")
		b.clk.Advance(time.Minute)
		_, err = b.desk.Answer(nobody, s.ID, token, "a.b.c.d", given)
		b.refused(err, "measure.survey.pass")
		_, err = b.desk.Answer(nobody, s.ID, token, a.Pass, survey.Given{Version: 1, Mode: survey.Phone, Answers: engine.Answers{"age": "old"}})
		b.refused(err, "measure.survey.answer.required")
		became, err := b.desk.Answer(nobody, s.ID, token, a.Pass, given)
		b.ok(err)
		_, err = b.desk.Ask(nobody, "", token)
		b.refused(err, "measure.survey.used")
		l, err := survey.Counted(b.desk, agency, s.ID)
		b.ok(err)
		if became != survey.Taken || len(l) != 1 {
			t.Fatalf("%s, %d answers", became, len(l))
		}
		got := l[0]
		if got.Stratum != "east.urban" || got.Weight <= 1 || got.Finished.Minute() != 0 || strings.Contains(fmt.Sprintf("%+v", got), links[0].Place) {
			t.Errorf("%+v", got)
		}
		var audited int
		b.ok(b.db.QueryRow(context.Background(), `SELECT count(*) FROM platform_audit WHERE action LIKE '%answer%' OR address = '192.0.2.7'`).Scan(&audited))
		if audited != 0 {
			t.Error("the record says who answered")
		}
		if _, err := b.desk.Invite(agency, s.ID, "east.urban", false); !fault.Is(err, "measure.survey.invited") {
			t.Errorf("invited twice: %v", err)
		}
		again, err := b.desk.Invite(agency, s.ID, "east.urban", true)
		b.ok(err)
		if len(again) != len(links)-1 {
			t.Errorf("%d invitations again, of %d with one used", len(again), len(links))
		}
		old := links[1].Address[strings.LastIndex(links[1].Address, "/")+1:]
		_, err = b.desk.Ask(nobody, "", old)
		b.refused(err, "measure.survey.link")
	})
}

func TestAQuotaThatIsFullThanks(t *testing.T) {
	each(t, func(b *bench) {
		onTV := settings()
		onTV.Anybody, onTV.TV = false, true
		_, err := b.desk.Create(author, onTV, nil)
		b.refused(err, "measure.survey.tv")
		onTV.Anybody = true
		s, err := b.desk.Create(author, onTV, nil)
		b.ok(err)
		f := form()
		f.Quotas = []engine.Quota{{ID: "old", When: &engine.Condition{Question: "age", Op: engine.Eq, Value: "old"}, Wanted: 1}}
		s, err = b.desk.PutForm(author, s.ID, s.Revision, f)
		b.ok(err)
		s, err = b.desk.Approve(leader, s.ID, s.Revision)
		b.ok(err)
		s, err = b.desk.Open(author, s.ID, s.Revision)
		b.ok(err)
		for i, want := range []string{survey.Taken, survey.Full} {
			a, err := b.desk.Ask(nobody, s.ID, "")
			b.ok(err)
			b.clk.Advance(time.Minute)
			became, err := b.desk.Answer(nobody, s.ID, "", a.Pass, survey.Given{Version: 1, Mode: survey.TV, Place: "eaststreet", Answers: said("old", "yes")})
			if err != nil || became != want {
				t.Errorf("answer %d: %s, %v", i, became, err)
			}
		}
		if offered, err := b.desk.Offered(nobody); err != nil || len(offered) != 1 || !offered[0].TV || offered[0].Region != "c" {
			t.Errorf("%+v, %v", offered, err)
		}
		p, err := b.desk.Progress(author, s.ID)
		b.ok(err)
		field, err := b.desk.Field(agency, s.ID)
		b.ok(err)
		if p.Total != 1 || len(p.Quotas) != 0 || field.Progress.Quotas["old"] != 0 || p.Modes["tv"] != 1 {
			t.Errorf("%+v", p)
		}
	})
}

func TestAnInterviewerBringsAnswersOnceAndLosesNone(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		p, err := b.desk.Plan(author, s.ID)
		b.ok(err)
		at := p.Drawn[0].Code
		brought := func(id, place string, a engine.Answers) survey.Brought {
			return survey.Brought{ID: strings.Repeat(id, 32), Version: 1, Place: place, Lang: "zh", Started: b.clk.Now().Unix(), Answers: a}
		}
		_, err = b.desk.Bring(asker, s.ID, nil)
		b.refused(err, "measure.survey.not_found")
		b.ok(b.desk.Assign(agency, s.ID, "asker", []string{at}))
		work, err := b.desk.Assigned(asker)
		b.ok(err)
		if len(work) != 1 || len(work[0].Places) != 1 || len(work[0].Places[0].People) != 10 || work[0].Asked.Form == nil {
			t.Fatalf("%+v", work)
		}
		if s := work[0].Strata; len(s) != 1 || s[0].ID != p.Drawn[0].Stratum || s[0].ID != work[0].Places[0].Stratum || s[0].Wanted == 0 || s[0].Done != 0 {
			t.Fatalf("strata %+v", s)
		}
		for n, want := range []string{"taken refused refused", "same", "kept"} {
			batch := [][]survey.Brought{
				{brought("a", at, said("old", "yes")), brought("b", "westtown00", said("old", "yes")), brought("c", at, said("old", "perhaps"))},
				{brought("a", at, said("old", "yes"))},
				{brought("a", at, said("old", "no"))}}[n]
			got, err := b.desk.Bring(asker, s.ID, batch)
			b.ok(err)
			var became []string
			for _, g := range got {
				if became = append(became, g.Became); (g.Became == "refused") != (len(g.Faults) == 1) {
					t.Errorf("%+v", g)
				}
			}
			if n == 0 && (got[1].Faults[0] != survey.Refusal{Code: "measure.survey.elsewhere", At: "place"} || got[2].Faults[0] != survey.Refusal{Code: "measure.survey.answer.choice", At: "answers.happy"}) {
				t.Errorf("%+v", got)
			}
			if strings.Join(became, " ") != want {
				t.Errorf("batch %d became %v, want %s", n, got, want)
			}
		}
		doubts, err := b.desk.Answers(agency, s.ID, survey.Doubt, store.Page{})
		b.ok(err)
		if len(doubts.Items) != 1 {
			t.Fatalf("%d in doubt", len(doubts.Items))
		}
		b.ok(b.desk.Settle(agency, s.ID, doubts.Items[0].ID, true))
		pr, err := b.desk.Progress(author, s.ID)
		b.ok(err)
		if pr.Total != 2 || pr.Doubts != 0 {
			t.Errorf("%+v", pr)
		}
	})
}

// A network that breaks sends the same batch again before the first is through.
func TestABatchThatComesSeveralTimesAtOnceIsKeptOnce(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		p, err := b.desk.Plan(author, s.ID)
		b.ok(err)
		at := p.Drawn[0].Code
		b.ok(b.desk.Assign(agency, s.ID, "asker", []string{at}))
		var batch []survey.Brought
		for i := range 12 {
			batch = append(batch, survey.Brought{ID: fmt.Sprintf("%032x", i), Version: 1, Place: at, Lang: "zh", Started: b.clk.Now().Unix(), Answers: said("old", "yes")})
		}
		var sent sync.WaitGroup
		var taken atomic.Int64
		for n := range 6 {
			sent.Go(func() {
				mine := slices.Clone(batch)
				if n%2 == 1 {
					slices.Reverse(mine)
				}
				got, err := b.desk.Bring(asker, s.ID, mine)
				if err != nil {
					t.Error(err)
				}
				for _, g := range got {
					switch g.Became {
					case survey.Taken:
						taken.Add(1)
					case survey.Same:
					default:
						t.Errorf("%+v", g)
					}
				}
			})
		}
		sent.Wait()
		work, err := b.desk.Assigned(asker)
		b.ok(err)
		pr, err := b.desk.Progress(author, s.ID)
		b.ok(err)
		if taken.Load() != 12 || work[0].Done != 12 || pr.Total != 12 || pr.Doubts != 0 || work[0].Strata[0].Done != 12 {
			t.Errorf("%d taken, %+v, %+v", taken.Load(), work[0].Strata, pr)
		}
	})
}

func TestResultsComeOnceClosedAndBecomeFacts(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		p, err := b.desk.Plan(author, s.ID)
		b.ok(err)
		table := "place,age,happy,wish,colour\n"
		for i := range 120 {
			at := p.Drawn[i%len(p.Drawn)]
			happy := "yes"
			if i%4 == 0 || strings.HasPrefix(at.Code, "west") && i%3 == 0 {
				happy = "no"
			}
			table += fmt.Sprintf("%s,%s,%s,%s,red\n", at.Code, []string{"young", "old"}[i%2], happy, []string{"喇叭声音太小", "设备坏了没人修"}[i/2%2])
		}
		table += "nowhere,old,yes,,\n" + p.Drawn[0].Code + ",ancient,yes,,\n"
		dry, err := b.desk.Import(agency, s.ID, []byte(table), true)
		b.ok(err)
		got, err := b.desk.Import(agency, s.ID, []byte(table), false)
		b.ok(err)
		if dry.Counts["taken"] != 120 || got.Counts["taken"] != 120 || got.Counts["refused"] != 2 || len(got.Rows) != 2 || got.Rows[1].Place != "B123" || got.Unknown[0] != "colour" {
			t.Fatalf("%+v", got)
		}
		_, err = b.desk.Results(author, s.ID)
		b.refused(err, "measure.survey.not_closed")
		s, err = b.desk.Get(author, s.ID)
		b.ok(err)
		s, err = b.desk.Close(author, s.ID, s.Revision)
		b.ok(err)
		_, err = b.desk.Results(as("viewer", "c.", read), s.ID)
		b.refused(err, "measure.survey.unpublished")
		s, err = b.desk.Name(author, s.ID, s.Revision, map[string][]survey.Pin{"wish": {{Name: "维修", Words: []string{"设备"}}}})
		b.ok(err)
		r, err := b.desk.Results(author, s.ID)
		b.ok(err)
		if r.Result.N != 120 || r.Weighing.Drawn != 120 || !r.Weighing.Converged || len(r.Rankings[0].Ranked) != 2 || r.Rankings[0].Ranked[0].ID != "east" || r.Topics["wish"][0].Name != "维修" {
			t.Fatalf("%+v %+v %+v", r.Weighing, r.Rankings, r.Topics)
		}
		_, err = b.desk.Publish(author, s.ID, s.Revision)
		b.refused(err, "measure.survey.own")
		_, err = b.desk.Publish(leader, s.ID, s.Revision)
		b.ok(err)
		if _, err := b.desk.Results(as("viewer", "c.", read), s.ID); err != nil {
			t.Fatal(err)
		}
		var facts int
		b.ok(b.db.QueryRow(context.Background(), `SELECT count(*) FROM measure_fact WHERE origin = $1`, "survey:"+s.ID).Scan(&facts))
		if facts != 2 {
			t.Errorf("%d facts of two districts", facts)
		}
	})
}

func TestSmallDistrictsAreNotTold(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		p, err := b.desk.Plan(author, s.ID)
		b.ok(err)
		table, west := "place,age,happy\n", 0
		for i := range 100 {
			at := p.Drawn[i%len(p.Drawn)]
			if strings.HasPrefix(at.Code, "west") {
				if west++; west > 4 {
					continue
				}
			}
			table += fmt.Sprintf("%s,%s,%s\n", at.Code, []string{"young", "old"}[i%2], []string{"yes", "no"}[i%3%2])
		}
		_, err = b.desk.Import(agency, s.ID, []byte(table), false)
		b.ok(err)
		s, err = b.desk.Close(author, s.ID, s.Revision)
		b.ok(err)
		r, err := b.desk.Results(author, s.ID)
		b.ok(err)
		if len(r.Rankings[0].Ranked) != 0 {
			t.Errorf("a district of four people was told of: %+v", r.Rankings[0].Ranked)
		}
	})
}

func TestAThirdPartySeesItsOwnSurveysOnly(t *testing.T) {
	each(t, func(b *bench) {
		of := settings()
		of.Agency = "agency"
		s := b.fielded(of)
		other := as("other", "c.", run)
		_, err := b.desk.Field(other, s.ID)
		b.refused(err, "measure.survey.not_found")
		f, err := b.desk.Field(agency, s.ID)
		b.ok(err)
		if f.Link != "http://city/survey/"+s.ID || len(f.Interviewers) != 2 || len(f.Plan.Drawn) == 0 {
			t.Errorf("%+v", f)
		}
		if l, err := b.desk.Running(other); err != nil || len(l) != 0 {
			t.Errorf("%v, %v", l, err)
		}
		_, err = b.desk.Results(agency, s.ID)
		b.refused(err, "measure.survey.not_found")
	})
}

// A television sends an answer again when it did not hear what became of it.
func TestAnAnswerSentAgainByATelevisionIsKeptOnce(t *testing.T) {
	each(t, func(b *bench) {
		plain := b.fielded(settings())
		onTV := settings()
		onTV.TV = true
		s := b.fielded(onTV)
		given := survey.Given{ID: strings.Repeat("5", 32), Version: 1, Mode: survey.TV, Lang: "zh", Place: "eaststreet", Answers: said("old", "yes")}
		for range 3 {
			a, err := b.desk.Ask(nobody, s.ID, "")
			b.ok(err)
			b.clk.Advance(time.Minute)
			if became, err := b.desk.Answer(nobody, s.ID, "", a.Pass, given); err != nil || became != survey.Taken {
				t.Fatal(became, err)
			}
		}
		p, err := b.desk.Progress(author, s.ID)
		b.ok(err)
		if p.Total != 1 || p.Doubts != 0 || p.Modes["tv"] != 1 {
			t.Errorf("%+v", p)
		}
		a, err := b.desk.Ask(nobody, plain.ID, "")
		b.ok(err)
		b.clk.Advance(time.Minute)
		_, err = b.desk.Answer(nobody, plain.ID, "", a.Pass, given)
		b.refused(err, "measure.survey.not_found") // it is not offered on televisions
		given.Mode, given.ID = survey.Phone, "mine"
		_, err = b.desk.Answer(nobody, plain.ID, "", a.Pass, given)
		b.refused(err, "measure.survey.id")
	})
}

func TestWhatATelevisionHandsOverOneTelephoneTakesUp(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		a, err := b.desk.Ask(nobody, s.ID, "")
		b.ok(err)
		h := survey.Handover{Pass: a.Pass, Version: 1, Place: "eaststreet", Question: "wish", Answers: engine.Answers{"age": "old", "happy": "yes", "other": "x"}}
		_, err = b.desk.HandOver(nobody, s.ID, h)
		b.refused(err, "measure.survey.soon")
		b.clk.Advance(time.Minute)
		wrong := h
		wrong.Question = "none"
		_, err = b.desk.HandOver(nobody, s.ID, wrong)
		b.refused(err, "measure.survey.answer.unknown")
		wrong.Question, wrong.Version = "wish", 2
		_, err = b.desk.HandOver(nobody, s.ID, wrong)
		b.refused(err, "measure.survey.version")
		handed, err := b.desk.HandOver(nobody, s.ID, h)
		b.ok(err)
		if handed.Address != "http://city/survey/on/"+handed.Key || handed.Size < 21 || handed.QR == "" {
			t.Fatalf("%+v", handed)
		}
		if waiting, err := b.desk.Waiting(nobody, handed.Key, false); err != nil || !waiting {
			t.Fatal(waiting, err)
		}
		key, err := b.desk.TakeUp(nobody, handed.Key)
		b.ok(err)
		_, err = b.desk.TakeUp(nobody, handed.Key)
		b.refused(err, "measure.survey.handed")
		if waiting, err := b.desk.Waiting(nobody, handed.Key, true); err != nil || waiting {
			t.Fatal(waiting, err) // the television is told that it has it no more
		}
		begun, err := b.desk.Resume(nobody, key)
		b.ok(err)
		if begun.Step != 2 || begun.Place != "eaststreet" || len(begun.Answers) != 2 {
			t.Fatalf("%+v", begun)
		}
		begun.Answers["wish"] = "louder"
		if became, err := b.desk.Finish(nobody, key, begun, survey.Phone, "zh"); err != nil || became != survey.Taken {
			t.Fatal(became, err)
		}
		f, err := b.desk.Field(agency, s.ID)
		b.ok(err)
		if p := f.Progress; p.Total != 1 || p.Strata[1].ID != "east.urban" || p.Strata[1].Done != 1 {
			t.Errorf("%+v", p)
		}

		// Taken back, no telephone gets it.
		handed, err = b.desk.HandOver(nobody, s.ID, h)
		b.ok(err)
		if waiting, err := b.desk.Waiting(nobody, handed.Key, true); err != nil || !waiting {
			t.Fatal(waiting, err)
		}
		_, err = b.desk.TakeUp(nobody, handed.Key)
		b.refused(err, "measure.survey.handed")
	})
}

func TestWhoWritesNamesWhoAsks(t *testing.T) {
	each(t, func(b *bench) {
		of := settings()
		of.Agency = "stranger"
		_, err := b.desk.Create(author, of, form())
		b.refused(err, "measure.survey.agency")
		of.Agency, of.Interviewers = "agency", []string{"asker", "nobody"}
		_, err = b.desk.Create(author, of, form())
		if !fault.Is(err, "measure.survey.interviewer") || fault.Of(err).Place != "interviewers[1]" {
			t.Fatal(err)
		}
		of.Interviewers = []string{"second"}
		s := b.fielded(of)
		h, err := b.desk.Hands(author, s.ID)
		b.ok(err)
		if len(h.Agencies) != 2 || len(h.Interviewers) != 2 {
			t.Errorf("%+v", h)
		}
		_, err = b.desk.Hands(agency, s.ID)
		b.refused(err, "measure.survey.not_found")
		if same, err := b.desk.Hands(leader, s.ID); err != nil || len(same.Agencies) != 2 {
			t.Errorf("who approves it cannot read who does it: %+v, %v", same, err)
		}
		if none, err := b.desk.Hands(as("reader", "c.", read), s.ID); err != nil || len(none.Agencies)+len(none.Interviewers) != 0 {
			t.Errorf("every reader is told who could do it: %+v, %v", none, err)
		}
		f, err := b.desk.Field(agency, s.ID)
		b.ok(err)
		if len(f.Interviewers) != 1 || f.Interviewers[0].ID != "second" {
			t.Errorf("%+v", f.Interviewers)
		}
		b.refused(b.desk.Assign(agency, s.ID, "asker", nil), "measure.survey.interviewer")
		b.ok(b.desk.Assign(agency, s.ID, "second", []string{f.Plan.Drawn[0].Code}))
	})
}

// Where it is the money that is fixed, the margin follows from the number of answers.
func TestTheMarginFollowsFromTheNumber(t *testing.T) {
	each(t, func(b *bench) {
		s, err := b.desk.Create(author, settings(), form())
		b.ok(err)
		fixed := goal
		fixed.Total, fixed.Minutes = 400, 30
		few, err := b.desk.Try(author, s.ID, fixed)
		b.ok(err)
		fixed.Total = 1600
		many, err := b.desk.Try(author, s.ID, fixed)
		b.ok(err)
		if few.N != 400 || many.N != 1600 || few.Hours != 200 || few.Margin < 1.9*many.Margin || few.Margin > 2.2*many.Margin {
			t.Errorf("%d answers, %.4f, %.0f hours; %d answers, %.4f", few.N, few.Margin, few.Hours, many.N, many.Margin)
		}
		fixed.PerDistrict = true
		_, err = b.desk.Try(author, s.ID, fixed)
		b.refused(err, "survey.plan.invalid")
	})
}

func TestWhatADeviceBeganIsTakenUpThere(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fielded(settings())
		key := survey.NewKey()
		begun := &survey.Begun{Survey: s.ID, Version: 1, Started: b.clk.Now(), Answers: engine.Answers{"age": "old"}}
		b.ok(b.desk.Begin(nobody, key, begun))
		var sealed string
		b.ok(b.db.QueryRow(context.Background(), `SELECT sealed FROM measure_survey_progress`).Scan(&sealed))
		got, err := b.desk.Resume(nobody, key)
		b.ok(err)
		if got.Answers["age"] != "old" || strings.Contains(sealed, "old") {
			t.Fatalf("%+v, kept as %s", got, sealed)
		}
		if other, err := b.desk.Resume(nobody, survey.NewKey()); err != nil || other != nil {
			t.Errorf("%+v, %v", other, err)
		}
		got.Answers["happy"] = "yes"
		b.clk.Advance(time.Minute)
		if became, err := b.desk.Finish(nobody, key, got, survey.Phone, "zh"); err != nil || became != survey.Taken {
			t.Fatal(became, err)
		}
		if left, err := b.desk.Resume(nobody, key); err != nil || left != nil {
			t.Errorf("%+v, %v", left, err)
		}
	})
}
