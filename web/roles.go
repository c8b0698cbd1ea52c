package web

import "followup/models"

// permission is something that not everybody may do.
type permission string

const (
	mayEditSequences permission = "edit sequences"
	mayPublish       permission = "publish sequences"
	maySeeTeam       permission = "see the team"
	mayAddUsers      permission = "add users"
	maySetUp         permission = "set up the workspace"
	mayReassign      permission = "give prospects to somebody else"
	mayManageSenders permission = "manage other people's accounts"
	maySetEscalation permission = "say what happens when nobody answers"
	maySetPostal     permission = "set the postal address"
)

// least is the one table of who may do what; what is not in it everybody may
// who is signed in.
var least = map[permission]models.Role{
	mayEditSequences: models.RoleManager,
	mayPublish:       models.RoleManager,
	maySeeTeam:       models.RoleManager,
	mayAddUsers:      models.RoleAdmin,
	maySetUp:         models.RoleAdmin,
	mayReassign:      models.RoleManager,
	mayManageSenders: models.RoleManager,
	maySetEscalation: models.RoleManager,
	maySetPostal:     models.RoleManager,
}

func can(r models.Role, p permission) bool {
	min, ok := least[p]
	return ok && r.AtLeast(min)
}

// require is the error for somebody who may not.
func require(u models.User, p permission) error {
	if can(u.Role, p) {
		return nil
	}
	return models.Errorf(models.CodeForbidden, "Your role (%s) cannot %s. Ask %s.", u.Role, p, whoCan(p))
}

func whoCan(p permission) string {
	if least[p] == models.RoleAdmin {
		return "an admin"
	}
	return "a manager or an admin"
}
