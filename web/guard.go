package web

import (
	"net/http"
	"strings"

	"followup/models"
	"followup/store"
)

// subjects are the records that speak of a prospect, by the first part of the
// addresses that name them.
var subjects = map[string]store.Subject{
	"prospects": store.SubjectProspect, "sandbox": store.SubjectProspect, "tasks": store.SubjectTask, "appointments": store.SubjectAppointment,
	"enrollments": store.SubjectEnrollment, "commitments": store.SubjectCommitment, "messages": store.SubjectMessage, "answers": store.SubjectAnswer,
}

// guardOf is how a route's {id} is checked before anything of it is read or
// changed; nil where it names no record of a prospect's.
func (s *site) guardOf(pattern string) func(r *http.Request, id int64) error {
	method, path, _ := strings.Cut(pattern, " ")
	parts := strings.Split(path, "/")
	if len(parts) < 3 || parts[2] != "{id}" {
		return nil
	}
	of, ok := subjects[parts[1]]
	switch {
	case ok:
		return func(r *http.Request, id int64) error { return s.maySee(r, of, id) }
	case parts[1] == "companies" && (method == http.MethodPost || strings.HasSuffix(path, "/edit")):
		return s.mayChangeCompany
	}
	return nil
}

func (s *site) guarded(pattern string, h action) action {
	guard := s.guardOf(pattern)
	if guard == nil {
		return h
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := pathID(r)
		if err == nil {
			err = guard(r, id)
		}
		if err != nil {
			return err
		}
		return h(w, r)
	}
}

// maySee refuses what speaks of somebody whom the user does not see, unless
// the work is theirs.
func (s *site) maySee(r *http.Request, of store.Subject, id int64) error {
	sees, err := s.seenBy(r)
	if err != nil || sees.All {
		return err
	}
	about, worker, err := s.Store.About(r.Context(), of, id)
	if err != nil {
		return err
	}
	if worker != 0 {
		if acts, err := s.actsFor(r, worker); err != nil || acts {
			return err
		}
	}
	if about == nil {
		if of == store.SubjectMessage {
			return nil // its page asks to whose account it came
		}
		return models.Errorf(models.CodeForbidden, "This is a colleague’s work. Ask them, or a manager of their team, to hand it over.")
	}
	return s.maySeePerson(r, sees, *about)
}

func (s *site) maySeePerson(r *http.Request, sees store.Visibility, p models.Prospect) error {
	may, err := s.Store.MaySee(r.Context(), sees, p)
	if err != nil || may {
		return err
	}
	owner, err := s.Store.ViewUser(r.Context(), p.OwnerID)
	if err != nil {
		return err
	}
	return models.Errorf(models.CodeForbidden, "This person is a colleague’s, and your workspace shows only your own or your team’s. Ask %s or a manager.", owner.Name)
}

// mayChangeCompany: what is changed at a company changes what happens to
// everybody there.
func (s *site) mayChangeCompany(r *http.Request, id int64) error {
	sees, err := s.seenBy(r)
	if err != nil {
		return err
	}
	may, err := s.Store.SeesCompany(r.Context(), sees, id)
	if err == nil && !may {
		err = models.Errorf(models.CodeForbidden, "Everybody at this company is a colleague’s. Ask them or a manager to change it.")
	}
	return err
}
