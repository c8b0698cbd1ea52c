package web

import (
	"net/http"
	"net/url"
	"slices"

	"followup/models"
)

// whose says whose queue is shown.
type whose struct {
	name   string // "", "team" or "stand-in"
	ids    []int64
	team   []int64 // those whom the viewer looks after, without the viewer
	behind []int64 // those for whom the viewer stands in
}

// whoseQueue reads the filter: one's own, one's team's where the role allows
// it, or that of colleagues who named one as their stand-in.
func (s *site) whoseQueue(r *http.Request, name string) (whose, error) {
	u := userOf(r)
	q := whose{name: name, ids: []int64{u.ID}}
	users, err := s.Store.ViewUsers(r.Context())
	if err != nil {
		return q, err
	}
	for _, other := range users {
		if other.ID == u.ID || other.DisabledAt != nil {
			continue
		}
		if looksAfter(u, other) {
			q.team = append(q.team, other.ID)
		}
		if other.StandInID != nil && *other.StandInID == u.ID {
			q.behind = append(q.behind, other.ID)
		}
	}
	switch {
	case name == "team" && can(u.Role, maySeeTeam):
		q.ids = append(q.ids, q.team...)
	case name == "stand-in" && len(q.behind) > 0:
		q.ids = q.behind
	case name == "team":
		return q, require(u, maySeeTeam)
	default:
		q.name = ""
	}
	return q, nil
}

// looksAfter tells whether a manager answers for somebody: for their own team,
// an admin and a manager without a team for everybody.
func looksAfter(u, other models.User) bool {
	if !can(u.Role, maySeeTeam) {
		return false
	}
	return u.Role == models.RoleAdmin || u.TeamID == nil || other.TeamID != nil && *other.TeamID == *u.TeamID
}

// filters are the choices there are; none where there is only one's own.
func (q whose) filters(values url.Values) []queueFilter {
	all := []queueFilter{{Label: "Mine", Href: todayPath(values, "who", ""), On: q.name == ""}}
	if len(q.team) > 0 {
		all = append(all, queueFilter{Label: "My team’s", Href: todayPath(values, "who", "team"), On: q.name == "team"})
	}
	if len(q.behind) > 0 {
		all = append(all, queueFilter{Label: "Standing in", Href: todayPath(values, "who", "stand-in"), On: q.name == "stand-in"})
	}
	if len(all) == 1 {
		return nil
	}
	return all
}

// mayMove tells whether u may put off or hand over somebody's task: their own,
// of whom they look after, or of whom they stand in for.
func (s *site) mayMove(r *http.Request, task models.Task) error {
	if acts, err := s.actsFor(r, task.UserID); err != nil || acts {
		return err
	}
	u := userOf(r)
	if task.Kind == models.TaskCall && task.AppointmentID != nil {
		// Whoever was asked to see to a call may take it.
		asked, err := s.Store.AskedToStandIn(r.Context(), u.ID, *task.AppointmentID)
		if err != nil || asked {
			return err
		}
	}
	return models.Errorf(models.CodeForbidden, "This task is a colleague’s. Ask them, or a manager of their team, to hand it over.")
}

// actsFor tells whether somebody's work is the user's to do too: their own, of
// whom they look after, or of whom they stand in for.
func (s *site) actsFor(r *http.Request, userID int64) (bool, error) {
	if userID == userOf(r).ID {
		return true, nil
	}
	q, err := s.whoseQueue(r, "")
	return slices.Contains(append(q.team, q.behind...), userID), err
}
