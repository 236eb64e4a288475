package app

import (
	"github.com/tongsheng/tongsheng/internal/assess/measure"
	"github.com/tongsheng/tongsheng/internal/deliver/alert"
	"github.com/tongsheng/tongsheng/internal/deliver/channel"
	"github.com/tongsheng/tongsheng/internal/platform/account"
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/link"
	"github.com/tongsheng/tongsheng/internal/register/asset"
	"github.com/tongsheng/tongsheng/internal/register/party"
	"github.com/tongsheng/tongsheng/internal/respond/casework/docket"
)

// Roles of the people who send, keep the system working, and judge what it does.
const (
	dutyOfficer      = "duty-officer"
	dutyLeader       = "duty-leader"
	engineer         = "engineer"
	newsroom         = "newsroom"
	broadcaster      = "broadcaster"
	viewer           = "viewer"
	analyst          = "analyst"
	reporter         = "reporter"
	reviewer         = "reviewer"
	standardsOfficer = "standards-officer"
	finance          = "finance"
	surveyor         = "surveyor"
	interviewer      = "interviewer"
	surveySender     = "survey-sender"

	procedureDesigner = "procedure-designer"
	registrar         = "registrar"
	privacyOfficer    = "privacy-officer"
)

// builtinRoles are seeded at every start; a security administrator may grant them. The
// three administrators are apart, so that nobody both acts and judges the act
// (GB/T 22239-2019, 8.1.5); account refuses to give one person two of them.
func builtinRoles() []account.Role {
	more := map[string][]auth.Permission{
		account.SystemAdministrator:   {asset.PermRead, link.PermRead, link.PermManage},
		account.SecurityAdministrator: {permKeys, alert.PermSources, alert.PermPeers, alert.PermRead},
		account.AuditAdministrator:    {alert.PermRead, asset.PermRead, measure.PermRead},
	}
	roles := account.Administrators()
	for i := range roles {
		roles[i].Permissions = append(roles[i].Permissions, more[roles[i].ID]...)
	}
	roles = append(roles, postRoles()...)
	return append(roles,
		account.Role{ID: dutyOfficer, NameZH: "值班员", NameEN: "Duty officer",
			Permissions: []auth.Permission{alert.PermRead, alert.PermDraft, alert.PermCountersign, alert.PermCancel, alert.PermHandle, alert.PermReport, alert.PermDuty, alert.PermDrills, asset.PermRead, asset.PermOperate, link.PermRead,
				channel.PermRead, channel.PermEdit, channel.PermApprove, party.PermRead}},
		account.Role{ID: dutyLeader, NameZH: "带班领导", NameEN: "Duty leader",
			Permissions: []auth.Permission{alert.PermRead, alert.PermDraft, alert.PermCountersign, alert.PermCancel, alert.PermStopAll,
				alert.PermRules, alert.PermHandle, alert.PermReport, alert.PermDuty, alert.PermRoster, alert.PermDrills, alert.PermDrillsApprove, asset.PermRead, asset.PermOperate, link.PermRead,
				channel.PermRead, channel.PermEdit, channel.PermApprove, measure.PermRead, party.PermRead}},
		account.Role{ID: engineer, NameZH: "运维工程师", NameEN: "Engineer",
			Permissions: []auth.Permission{asset.PermRead, asset.PermWrite, asset.PermOperate, asset.PermEnrol, asset.PermImport, asset.PermExport, alert.PermRead, alert.PermOutputs, link.PermRead, channel.PermRead, party.PermRead}},
		account.Role{ID: newsroom, NameZH: "新闻值守", NameEN: "Newsroom on call", Permissions: []auth.Permission{alert.PermRead, alert.PermDuty}},
		account.Role{ID: broadcaster, NameZH: "广播员", NameEN: "Broadcaster", Permissions: []auth.Permission{channel.PermRead, channel.PermEdit, asset.PermRead}},
		account.Role{ID: viewer, NameZH: "查看人员", NameEN: "Viewer", Permissions: []auth.Permission{alert.PermRead, asset.PermRead, link.PermRead, channel.PermRead, measure.PermRead, party.PermRead}},
		account.Role{ID: analyst, NameZH: "评价分析员", NameEN: "Analyst", Permissions: []auth.Permission{measure.PermRead, measure.PermState, measure.PermDefine, measure.PermSurvey, alert.PermRead, asset.PermRead, channel.PermRead, party.PermRead}},
		account.Role{ID: reporter, NameZH: "填报员", NameEN: "Reporter", Permissions: []auth.Permission{measure.PermRead, measure.PermState}},
		account.Role{ID: finance, NameZH: "财务人员", NameEN: "Finance", Permissions: []auth.Permission{measure.PermRead, measure.PermFunds, docket.PermWork, docket.PermOf(finance)}},
		account.Role{ID: standardsOfficer, NameZH: "标准专员", NameEN: "Standards officer", Permissions: []auth.Permission{measure.PermRead, measure.PermStandards}},
		account.Role{ID: reviewer, NameZH: "评价审核", NameEN: "Reviewer", Permissions: []auth.Permission{measure.PermRead, measure.PermAgree, alert.PermRead, asset.PermRead}},
		account.Role{ID: registrar, NameZH: "登记员", NameEN: "Registrar", Permissions: []auth.Permission{party.PermRead, party.PermWrite, party.PermMerge, party.PermPersonal, asset.PermRead}},
		account.Role{ID: privacyOfficer, NameZH: "个人信息保护专员", NameEN: "Personal data officer", Permissions: []auth.Permission{party.PermRead, party.PermPersonal, party.PermErase}},
		account.Role{ID: surveyor, NameZH: "调查机构", NameEN: "Survey agency", Permissions: []auth.Permission{measure.PermRun}},
		account.Role{ID: surveySender, NameZH: "调查联络员", NameEN: "Survey sender", Permissions: []auth.Permission{measure.PermSend}},
		account.Role{ID: interviewer, NameZH: "调查员", NameEN: "Interviewer", Permissions: []auth.Permission{measure.PermInterview}},
	)
}

// postRoles are the roles of those who take part in cases, one for each post.
func postRoles() (roles []account.Role) {
	more := map[string][]auth.Permission{
		"dispatcher":        {asset.PermRead},
		"technician":        {asset.PermRead},
		"operator":          {asset.PermRead},
		"case-supervisor":   {docket.PermRead, docket.PermExport, measure.PermRead},
		"selection-officer": {docket.PermExport},
		"inspector":         {asset.PermRead},
		"playout-officer":   {asset.PermRead},
	}
	for _, p := range docket.Posts {
		if p.ID == finance { // who enters money pays what cases ask for
			continue
		}
		roles = append(roles, account.Role{ID: p.ID, NameZH: p.Name.Zh, NameEN: p.Name.En, Permissions: append([]auth.Permission{docket.PermWork, docket.PermOf(p.ID)}, more[p.ID]...)})
	}
	return append(roles, account.Role{ID: procedureDesigner, NameZH: "流程设计员", NameEN: "Procedure designer", Permissions: []auth.Permission{docket.PermWork, docket.PermDesign}})
}
