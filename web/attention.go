package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"followup/models"
	"followup/store"
)

type attentionPage struct {
	page
	Incidents []incident
	View      store.Attention
	Unmatched []matchRow
	Nothing   bool
	Everybody bool
}

// incident is what went wrong in the same way, with what can be done about it.
type incident struct {
	Reason  models.Reason
	Title   string
	Text    string
	Icon    string
	Tasks   []store.TaskRow
	Touches []store.TouchRow // of hand-overs that nobody knows the fate of
	Sender  int64
	Urgent  bool
}

// Unconfirmed tells whether it is about hand-overs.
func (i incident) Unconfirmed() bool { return i.Reason == models.AttentionUnconfirmed && i.Sender != 0 }

// attention lists what a person must resolve: everybody's for managers, else
// one's own.
func (s *site) attention(w http.ResponseWriter, r *http.Request) error {
	u := userOf(r)
	of := u.ID
	if reach(u.Role, mayResolve) == everywhere {
		of = 0
	}
	p := attentionPage{page: s.page(r, "Needs attention", "attention"), Everybody: of == 0}
	v, err := s.Store.ViewAttention(r.Context(), of, p.now)
	if err != nil {
		return err
	}
	p.View, p.Incidents = v, incidents(v)
	for _, row := range v.Unmatched.Rows {
		p.Unmatched = append(p.Unmatched, p.matchRow(row))
	}
	p.Nothing = len(p.Incidents)+len(v.Reviews)+v.Unmatched.Total.N+len(v.Failed)+len(v.Stopped)+len(v.Imports) == 0
	return s.show(w, "attention", p)
}

// matchRow is a message from somebody we do not know.
type matchRow struct {
	store.UnmatchedRow
	When moment
}

func (t times) matchRow(row store.UnmatchedRow) matchRow {
	return matchRow{row, t.Ago(row.Message.CreatedAt)}
}

// incidents puts tasks together that one decision can settle: those of one
// reason, and hand-overs and stops each by sender.
func incidents(v store.Attention) []incident {
	var all []incident
	place := map[string]int{}
	for _, row := range v.Tasks {
		t := row.Task
		key := string(t.Reason)
		alone := t.Reason == models.AttentionUnconfirmed || t.Reason == models.AttentionSender || t.Reason == models.AttentionSecret || t.Reason == models.AttentionRestored
		if alone {
			key += " " + strconv.FormatInt(t.ID, 10)
		}
		i, ok := place[key]
		if !ok {
			i = len(all)
			place[key] = i
			in := incident{Reason: t.Reason, Title: sentence(reasonText(t.Reason)), Icon: "alert"}
			if alone {
				in.Title, in.Text = t.Title, t.Detail
			}
			if t.SenderID != nil {
				in.Sender = *t.SenderID
				in.Touches = v.Touches[in.Sender]
			}
			all = append(all, in)
		}
		all[i].Tasks = append(all[i].Tasks, row)
		all[i].Urgent = all[i].Urgent || t.Urgent
	}
	slices.SortStableFunc(all, func(a, b incident) int {
		switch {
		case a.Urgent == b.Urgent:
			return 0
		case a.Urgent:
			return -1
		}
		return 1
	})
	return all
}

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
		n := 0
		for _, id := range idsOf(f.Values, "task") {
			if _, err := s.ownTask(r, id); err != nil {
				return "", err
			}
			if _, err := s.CRM.CloseTask(ctx, u.ID, id, models.TaskState(f.Get("do")), ""); err != nil {
				if models.CodeOf(err) == models.CodeConflict {
					continue // somebody was quicker
				}
				return "", err
			}
			n++
		}
		return fmt.Sprintf("%d closed.", n), nil
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
