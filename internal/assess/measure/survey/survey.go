package survey

import (
	"cmp"
	"slices"
	"strings"
	"time"

	engine "github.com/tongsheng/tongsheng/engine/survey"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/fault"
)

// State is how far a survey has come.
type State string

// States.
const (
	Draft     State = "draft"
	Approved  State = "approved"
	Open      State = "open"
	Closed    State = "closed"
	Published State = "published"
)

// Settings are what a survey is for and how it is run.
type Settings struct {
	RegionCode string     `json:"regionCode" maxLength:"12" doc:"Region whose people are asked"`
	NameZh     string     `json:"nameZh" minLength:"1" maxLength:"80" text:"name"`
	NameEn     string     `json:"nameEn" minLength:"1" maxLength:"120" text:"name"`
	Purpose    string     `json:"purpose" maxLength:"1000" doc:"What it is for"`
	NoticeZh   string     `json:"noticeZh" maxLength:"2000" doc:"Privacy notice, shown before the first question"`
	NoticeEn   string     `json:"noticeEn" maxLength:"3000"`
	Agency     string     `json:"agency" maxLength:"40" doc:"Account of the third party that runs it; empty for whoever may run surveys there"`
	Opens      string     `json:"opens" pattern:"^(\\d{4}-\\d{2}-\\d{2})?$" doc:"First day; empty for the day it is opened"`
	Closes     string     `json:"closes" pattern:"^(\\d{4}-\\d{2}-\\d{2})?$" doc:"Last day; empty until it is closed"`
	Anybody    bool       `json:"anybody" doc:"Whoever opens its page may answer, without an invitation"`
	TV         bool       `json:"tv" doc:"Televisions there offer it; only where anybody may answer"`
	Least      int        `json:"least" minimum:"5" maximum:"1000" doc:"No result tells of fewer people"`
	By         []string   `json:"by" nullable:"false" maxItems:"6" doc:"Results are broken down by these: district, area, or a question of single choice"`
	Targets    []Target   `json:"targets" nullable:"false" maxItems:"6" doc:"What is known of the population"`
	Headlines  []Headline `json:"headlines" nullable:"false" maxItems:"12" doc:"What districts are compared by and what becomes facts"`
	Before     string     `json:"before" maxLength:"26" doc:"Earlier survey to compare with"`
	Cost       float64    `json:"cost" minimum:"0" maximum:"1000000" doc:"Of one interview, yuan"`

	Interviewers []string `json:"interviewers,omitempty" nullable:"false" maxItems:"200" doc:"Accounts of those who may be sent to interview; empty for whoever may interview there"`
	KeepContacts int      `json:"keepContacts,omitempty" minimum:"0" maximum:"365" doc:"Days after the end that contacts are kept sealed; 0 is 30"`
}

// Target is how a population divides by a question: respondents are weighed to it.
type Target struct {
	Question string             `json:"question" maxLength:"64"`
	Shares   map[string]float64 `json:"shares" doc:"By choice; they add up to 1"`
}

// Survey is a survey.
type Survey struct {
	Settings
	ID         string           `json:"id" readOnly:"true"`
	RegionPath string           `json:"regionPath" readOnly:"true"`
	State      State            `json:"state" enum:"draft,approved,open,closed,published" readOnly:"true"`
	Version    int              `json:"version" readOnly:"true" doc:"Of the questionnaire that is asked; 0 for none"`
	Latest     int              `json:"latest" readOnly:"true" doc:"Last version written"`
	Authors    []auth.Person    `json:"authors" readOnly:"true" nullable:"false"`
	ApprovedBy *auth.Person     `json:"approvedBy,omitempty" readOnly:"true"`
	OpenedAt   time.Time        `json:"openedAt" readOnly:"true"`
	ClosedAt   time.Time        `json:"closedAt" readOnly:"true"`
	Published  *auth.Person     `json:"published,omitempty" readOnly:"true"`
	Pins       map[string][]Pin `json:"pins" readOnly:"true" doc:"Topics that people named, by text question"`
	Planned    bool             `json:"planned" readOnly:"true" doc:"It has a sample plan"`
	Sample     bool             `json:"sample" readOnly:"true"`
	Revision   int64            `json:"revision" readOnly:"true"`

	salt string // of places
}

// Pin is a topic that people named: answers with one of its words belong to it.
type Pin struct {
	Name  string   `json:"name" minLength:"1" maxLength:"60" text:"name"`
	Words []string `json:"words" nullable:"false" minItems:"1" maxItems:"30"`
}

// Version is a version of a questionnaire.
type Version struct {
	Number   int           `json:"number"`
	Approved bool          `json:"approved"`
	Authors  []auth.Person `json:"authors" nullable:"false"`
	By       *auth.Person  `json:"by,omitempty" doc:"Who approved it"`
	Form     *engine.Form  `json:"form"`
}

// asks is the version of the questionnaire that a sample is planned for.
func (s *Survey) asks() int { return cmp.Or(s.Version, s.Latest) }

func (s *Survey) wrote(id string) bool {
	return slices.ContainsFunc(s.Authors, func(p auth.Person) bool { return p.ID == id })
}

// fielded says whether answers are taken on a day.
func (s *Survey) fielded(day string) bool {
	return s.State == Open && (s.Opens == "" || s.Opens <= day) && (s.Closes == "" || day <= s.Closes)
}

// tidy puts empty lists where there are none.
func (s *Settings) tidy() {
	if s.By == nil {
		s.By = []string{}
	}
	if s.Targets == nil {
		s.Targets = []Target{}
	}
	if s.Headlines == nil {
		s.Headlines = []Headline{}
	}
}

// results are what settings say of what is made of answers: what they are weighed to, compared by and
// told of.
func (s Settings) results() Settings {
	return Settings{Least: s.Least, By: s.By, Targets: s.Targets, Headlines: s.Headlines, Before: s.Before}
}

// check refuses settings that make no sense by themselves.
func (s *Settings) check() error {
	var list fault.List
	for place, name := range map[string]string{"nameZh": s.NameZh, "nameEn": s.NameEn} {
		if strings.TrimSpace(name) == "" {
			list.Add(fault.Bad(place, "measure.name"))
		}
	}
	if s.Opens != "" && s.Closes != "" && s.Closes < s.Opens {
		list.Add(fault.Bad("closes", "measure.survey.dates"))
	}
	if s.TV && !s.Anybody {
		list.Add(fault.Bad("tv", "measure.survey.tv"))
	}
	if s.Least < engine.MinLeast {
		list.Add(fault.Bad("least", "measure.survey.least", fault.Args{"least": engine.MinLeast}))
	}
	return list.OrNil()
}

// tells refuses settings that leave people untold: what a survey is for, and in each language of its
// questionnaire what becomes of their answers. Whoever reads another language than Chinese is told in
// English.
func (s *Settings) tells(form *engine.Form) error {
	var list fault.List
	if strings.TrimSpace(s.Purpose) == "" {
		list.Add(fault.Bad("purpose", "measure.survey.no_purpose"))
	}
	for _, l := range form.Languages {
		switch zh := l == "zh" || strings.HasPrefix(l, "zh-"); {
		case zh && strings.TrimSpace(s.NoticeZh) == "":
			list.Add(fault.Bad("noticeZh", "measure.survey.no_notice_zh"))
		case !zh && strings.TrimSpace(s.NoticeEn) == "":
			list.Add(fault.Bad("noticeEn", "measure.survey.no_notice_en"))
		}
	}
	return list.OrNil()
}

// ByDistrict and ByArea are the breakdowns that come of where people live.
const (
	ByDistrict = "district"
	ByArea     = "area"
)

// suits refuses settings that ask for what a questionnaire does not have.
func (s *Settings) suits(form *engine.Form) error {
	var list fault.List
	single := func(id string) *engine.Question {
		if q, _ := form.Question(id); q != nil && q.Kind == engine.Single {
			return q
		}
		return nil
	}
	for i, by := range s.By {
		if by != ByDistrict && by != ByArea && single(by) == nil {
			list.Add(fault.Bad(place("by", i), "measure.survey.single", fault.Args{"question": by}))
		}
	}
	for i, t := range s.Targets {
		q, sum := single(t.Question), 0.0
		if q == nil {
			list.Add(fault.Bad(place("targets", i), "measure.survey.single", fault.Args{"question": t.Question}))
			continue
		}
		for id, share := range t.Shares {
			sum += share
			if share <= 0 || !slices.ContainsFunc(q.Choices, func(c engine.Choice) bool { return c.ID == id }) {
				list.Add(fault.Bad(place("targets", i)+".shares."+id, "measure.survey.share"))
			}
		}
		if sum < 0.999 || sum > 1.001 {
			list.Add(fault.Bad(place("targets", i)+".shares", "measure.survey.shares"))
		}
	}
	for i, h := range s.Headlines {
		if q, _ := form.Question(h.Question); q == nil || !counts(q, h) {
			list.Add(fault.Bad(place("headlines", i), "measure.survey.headline", fault.Args{"question": h.Question}))
		}
	}
	return list.OrNil()
}
