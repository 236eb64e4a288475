package docket

import (
	"github.com/tongsheng/tongsheng/internal/platform/auth"
	"github.com/tongsheng/tongsheng/internal/platform/i18n"
)

// Permissions of the docket.
const (
	PermRead   auth.Permission = "casework.read"   // see every case of a region
	PermWork   auth.Permission = "casework.work"   // take part in cases, each as its type says
	PermDesign auth.Permission = "casework.design" // write case types and make them live
	PermExport auth.Permission = "casework.export" // take lists of cases away
)

// Post is what somebody does in procedures: a role of a case type that names it is filled by who
// holds it over the case's region.
type Post struct {
	ID   string
	Name i18n.Both
}

// Posts are those that case types may name.
var Posts = []Post{
	{"operator", i18n.Both{Zh: "话务员", En: "Telephone operator"}},
	{"dispatcher", i18n.Both{Zh: "调度员", En: "Dispatcher"}},
	{"technician", i18n.Both{Zh: "维修技术员", En: "Technician"}},
	{"contractor-clerk", i18n.Both{Zh: "维护单位经办人", En: "Contractor's clerk"}},
	{"township-clerk", i18n.Both{Zh: "街乡经办人", En: "Township clerk"}},
	{"department-clerk", i18n.Both{Zh: "部门经办人", En: "Department clerk"}},
	{"case-supervisor", i18n.Both{Zh: "督办人", En: "Supervisor of cases"}},
	{"examiner", i18n.Both{Zh: "审批受理人", En: "Examiner"}},
	{"approver", i18n.Both{Zh: "审批负责人", En: "Approver"}},
	{"inspector", i18n.Both{Zh: "检查员", En: "Inspector"}},
	{"benefit-officer", i18n.Both{Zh: "惠民专员", En: "Benefit officer"}},
	{"selection-officer", i18n.Both{Zh: "评选专员", En: "Selection officer"}},
	{"expert", i18n.Both{Zh: "评审专家", En: "Expert"}},
	{"playout-officer", i18n.Both{Zh: "播出值班员", En: "Playout officer"}},
	{"playout-leader", i18n.Both{Zh: "播出值班长", En: "Playout leader"}},
	{"media-monitor", i18n.Both{Zh: "监测员", En: "Media monitor"}},
	{"finance", i18n.Both{Zh: "财务经办人", En: "Finance clerk"}},
}

// PermOf is the permission that makes somebody a holder of a post.
func PermOf(post string) auth.Permission { return auth.Permission("casework.post." + post) }

// Permissions lists every permission of the docket.
func Permissions() []auth.Permission {
	all := []auth.Permission{PermRead, PermWork, PermDesign, PermExport}
	for _, p := range Posts {
		all = append(all, PermOf(p.ID))
	}
	return all
}
