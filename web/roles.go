package web

import (
	"followup/models"
	"followup/store"
)

// permission is an action, as the table of roles and a refusal name it.
type permission string

const (
	mayWork           permission = "work through calls, replies and tasks"
	maySeePeople      permission = "see prospects and conversations"
	mayChangePeople   permission = "change prospects, answer and enroll them"
	mayReassign       permission = "give prospects to somebody else"
	maySeeSequences   permission = "see sequences"
	mayEditSequences  permission = "edit sequences"
	mayPublish        permission = "publish sequences"
	mayUseLibrary     permission = "use the library and add to it"
	mayPublishLibrary permission = "publish in the library"
	maySeeInsights    permission = "see insights"
	maySeeAccounts    permission = "see accounts"
	mayUseAccounts    permission = "connect and change accounts"
	mayManageSenders  permission = "manage other people's accounts"
	maySeeScheduler   permission = "see the scheduler"
	mayPauseAll       permission = "pause everything"
	mayResolve        permission = "see and resolve what needs attention"
	mayPlayCustomers  permission = "play the customers in the sandbox"
	maySeeTeam        permission = "see the team"
	mayRunTeam        permission = "run teams and leaves"
	mayAddUsers       permission = "add users"
	maySetRules       permission = "change the workspace's rules"
	mayErase          permission = "export and erase personal data"
	maySetPostal      permission = "set the postal address"
	maySeeAudit       permission = "see the audit trail"
	maySetUp          permission = "set up the workspace"
	mayOwnAccount     permission = "change their own sign-in"
)

// extent is how far an action reaches.
type extent string

const (
	nowhere     extent = "no"
	ownOnly     extent = "own"
	whatTheySee extent = "visible" // own, the team's or all, as the workspace's rules say
	everywhere  extent = "all"
)

// access is what each role may do with one action.
type access struct {
	Action              permission
	Rep, Manager, Admin extent
}

func (a access) of(r models.Role) extent {
	switch r {
	case models.RoleRep:
		return a.Rep
	case models.RoleManager:
		return a.Manager
	case models.RoleAdmin:
		return a.Admin
	}
	return nowhere
}

// roleTable is the one table of who may do what. docs/roles.md is made of it,
// and every page and form has its row here by routeAccess.
var roleTable = []access{
	{mayWork, ownOnly, everywhere, everywhere},
	{maySeePeople, whatTheySee, everywhere, everywhere},
	{mayChangePeople, whatTheySee, everywhere, everywhere},
	{mayReassign, nowhere, everywhere, everywhere},
	{maySeeSequences, everywhere, everywhere, everywhere},
	{mayEditSequences, nowhere, everywhere, everywhere},
	{mayPublish, nowhere, everywhere, everywhere},
	{mayUseLibrary, everywhere, everywhere, everywhere},
	{mayPublishLibrary, nowhere, everywhere, everywhere},
	{maySeeInsights, whatTheySee, everywhere, everywhere},
	{maySeeAccounts, ownOnly, everywhere, everywhere},
	{mayUseAccounts, ownOnly, everywhere, everywhere},
	{mayManageSenders, nowhere, everywhere, everywhere},
	{maySeeScheduler, everywhere, everywhere, everywhere},
	{mayPauseAll, nowhere, everywhere, everywhere},
	{mayResolve, ownOnly, everywhere, everywhere},
	{mayPlayCustomers, whatTheySee, everywhere, everywhere},
	{maySeeTeam, nowhere, everywhere, everywhere},
	{mayRunTeam, nowhere, everywhere, everywhere},
	{mayAddUsers, nowhere, nowhere, everywhere},
	{maySetRules, nowhere, everywhere, everywhere},
	{mayErase, nowhere, everywhere, everywhere},
	{maySetPostal, nowhere, everywhere, everywhere},
	{maySeeAudit, nowhere, everywhere, everywhere},
	{maySetUp, nowhere, nowhere, everywhere},
	{mayOwnAccount, ownOnly, ownOnly, ownOnly},
}

func accessTo(p permission) access {
	for _, a := range roleTable {
		if a.Action == p {
			return a
		}
	}
	return access{Action: p, Rep: nowhere, Manager: nowhere, Admin: nowhere}
}

// reach is how far an action goes for a role; what is not in the table nobody may.
func reach(r models.Role, p permission) extent { return accessTo(p).of(r) }

func can(r models.Role, p permission) bool { return reach(r, p) != nowhere }

// require is the error for somebody who may not.
func require(u models.User, p permission) error {
	if can(u.Role, p) {
		return nil
	}
	return models.Errorf(models.CodeForbidden, "Your role (%s) cannot %s. Ask %s.", u.Role, p, whoCan(p))
}

func whoCan(p permission) string {
	if accessTo(p).Manager == nowhere {
		return "an admin"
	}
	return "a manager or an admin"
}

// visibility is whose prospects a user sees. Under "team" somebody who is in
// no team yet sees all: teams narrow, and a workspace without any has nothing
// to narrow by.
func visibility(u models.User, set models.Settings) store.Visibility {
	v := store.Visibility{UserID: u.ID}
	switch {
	case reach(u.Role, maySeePeople) == everywhere || set.Visibility == models.SeeAll:
		v.All = true
	case set.Visibility == models.SeeOwn:
	case u.TeamID == nil:
		v.All = true
	default:
		v.TeamID = *u.TeamID
	}
	return v
}
