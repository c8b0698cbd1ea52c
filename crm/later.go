package crm

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"followup/models"
)

// maxHandOverNote is what a colleague reads at a glance.
const maxHandOverNote = 500

// SnoozeTask puts a task off until a time; nil brings it back at once.
func (s *Service) SnoozeTask(ctx context.Context, userID, taskID int64, until *time.Time) (models.Task, error) {
	return s.Store.SnoozeTask(ctx, taskID, until, models.UserActor(userID), s.Clock())
}

// HandOver gives a task to another user, with a note for them.
func (s *Service) HandOver(ctx context.Context, userID, taskID, to int64, note string) (models.Task, error) {
	note = strings.TrimSpace(note)
	if n := utf8.RuneCountInString(note); n > maxHandOverNote {
		return models.Task{}, models.Invalid("note", "has %d characters; keep it to %d", n, maxHandOverNote)
	}
	if to == 0 {
		return models.Task{}, models.Invalid("to", "choose who gets it")
	}
	return s.Store.HandOver(ctx, taskID, to, note, models.UserActor(userID), userID, s.Clock())
}
