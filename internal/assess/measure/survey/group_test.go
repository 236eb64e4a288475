package survey_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
)

// byAge is a goal that tells the young from the old: seven in ten are young, in villages four.
func byAge() survey.Goal {
	g := goal
	g.Group = &survey.Grouping{Question: "age", Source: "第七次全国人口普查", Shares: []survey.GroupShare{
		{Shares: map[string]float64{"young": 0.7, "old": 0.3}}, {Of: "rural", Shares: map[string]float64{"young": 0.4, "old": 0.6}}}}
	return g
}

func TestAGroupIsAPartOfAStratum(t *testing.T) {
	each(t, func(b *bench) {
		v, err := b.desk.Create(author, settings(), form())
		b.ok(err)
		plain, err := b.desk.Try(author, v.ID, goal)
		b.ok(err)
		p, err := b.desk.Try(author, v.ID, byAge())
		b.ok(err)
		var ids []string
		for i, s := range p.Strata {
			ids = append(ids, s.ID)
			share := map[string]float64{"urban.young": 0.7, "urban.old": 0.3, "rural.young": 0.4, "rural.old": 0.6}[s.Area+"."+s.Group]
			whole := plain.Strata[i/2]
			if s.District+"."+s.Area != whole.ID || s.Share != share || s.Population != int(10_000*share) || s.GroupEn != s.Group || s.N < 10 || s.Frame != 20 || s.Places*s.Each < s.Issued && !s.Short {
				t.Errorf("%+v", s)
			}
		}
		if want := "east.rural.young east.rural.old east.urban.young east.urban.old west.rural.young west.rural.old west.urban.young west.urban.old"; strings.Join(ids, " ") != want {
			t.Errorf("%v", ids)
		}
		if p.Margin > 0.1+1e-9 || p.Deff != plain.Deff {
			t.Errorf("±%g, deff %g", p.Margin, p.Deff)
		}
		// In proportion, and each with the margin of its own.
		proportional := byAge()
		proportional.Allocation, proportional.Least, proportional.Margin = "proportional", 2, 0.03
		p, err = b.desk.Try(author, v.ID, proportional)
		b.ok(err)
		for _, s := range p.Strata {
			if math.Abs(float64(s.N)-float64(p.N)*float64(s.Population)/40_000) > 1 {
				t.Errorf("%s has %d of %d", s.ID, s.N, p.N)
			}
		}
		each := byAge()
		each.PerDistrict = true
		p, err = b.desk.Try(author, v.ID, each)
		b.ok(err)
		for _, s := range p.Strata {
			if s.Margin > 0.1 || s.Margin < 0.095 {
				t.Errorf("%s: ±%g", s.ID, s.Margin)
			}
		}
	})
}

// What the platform does not know is entered; nothing is made up.
func TestSharesOfGroupsAreEnteredNotAssumed(t *testing.T) {
	each(t, func(b *bench) {
		f := form()
		f.Pages[1].Questions[0].Required = false
		f.Pages[1].Questions = append(f.Pages[1].Questions, engine.Question{ID: "deaf", Kind: engine.Single, Title: words("deaf"), Required: true, Nonresponse: []engine.Choice{{ID: "refused", Title: words("refused")}},
			Choices: []engine.Choice{{ID: "yes", Title: words("yes")}, {ID: "no", Title: words("no")}}})
		v, err := b.desk.Create(author, settings(), f)
		b.ok(err)
		for code, change := range map[string]func(g *survey.Grouping){
			"measure.survey.group.unknown":   func(g *survey.Grouping) { g.Shares = g.Shares[1:] },
			"measure.survey.group.everybody": func(g *survey.Grouping) { g.Question = "happy" },
			"measure.survey.single":          func(g *survey.Grouping) { g.Question = "wish" },
			"measure.survey.shares":          func(g *survey.Grouping) { g.Shares[0].Shares = map[string]float64{"young": 0.7, "old": 0.2} },
			"measure.survey.share":           func(g *survey.Grouping) { g.Shares[0].Shares = map[string]float64{"young": 1} },
			"measure.survey.group.of":        func(g *survey.Grouping) { g.Shares[1].Of = "north" },
			"measure.survey.group.twice":     func(g *survey.Grouping) { g.Shares[1].Of = "" },
			"measure.survey.group.few":       func(g *survey.Grouping) { g.Shares[0].Shares = map[string]float64{"young": 0.9999, "old": 0.0001} },
		} {
			g := byAge()
			change(g.Group)
			_, err := b.desk.Try(author, v.ID, g)
			b.refused(err, code)
		}
		g := byAge()
		g.Group.Question = "deaf"
		_, err = b.desk.Try(author, v.ID, g)
		b.refused(err, "measure.survey.group.everybody")
		g = byAge()
		g.Group.Shares = []survey.GroupShare{{Of: "east", Shares: g.Group.Shares[0].Shares}, {Of: "west", Shares: g.Group.Shares[0].Shares}, {Of: "west.rural", Shares: g.Group.Shares[1].Shares}}
		p, err := b.desk.Try(author, v.ID, g)
		b.ok(err)
		if p.Strata[0].Share != 0.7 || p.Strata[4].Share != 0.4 { // east.rural and west.rural, young
			t.Errorf("%+v", p.Strata)
		}
	})
}

// The places of a district and area are drawn once, and in each so many of each group, as anybody
// can draw again.
func TestTheDrawOfGroupsCanBeRepeated(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fieldedBy(byAge(), settings(), form())
		p, err := b.desk.Plan(author, s.ID)
		b.ok(err)
		var takes strings.Builder
		b.ok(b.desk.WriteFrame(author, &takes, s.ID, "takes"))
		if head := "stratum,places,each,group,share\neast.rural,"; !strings.HasPrefix(takes.String(), head) || strings.Count(takes.String(), "\n") != 9 {
			t.Error(takes.String())
		}
		at, stands := map[string][]string{}, map[string]float64{}
		for _, d := range p.Drawn {
			at[d.Code] = append(at[d.Code], d.Stratum)
			stands[d.Stratum] += d.Weight * float64(len(d.People))
		}
		for code, strata := range at {
			if len(strata) != 2 || strings.TrimSuffix(strata[0], ".young") != strings.TrimSuffix(strata[1], ".old") {
				t.Errorf("%s: %v", code, strata)
			}
		}
		for _, s := range p.Strata {
			if math.Abs(stands[s.ID]-float64(s.Population)) > 1 {
				t.Errorf("those drawn in %s stand for %g of %d", s.ID, stands[s.ID], s.Population)
			}
		}
	})
}

// Through every door an answer comes to the stratum of the place and of what was said.
func TestAnswersComeToTheStratumOfTheirGroup(t *testing.T) {
	each(t, func(b *bench) {
		f := form()
		f.Quotas = []engine.Quota{{ID: "old", Strata: []string{"east.urban"}, When: &engine.Condition{Question: "age", Op: engine.Eq, Value: "old"}, Wanted: 2}}
		s := b.fieldedBy(byAge(), settings(), f)
		p, err := b.desk.Plan(author, s.ID)
		b.ok(err)
		drawn := func(stratum string) survey.Drawn {
			return p.Drawn[slices.IndexFunc(p.Drawn, func(d survey.Drawn) bool { return d.Stratum == stratum })]
		}

		// An interviewer sees whom to ask at each place.
		at := drawn("west.rural.old")
		b.ok(b.desk.Assign(agency, s.ID, "asker", []string{at.Code}))
		work, err := b.desk.Assigned(asker)
		b.ok(err)
		place := work[0].Places[0]
		if work[0].Group != "age" || len(place.Groups) != 2 || place.Groups[1].Stratum != at.Stratum || fmt.Sprint(place.Groups[1].People) != fmt.Sprint(at.People) || len(place.People) != 0 || place.Stratum != "west.rural" || len(work[0].Strata) != 2 {
			t.Fatalf("%+v", work[0])
		}
		_, err = b.desk.Bring(asker, s.ID, []survey.Brought{{ID: strings.Repeat("a", 32), Version: 1, Place: at.Code, Lang: "zh", Started: b.clk.Now().Unix(), Answers: said("old", "yes")}})
		b.ok(err)

		// Whoever comes: place and group are what they say.
		a, err := b.desk.Ask(nobody, s.ID, "")
		b.ok(err)
		b.clk.Advance(time.Minute)
		_, err = b.desk.Answer(nobody, s.ID, "", a.Pass, survey.Given{Version: 1, Mode: survey.Phone, Place: "eaststreet03", Answers: said("old", "yes")})
		b.ok(err)

		// A contact is of the group that the sender's list says.
		table := "姓名,手机,区,城乡,age\n甲,13800001111,east,城镇,old\n乙,13800002222,east,城镇,young\n丙,13800003333,east,城镇,\n丁,13800004444,east,城镇,ancient\n"
		got, err := b.desk.BringContacts(sender, s.ID, []byte(table), false)
		b.ok(err)
		if got.Counts["taken"] != 2 || got.Counts["refused"] != 2 || got.Rows[1].Place != "E5" || len(got.Unknown) != 0 {
			t.Fatalf("%+v", got)
		}
		list, err := b.desk.Write(sender, s.ID, survey.Letters{To: "first", Stratum: "east.urban.old", Format: "csv"})
		b.ok(err)
		if !strings.Contains(string(list.Body), "甲") || !strings.Contains(string(list.Body), "· old") || strings.Contains(string(list.Body), "乙") {
			t.Errorf("%s", list.Body)
		}
		links := b.lettersTo(s.ID, "first")
		token := string(list.Body)[strings.LastIndex(string(list.Body), "/")+1:]
		asked, err := b.desk.Ask(nobody, "", strings.TrimSpace(token))
		b.ok(err)
		if asked.Stratum != "east.urban" || asked.Closed() {
			t.Errorf("%+v", asked)
		}
		if became := b.answers(strings.TrimSpace(token), "no"); became != survey.Taken {
			t.Fatal(became)
		}
		// Two of the old have answered in the east's towns: the next is thanked at the door, the young are not.
		printed, err := b.desk.Invite(agency, s.ID, "east.urban.old", false)
		b.ok(err)
		tokenOf := func(l survey.Link) string { return l.Address[strings.LastIndex(l.Address, "/")+1:] }
		if asked, err := b.desk.Ask(nobody, "", tokenOf(printed[0])); err != nil || !asked.Closed() {
			t.Errorf("old people are still let in: %v", err)
		}
		if asked, err := b.desk.Ask(nobody, "", links["乙"]); err != nil || asked.Closed() {
			t.Errorf("the young are shut out: %v", err)
		}
		if again := b.lettersTo(s.ID, "reminder"); len(again) != 1 || again["乙"] == "" {
			t.Errorf("reminded: %v", again)
		}
		// An invitation's stratum is that in which its person was drawn.
		young, err := b.desk.Invite(agency, s.ID, "east.rural.young", false)
		b.ok(err)
		a, err = b.desk.Ask(nobody, "", tokenOf(young[0]))
		b.ok(err)
		b.clk.Advance(time.Minute)
		_, err = b.desk.Answer(nobody, s.ID, tokenOf(young[0]), a.Pass, survey.Given{Version: 1, Mode: survey.Phone, Answers: said("young", "yes")})
		b.ok(err)

		answers, err := survey.Counted(b.desk, agency, s.ID)
		b.ok(err)
		weights := map[string][]float64{}
		for _, a := range answers {
			weights[a.Stratum] = append(weights[a.Stratum], a.Weight)
		}
		slices.Sort(weights["east.urban.old"])
		if len(weights) != 3 || weights["west.rural.old"][0] != at.Weight || weights["east.rural.young"][0] != drawn("east.rural.young").Weight || weights["east.urban.old"][0] != 1 || weights["east.urban.old"][1] < 2 {
			t.Errorf("%v", weights)
		}
		f2, err := b.desk.Field(agency, s.ID)
		b.ok(err)
		pr := f2.Progress
		if i := slices.IndexFunc(pr.Strata, func(x survey.StratumProgress) bool { return x.ID == "east.urban.old" }); len(pr.Strata) != 8 || pr.Strata[i].Done != 2 || pr.Strata[i].Wanted == 0 || pr.Strata[i].GroupZh != "old" || pr.Strata[i].Contacts != 1 || pr.Strata[i].Invited != len(printed) {
			t.Errorf("%+v", pr.Strata)
		}
		sending, err := b.desk.Sending(sender, s.ID)
		b.ok(err)
		if i := slices.IndexFunc(sending.Strata, func(x survey.StratumSending) bool { return x.ID == "east.urban.young" }); sending.Strata[i].Contacts != 1 || sending.Strata[i].GroupEn != "young" || sending.Strata[i].Asked != 1 {
			t.Errorf("%+v", sending.Strata)
		}
	})
}

// Who does not run a survey reads how many answered in a place, and neither how many of a group nor
// how many where they are few.
func TestProgressTellsOfNoGroupAndNoFew(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fieldedBy(byAge(), settings(), form())
		p, err := b.desk.Plan(author, s.ID)
		b.ok(err)
		// Twelve of west.rural, three of east.urban, twenty of west.urban: the first would tell of the second.
		table := "place,age,happy\n"
		for stratum, n := range map[string]int{"west.rural": 12, "east.urban": 3, "west.urban": 20} {
			at := p.Drawn[slices.IndexFunc(p.Drawn, func(d survey.Drawn) bool { return strings.HasPrefix(d.Stratum, stratum) })].Code
			for i := range n {
				table += fmt.Sprintf("%s,%s,yes\n", at, []string{"young", "old"}[i%2])
			}
		}
		got, err := b.desk.Import(agency, s.ID, []byte(table), false)
		b.ok(err)
		if got.Counts["taken"] != 35 {
			t.Fatalf("%+v", got)
		}
		told := func(p *survey.Progress) (out string) {
			for _, x := range p.Strata {
				out += fmt.Sprintf("%s%s %d%v ", x.ID, x.Group, x.Done, x.Few)
			}
			return out
		}
		pr, err := b.desk.Progress(author, s.ID)
		b.ok(err)
		if want := "east.rural 0false east.urban 0true west.rural 0true west.urban 20false "; told(pr) != want || pr.Total != 35 || pr.Strata[0].Wanted == 0 {
			t.Errorf("%s, want %s", told(pr), want)
		}
		f, err := b.desk.Field(agency, s.ID)
		b.ok(err)
		if want := "east.urban.oldold 1false "; len(f.Progress.Strata) != 8 || !strings.Contains(told(f.Progress), want) {
			t.Errorf("who runs it: %s", told(f.Progress))
		}
		for who, want := range map[string]string{"author": "", "agency": "6"} {
			ctx := map[string]context.Context{"author": author, "agency": as("agency", "c.", read, run)}[who]
			file, err := survey.PlanFile(b.desk, ctx, s.ID, "csv")
			b.ok(err)
			rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(file), "\ufeff"))).ReadAll()
			b.ok(err)
			for _, row := range rows {
				if row[0] == "west.rural.old" && row[9] != want {
					t.Errorf("%s reads %q of %s, want %q", who, row[9], row[0], want)
				}
			}
		}
	})
}

// Half of those who answered are old, who are content; of the people it is three in ten, or six.
func TestGroupsAreWeighedToTheirShare(t *testing.T) {
	each(t, func(b *bench) {
		for name, near := range map[string]bool{"where people live is known": true, "of some their district alone": false} {
			s := b.fieldedBy(byAge(), settings(), form())
			p, err := b.desk.Plan(author, s.ID)
			b.ok(err)
			table := "place,age,happy\n"
			for i := range 160 {
				at := p.Drawn[i%len(p.Drawn)]
				code := at.Code
				if !near && i%8 == 0 {
					code = code[:4] // east or west
				}
				age := []string{"young", "old"}[i/2%2]
				table += fmt.Sprintf("%s,%s,%s\n", code, age, map[string]string{"old": "yes", "young": "no"}[age])
			}
			got, err := b.desk.Import(agency, s.ID, []byte(table), false)
			b.ok(err)
			if got.Counts["taken"] != 160 {
				t.Fatalf("%+v", got)
			}
			s, err = b.desk.Close(author, s.ID, s.Revision)
			b.ok(err)
			r, err := b.desk.Results(author, s.ID)
			b.ok(err)
			i := slices.IndexFunc(r.Result.Tables, func(t engine.Table) bool { return t.Question == "happy" })
			yes := r.Result.Tables[i].Whole.Cells[0]
			// 3,000 and 6,000 of 10,000 in the two areas of each district.
			if math.Abs(yes.Share-0.45) > (yes.Interval.High-yes.Interval.Low)/4+1e-9 || !r.Weighing.Converged || r.Weighing.Fault != "" || len(r.Weighing.Missing) != 0 {
				t.Errorf("%s: %g are content: %+v", name, yes.Share, r.Weighing)
			}
			// People of one place vary together, whatever their group: the degrees of freedom are
			// of the places drawn in four districts and areas, not of twice as many strata.
			if near {
				places := map[string]bool{}
				for i := range 160 {
					places[p.Drawn[i%len(p.Drawn)].Code] = true
				}
				if yes.DF != float64(len(places)-4) {
					t.Errorf("%g degrees of freedom of %d places", yes.DF, len(places))
				}
			}
			file, err := b.desk.Publish(as("leader", "c.", read, agree, define), s.ID, s.Revision) // the second corrects what the first found of the same year
			b.ok(err)
			if file.State != survey.Published {
				t.Error(file.State)
			}
		}
	})
}

// A sample costs what an interview costs now, also where that was not known when it was sized.
func TestASampleCostsWhatInterviewsCostNow(t *testing.T) {
	each(t, func(b *bench) {
		v, err := b.desk.Create(author, settings(), form())
		b.ok(err)
		_, err = b.desk.PutPlan(author, v.ID, v.Revision, goal)
		b.ok(err)
		priced := settings()
		priced.Cost = 80
		_, err = b.desk.Put(author, v.ID, v.Revision+1, priced)
		b.ok(err)
		p, err := b.desk.Plan(author, v.ID)
		b.ok(err)
		if p.Cost != 80*float64(p.N) || p.N == 0 {
			b.Errorf("%d answers cost %g", p.N, p.Cost)
		}
	})
}

func TestAQuestionnaireKeepsTheGroupsOfItsSample(t *testing.T) {
	each(t, func(b *bench) {
		v, err := b.desk.Create(author, settings(), form())
		b.ok(err)
		_, err = b.desk.PutPlan(author, v.ID, v.Revision, byAge())
		b.ok(err)
		f := form()
		f.Pages[0].Questions[0].Choices = append(f.Pages[0].Questions[0].Choices, engine.Choice{ID: "ancient", Title: words("ancient")})
		s, err := b.desk.PutForm(author, v.ID, v.Revision+1, f)
		b.ok(err)
		_, err = b.desk.Approve(leader, s.ID, s.Revision)
		b.refused(err, "measure.survey.group.changed")
		f.Pages[0].Questions[0].Required = false
		s, err = b.desk.PutForm(author, s.ID, s.Revision, f)
		b.ok(err)
		_, err = b.desk.Approve(leader, s.ID, s.Revision)
		b.refused(err, "measure.survey.group.everybody")
		s, err = b.desk.PutForm(author, s.ID, s.Revision, form())
		b.ok(err)
		s, err = b.desk.Approve(leader, s.ID, s.Revision)
		b.ok(err)
		// Contacts are of strata: a plan without theirs waits until they are taken back.
		got, err := b.desk.BringContacts(sender, s.ID, []byte("name,phone,stratum\n甲,13800001111,east.urban.old\n乙,13800002222,east.urban\n"), false)
		b.ok(err)
		if got.Counts["taken"] != 1 || got.Rows[0].Place != "C3" {
			t.Errorf("%+v", got)
		}
		_, err = b.desk.PutPlan(author, s.ID, s.Revision, goal)
		b.refused(err, "measure.survey.contact.planned")
		b.ok(b.desk.UndoContacts(sender, s.ID, got.Batch))
		p, err := b.desk.PutPlan(author, s.ID, s.Revision, goal)
		b.ok(err)
		// Without groups a plan is kept as it always was.
		raw, err := json.Marshal(p)
		b.ok(err)
		for _, word := range []string{"group", "share", `"each":0`} {
			if strings.Contains(string(raw), word) {
				t.Errorf("%q in %s", word, raw)
			}
		}
	})
}

func TestASampleIsAFile(t *testing.T) {
	each(t, func(b *bench) {
		s := b.fieldedBy(byAge(), settings(), form())
		_, err := b.desk.Import(agency, s.ID, []byte("place,age,happy\neaststreet03,old,yes\n"), false)
		b.ok(err)
		text, err := survey.PlanFile(b.desk, as("agency", "c.", read, run), s.ID, "csv")
		b.ok(err)
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		if len(lines) != 9 || !strings.HasPrefix(lines[4], "east.urban.old,east,城镇,3000,") || !strings.HasSuffix(lines[4], ",1,old,0.3000,第七次全国人口普查") {
			t.Errorf("%s", text)
		}
		book, err := survey.PlanFile(b.desk, author, s.ID, "xlsx")
		b.ok(err)
		if !strings.HasPrefix(string(book), "PK") {
			t.Error("no XLSX")
		}
		plain := b.fielded(settings())
		text, err = survey.PlanFile(b.desk, author, plain.ID, "csv")
		b.ok(err)
		if strings.Contains(string(text), "人群") || strings.Count(string(text), "\n") != 5 {
			t.Errorf("%s", text)
		}
		_, err = survey.PlanFile(b.desk, as("far", "x.", read), s.ID, "csv")
		b.refused(err, "measure.survey.not_found")
	})
}
