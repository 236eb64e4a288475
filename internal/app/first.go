package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/tongsheng/tongsheng/city"
	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/assess/measure/survey"
	"github.com/tongsheng/tongsheng/internal/deliver/channel"
	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/register/asset"
)

// Welcome is what the first start made, shown once.
type Welcome struct{ officers []account.Welcome }

// FirstStart makes what a node needs before anybody can sign in: for a sample city of
// sample loudspeakers also officers who can send a message together and people who judge and
// are judged, in any case the administrators. It returns nil when there are accounts already.
func (a *App) FirstStart(ctx context.Context, sample int) (*Welcome, error) {
	if sample > 0 {
		if err := a.loadSample(ctx, sample); err != nil {
			return nil, err
		}
	}
	home, err := a.home(ctx)
	if err != nil {
		return nil, err
	}
	officers := []account.Officer{
		{NewUser: account.NewUser{Username: "sysadmin", Name: "系统管理员", RegionPath: home.Path}, Roles: map[string]string{account.SystemAdministrator: ""}},
		{NewUser: account.NewUser{Username: "security", Name: "安全管理员", RegionPath: home.Path}, Roles: map[string]string{account.SecurityAdministrator: ""}},
		{NewUser: account.NewUser{Username: "auditor", Name: "审计管理员", RegionPath: home.Path}, Roles: map[string]string{account.AuditAdministrator: ""}},
	}
	var cases *caseSample
	if sample > 0 {
		if cases, err = a.readCaseSample(ctx, home.Path); err != nil {
			return nil, err
		}
		officers = append([]account.Officer{
			{NewUser: account.NewUser{Username: "officer", Name: "王值班（样例）", RegionPath: home.Path},
				Roles: map[string]string{dutyOfficer: home.Path, engineer: home.Path}},
			{NewUser: account.NewUser{Username: "leader", Name: "李带班（样例）", RegionPath: home.Path},
				Roles: map[string]string{dutyLeader: home.Path, reviewer: home.Path}},
			{NewUser: account.NewUser{Username: "analyst", Name: "赵评价（样例）", RegionPath: home.Path},
				Roles: map[string]string{analyst: home.Path, finance: home.Path, standardsOfficer: home.Path}},
			{NewUser: account.NewUser{Username: "registrar", Name: "钱登记（样例）", RegionPath: home.Path}, Roles: map[string]string{registrar: home.Path}},
			{NewUser: account.NewUser{Username: "privacy", Name: "冯保护（样例）", RegionPath: home.Path}, Roles: map[string]string{privacyOfficer: home.Path}},
			{NewUser: account.NewUser{Username: "sender", Name: "周联络（样例）", RegionPath: home.Path}, Roles: map[string]string{surveySender: home.Path}},
			{NewUser: account.NewUser{Username: "agency", Name: "吴机构（样例）", RegionPath: home.Path}, Roles: map[string]string{surveyor: home.Path}},
			{NewUser: account.NewUser{Username: "interviewer", Name: "郑访问（样例）", RegionPath: home.Path}, Roles: map[string]string{interviewer: home.Path}},
		}, officers...)
		judged, err := a.sampleDistrict(ctx)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(judged, home.Path) {
			officers = append(officers, account.Officer{NewUser: account.NewUser{Username: "district", Name: "孙区县（样例）", RegionPath: judged}, Roles: map[string]string{reporter: judged}})
		}
	}
	if cases != nil {
		more, err := cases.officers(ctx, a)
		if err != nil {
			return nil, err
		}
		officers = append(officers, more...)
	}
	made, err := a.accounts.Bootstrap(ctx, officers)
	if err != nil || made == nil {
		return nil, err
	}
	if cases != nil {
		if err := cases.open(ctx, a); err != nil {
			return nil, err
		}
	}
	return &Welcome{made}, nil
}

// sampleDistrict is the path of a district that the sample city judges, and that may object: the
// first where assessments are tried. It is empty where the city tries none.
func (a *App) sampleDistrict(ctx context.Context) (string, error) {
	c, err := city.Load(a.cityFiles())
	if err != nil {
		return "", err
	}
	for _, z := range c.Zones {
		if z.Code == "assess_pilot" {
			return a.regionPath(ctx, z.Members[0])
		}
	}
	return "", nil
}

// sampleSeed makes every sample city the same.
const sampleSeed = 1

// loadSample registers sample loudspeakers where people live, keeps the token with which they
// enrol, and sets up sample outputs, sample standards, what the city measures and a sample timetable.
func (a *App) loadSample(ctx context.Context, count int) error {
	c, err := city.Load(a.cityFiles())
	if err != nil {
		return err
	}
	home, err := a.home(ctx)
	if err != nil {
		return err
	}
	if home.Level != city.Nation { // which has people in the city only, as far as is known
		c.Root = home.Code
	}
	sites, err := city.SampleSites(c, count, sampleSeed)
	if err != nil {
		return err
	}
	points := make([]asset.SamplePoint, len(sites))
	for i, s := range sites {
		points[i] = asset.SamplePoint{Name: fmt.Sprintf("%s %d号喇叭（样例）", s.Name, s.Number), RegionCode: s.Region,
			Position: asset.Position{Lon: s.Point.Lon, Lat: s.Point.Lat}}
	}
	codes, grant, err := a.assets.LoadSample(ctx, points)
	if err != nil {
		return err
	}
	for _, code := range codes {
		a.sampleDevices = append(a.sampleDevices, string(code))
	}
	a.sampleToken = grant.Token
	if err := a.alerts.LoadSample(ctx); err != nil {
		return err
	}
	if err := a.loadMeasures(ctx, "things.json"); err != nil { // standards judge by what is measured of things
		return err
	}
	if err := a.loadStandards(ctx); err != nil {
		return err
	}
	if err := a.loadMeasures(ctx, "measure.json", "facts.json"); err != nil { // the second is about what standards measure, too
		return err
	}
	if err := a.loadSurveys(ctx); err != nil {
		return err
	}
	if err := a.loadParties(ctx); err != nil {
		return err
	}
	return a.loadTimetable(ctx)
}

// loadMeasures defines what the sample city measures and makes up its facts, where the city has
// such samples.
func (a *App) loadMeasures(ctx context.Context, files ...string) error {
	for _, file := range files {
		raw, err := fs.ReadFile(a.cityFiles(), file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		s, err := measure.ReadSample(raw)
		if err != nil {
			return err
		}
		if err := a.measures.LoadSample(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// loadSurveys makes the sample city's surveys and their made-up answers, where it has some and this
// node serves their region.
func (a *App) loadSurveys(ctx context.Context) error {
	raw, err := fs.ReadFile(a.cityFiles(), "survey.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	s, err := survey.ReadSample(raw)
	if err != nil {
		return err
	}
	home, err := a.home(ctx)
	if err != nil {
		return err
	}
	for _, w := range s.Waves {
		if path, err := a.regionPath(ctx, w.RegionCode); err != nil || !strings.HasPrefix(path, home.Path) {
			return err
		}
	}
	return a.measures.Survey.LoadSample(ctx, s)
}

// loadTimetable publishes the city's sample timetable where it has one and this node serves its
// region.
func (a *App) loadTimetable(ctx context.Context) error {
	raw, err := fs.ReadFile(a.cityFiles(), "timetable.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	s, err := channel.ReadSample(raw)
	if err != nil {
		return err
	}
	home, err := a.home(ctx)
	if err != nil {
		return err
	}
	path, err := a.regionPath(ctx, s.RegionCode)
	if err != nil || !strings.HasPrefix(path, home.Path) {
		return err
	}
	return a.channels.LoadSample(ctx, s)
}

// SampleToken is what the simulated loudspeakers enrol with.
func (a *App) SampleToken() string { return a.sampleToken }

// Officers are the accounts that were made.
func (w *Welcome) Officers() []account.Welcome { return w.officers }

// Print tells a person, once, how to sign in.
func (w *Welcome) Print(out io.Writer) {
	var b strings.Builder
	b.WriteString("\n  These accounts were made at this first start and are shown only now. 以下账号仅显示这一次：\n\n")
	fmt.Fprintf(&b, "  %-11s %-22s %s\n", "user 用户", "password 密码", "second factor 动态口令密钥")
	for _, o := range w.officers {
		fmt.Fprintf(&b, "  %-11s %-22s %s\n", o.Username, o.Password, o.TOTP.Secret)
	}
	b.WriteString("\n  Put a secret into an authenticator app, or run bin/tongsheng totp and paste the secret when it asks (not on the\n" +
		"  command line, which others can read): it prints the present code.\n" +
		"  将密钥录入验证器应用，或运行 bin/tongsheng totp，等它问了再贴入密钥（不要写在命令行上，别人看得到），它会打印当前口令。\n\n")
	_, _ = io.WriteString(out, b.String())
}
