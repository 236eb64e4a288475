package app

// Role is a named set of permissions that a grant gives somebody in a region. The three
// administrators are apart, so that nobody both acts and judges the act (GB/T 22239,
// 8.1.4); account refuses to give one person two of them.
type role struct {
	id          string
	permissions []string
}

// builtinRoles are seeded at first start; a security administrator may add others.
var builtinRoles = []role{
	{"system_admin", []string{"account.user.write", "account.user.read", "system.read", "system.write", "asset.read"}},
	{"security_admin", []string{"account.grant", "account.user.read", "account.role.write", "keyring.rotate", "system.read"}},
	{"auditor", []string{"audit.read", "account.user.read", "alert.read", "asset.read", "system.read"}},
	{"duty_officer", []string{"alert.read", "alert.draft", "alert.cancel", "alert.handle", "alert.report", "asset.read"}},
	{"duty_leader", []string{"alert.read", "alert.draft", "alert.countersign", "alert.cancel", "alert.stop_all", "alert.handle",
		"alert.rules", "alert.report", "asset.read"}},
	{"engineer", []string{"asset.read", "asset.write", "asset.enrol", "asset.import", "asset.export", "alert.read"}},
	{"viewer", []string{"alert.read", "asset.read"}},
}
