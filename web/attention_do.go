package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"followup/models"
)

// attentionDo resolves: one thing, or all of an incident.
func (s *site) attentionDo(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	said, err := s.resolve(r, f)
	if err != nil {
		return err
	}
	s.flash(r, said)
	return redirect(w, r, "/attention")
}

func (s *site) resolve(r *http.Request, f form) (said string, err error) {
	ctx, actor, u := r.Context(), actorOf(r), userOf(r)
	switch f.Get("what") {
	case "handed":
		task, err := s.ownTask(r, f.int64("task"))
		if err != nil {
			return "", err
		}
		if task.SenderID == nil || task.Reason != models.AttentionUnconfirmed {
			return "", models.Errorf(models.CodeConflict, "This is no question of whether something was sent.")
		}
		n, err := s.CRM.Resolve(ctx, actor, *task.SenderID, idsOf(f.Values, "touch"), models.Resolution(f.Get("do")))
		words := map[string]string{"sent": "noted as sent", "again": "to be sent again", "dismiss": "set aside"}
		return fmt.Sprintf("%d %s.", n, words[f.Get("do")]), err
	case "tasks":
		return s.resolveTasks(r, f)
	case "sender":
		return s.resolveSender(r, f)
	case "message":
		r.SetPathValue("id", f.Get("id"))
		v, err := s.unmatched(r)
		if err != nil {
			return "", err
		}
		return "Set aside. It stays stored and is not shown again.", s.Replies.Dismiss(ctx, v.Message.ID, u.ID)
	case "inbound":
		return s.resolveInbounds(r, f)
	case "import":
		b, err := s.Store.Batch(ctx, f.int64("id"))
		if err != nil {
			return "", err
		}
		if b.UserID != u.ID && reach(u.Role, mayResolve) != everywhere {
			return "", models.Errorf(models.CodeForbidden, "This import is somebody else’s.")
		}
		return "Set aside. The import’s page still shows the rows.", s.CRM.DismissImport(ctx, actor, b.ID)
	}
	return "", models.Errorf(models.CodeInvalid, "The form arrived damaged. Load the page again.")
}

// taskDone says what was done to tasks, by the button.
var taskDone = map[string]string{
	"done": "closed", "dismissed": "set aside", "again": "to be tried again: what is still missing asks anew",
	"skip": "left out; the sequence goes on behind it", "remove": "taken out of the sequence",
}

// resolveTasks does the same to the chosen tasks of an incident, or to all of
// it where none is chosen.
func (s *site) resolveTasks(r *http.Request, f form) (said string, err error) {
	do := f.Get("do")
	if taskDone[do] == "" {
		return "", models.Errorf(models.CodeInvalid, "The form arrived damaged. Load the page again.")
	}
	ids := idsOf(f.Values, "task")
	if len(ids) == 0 {
		ids = idsOf(f.Values, "all")
	}
	n, refused, why := 0, 0, ""
	for _, id := range ids {
		task, err := s.ownTask(r, id)
		if err != nil {
			return "", err
		}
		if task.State != models.TaskOpen {
			continue // somebody was quicker
		}
		switch err := s.resolveTask(r, task, do); {
		case err == nil:
			n++
		case len(ids) == 1 || models.CodeOf(err) != models.CodeConflict:
			return "", err
		default:
			refused, why = refused+1, messageOf(err)
		}
	}
	switch {
	case refused > 0:
		return fmt.Sprintf("%d %s. %d stay as they are: %s", n, taskDone[do], refused, why), nil
	case n == 0:
		return "Somebody was quicker: nothing was left to do.", nil
	}
	return fmt.Sprintf("%d %s.", n, taskDone[do]), nil
}

func (s *site) resolveTask(r *http.Request, task models.Task, do string) error {
	ctx, actor := r.Context(), actorOf(r)
	switch do {
	case "skip":
		return s.CRM.LeaveStepOut(ctx, actor, task.ID)
	case "remove":
		if task.EnrollmentID == nil {
			return models.Errorf(models.CodeConflict, "This is about no sequence that somebody could be taken out of.")
		}
		err := s.CRM.FinishEnrollment(ctx, actor, *task.EnrollmentID, models.FinishRemoved)
		if err != nil && models.CodeOf(err) != models.CodeConflict { // it has ended already
			return err
		}
		fresh, err := s.Store.Task(ctx, task.ID)
		if err != nil || fresh.State != models.TaskOpen {
			return err // it ended with its sequence
		}
		do = string(models.TaskDismissed)
	case "again":
		do = string(models.TaskDone)
	}
	_, err := s.CRM.CloseTask(ctx, userOf(r).ID, task.ID, models.TaskState(do), "")
	return err
}

// resolveSender starts a blocked account again, once it is found to work, or
// leaves it stopped for good.
func (s *site) resolveSender(r *http.Request, f form) (said string, err error) {
	x, err := s.Store.SenderOpened(r.Context(), f.int64("sender"))
	if err != nil {
		return "", err
	}
	if !mayChange(userOf(r), x) {
		return "", models.Errorf(models.CodeForbidden, "This account is not yours to change. Its owner or a manager can.")
	}
	name := phoneText(x.Address)
	if f.Get("do") == "leave" {
		if x.State == models.SenderStopped {
			err = s.CRM.StopSender(r.Context(), actorOf(r), x.ID)
		}
		if err == nil {
			err = s.setAsideTasks(r, x.ID, idsOf(f.Values, "all"))
		}
		return name + " stays stopped. Start it on its own page when it is wanted again.", err
	}
	ctx, cancel := context.WithTimeout(r.Context(), checkFor)
	defer cancel()
	if why := trouble(s.Channels.Inspect(ctx, x)); why != "" {
		return "", models.Errorf(models.CodeRefused, "%s stays stopped, for it does not work yet. %s", name, why)
	}
	return name + " works, and sends again. What waited for it leaves now.", s.CRM.StartSender(r.Context(), actorOf(r), x.ID)
}

// setAsideTasks closes what asked about a sender.
func (s *site) setAsideTasks(r *http.Request, sender int64, ids []int64) error {
	for _, id := range ids {
		task, err := s.ownTask(r, id)
		if err != nil {
			return err
		}
		if task.State != models.TaskOpen || task.SenderID == nil || *task.SenderID != sender {
			continue
		}
		if _, err := s.CRM.CloseTask(r.Context(), userOf(r).ID, id, models.TaskDismissed, ""); err != nil && models.CodeOf(err) != models.CodeConflict {
			return err
		}
	}
	return nil
}

// resolveInbounds tries what came in and could not be read once more, or sets
// it aside. It may be anybody's, so only who sees to everybody's may.
func (s *site) resolveInbounds(r *http.Request, f form) (said string, err error) {
	u := userOf(r)
	if reach(u.Role, mayResolve) != everywhere {
		return "", models.Errorf(models.CodeForbidden, "What came in and could not be read is for a manager to see to.")
	}
	ids := idsOf(f.Values, "inbound")
	if f.Get("do") == "dismiss" {
		for _, id := range ids {
			if err := s.Replies.SetAside(r.Context(), id, u.ID); err != nil {
				return "", err
			}
		}
		return "Set aside. It stays stored and holds nobody up.", nil
	}
	read, why := 0, ""
	for _, id := range ids {
		if _, err := s.Replies.TryAgain(r.Context(), id); err == nil {
			read++
		} else if len(ids) == 1 || models.CodeOf(err) == models.CodeUnavailable {
			return "", err
		} else {
			why = " " + messageOf(err)
		}
	}
	if read == len(ids) {
		return fmt.Sprintf("%d read, and everything done that follows from it.", read), nil
	}
	return fmt.Sprintf("%d of %d read.%s", read, len(ids), why), nil
}

// ownTask loads a task that the user may resolve.
func (s *site) ownTask(r *http.Request, id int64) (models.Task, error) {
	task, err := s.Store.Task(r.Context(), id)
	if err != nil {
		return task, err
	}
	u := userOf(r)
	if task.Kind != models.TaskResolve {
		return task, models.Errorf(models.CodeConflict, "This is no question to resolve here.")
	}
	if task.UserID != u.ID && reach(u.Role, mayResolve) != everywhere {
		return task, models.Errorf(models.CodeForbidden, "This is somebody else’s to resolve. They or a manager can.")
	}
	return task, nil
}

func idsOf(v url.Values, name string) []int64 {
	var ids []int64
	for _, text := range v[name] {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil && id > 0 {
			ids = append(ids, id)
		}
	}
	return ids
}
