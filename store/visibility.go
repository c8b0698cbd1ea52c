package store

import (
	"slices"

	"gorm.io/gorm"

	"followup/models"
)

// Visibility is whose prospects a user sees. The zero value sees nobody's.
type Visibility struct {
	UserID int64 // their own
	TeamID int64 // and those of everybody in this team; 0: of no team
	All    bool  // everybody's
	// Away is what colleagues see whom they stand in for; nil: for nobody.
	Away *Colleagues
}

// Colleagues whose prospects are seen as well, and whole teams of them.
type Colleagues struct{ Users, Teams []int64 }

// With is what two see together.
func (v Visibility) With(o Visibility) Visibility {
	v.All = v.All || o.All
	also := Colleagues{Users: []int64{o.UserID}}
	if o.TeamID != 0 {
		also.Teams = []int64{o.TeamID}
	}
	if v.Away != nil {
		also.Users, also.Teams = append(also.Users, v.Away.Users...), append(also.Teams, v.Away.Teams...)
	}
	v.Away = &also
	return v
}

// Everything sees everybody's prospects.
var Everything = Visibility{All: true}

// owners narrows a query to the owners that are seen; column holds a user's id.
func (v Visibility) owners(q *gorm.DB, column string) *gorm.DB {
	switch {
	case v.All:
		return q
	case v.TeamID != 0, v.Away != nil:
		users, teams := []int64{v.UserID}, []int64{v.TeamID} // nobody is in team 0
		if v.Away != nil {
			users, teams = append(users, v.Away.Users...), append(teams, v.Away.Teams...)
		}
		// The ids themselves: asked for by a subquery the planner takes a team
		// for a single user, or sorts a million rows to find fifty.
		var ids []int64
		in := q.Session(&gorm.Session{NewDB: true}).Model(&models.User{})
		err := in.Where(anyOf(q, "id", users)).Or(anyOf(q, "team_id", teams)).Order("id").Pluck("id", &ids).Error
		if err != nil {
			_ = q.AddError(err)
			return q
		}
		return q.Where(anyOf(q, column, ids))
	}
	return q.Where(column+" = ?", v.UserID)
}

// Sees tells whether a user's prospects are seen.
func (v Visibility) Sees(u models.User) bool {
	team := int64(0)
	if u.TeamID != nil {
		team = *u.TeamID
	}
	return v.All || u.ID == v.UserID || team != 0 && team == v.TeamID ||
		v.Away != nil && (slices.Contains(v.Away.Users, u.ID) || team != 0 && slices.Contains(v.Away.Teams, team))
}
