package demo

import (
	"context"
	"time"

	"followup/models"
)

// teams of the staff.
var teams = []struct {
	name    string
	members []string
}{
	{"New business", []string{"morgan@example.com", "rae@example.com"}},
	{"Midwest", []string{"ilya@example.com"}},
}

// daysUntilAway is when, after the play, somebody goes on leave.
const daysUntilAway, daysAway = 3, 4

// arrange puts the staff into teams, and has one of them away soon, with a
// stand-in, so that the manager's pages have something to show.
func (w *World) arrange(ctx context.Context, ids map[string]int64) error {
	for _, t := range teams {
		team, err := w.CRM.SaveTeam(ctx, models.ActorSystem, 0, t.name)
		if err != nil {
			return err
		}
		for _, email := range t.members {
			if _, err := w.CRM.TeamOf(ctx, models.ActorSystem, ids[email], &team.ID); err != nil {
				return err
			}
		}
	}
	away, err := w.Store.UserByEmail(ctx, "ilya@example.com")
	if err != nil {
		return err
	}
	first := models.DateOf(w.Clock.Now().Add(Length), time.UTC).AddDays(daysUntilAway)
	standIn := ids["rae@example.com"]
	_, err = w.CRM.GoOnLeave(ctx, models.ActorSystem, away, string(first), string(first.AddDays(daysAway)), &standIn, false)
	return err
}
