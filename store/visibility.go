package store

import (
	"gorm.io/gorm"

	"followup/models"
)

// Visibility is whose prospects a user sees. The zero value sees nobody's.
type Visibility struct {
	UserID int64 // their own
	TeamID int64 // and those of everybody in this team; 0: of no team
	All    bool  // everybody's
}

// Everything sees everybody's prospects.
var Everything = Visibility{All: true}

// owners narrows a query to the owners that are seen; column holds a user's id.
func (v Visibility) owners(q *gorm.DB, column string) *gorm.DB {
	switch {
	case v.All:
		return q
	case v.TeamID != 0:
		return q.Where(column+" IN (SELECT id FROM users WHERE id = ? OR team_id = ?)", v.UserID, v.TeamID)
	}
	return q.Where(column+" = ?", v.UserID)
}

// Sees tells whether a user's prospects are seen.
func (v Visibility) Sees(u models.User) bool {
	return v.All || u.ID == v.UserID || v.TeamID != 0 && u.TeamID != nil && *u.TeamID == v.TeamID
}
