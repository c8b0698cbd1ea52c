package web

import (
	"net/http"

	"followup/models"
)

// nextTask is where to go after a task was closed: the page of what should be
// done next, or Today where nothing is left. The way back is on that page.
func (s *site) nextTask(r *http.Request, after int64) string {
	next, err := s.Store.NextTask(r.Context(), userOf(r).ID, after, s.Clock())
	if err != nil || next.ID == 0 {
		// What was closed is closed; Today says by itself what it cannot read.
		return "/"
	}
	return taskPath(next)
}

// taskPath is where a task is worked on: a customer is answered in the
// conversation, everything else on the task's own page.
func taskPath(t models.Task) string {
	if t.Kind == models.TaskReply && t.ProspectID != nil {
		return answerPath(*t.ProspectID)
	}
	return idPath("/tasks/", t.ID)
}
