package web

import (
	"net/http"
	"strconv"

	"followup/models"
)

type teamPage struct {
	page
	Users []models.User
	Form  form
	// Password is shown once, to whoever added the user.
	Password string
	Added    string
	Roles    []option
	Zones    []string
	// When nobody answers.
	Escalate form
	Hours    string
	To       []option
}

func (s *site) team(w http.ResponseWriter, r *http.Request) error {
	if err := require(userOf(r), maySeeTeam); err != nil {
		return err
	}
	return s.renderTeam(w, r, http.StatusOK, newForm(), models.User{}, "", newForm())
}

func (s *site) renderTeam(w http.ResponseWriter, r *http.Request, status int, f form, added models.User, password string, escalate form) error {
	users, err := s.Store.ViewUsers(r.Context())
	if err != nil {
		return err
	}
	p := teamPage{page: s.page(r, "Team", "team"), Users: users, Form: f, Password: password, Added: added.Email, Zones: commonZones,
		Roles: []option{{Value: "rep", Label: "Rep"}, {Value: "manager", Label: "Manager"}, {Value: "admin", Label: "Admin"}}}
	set, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	p.Escalate, p.Hours = escalate, strconv.Itoa(set.EscalateAfter)
	if p.To, err = s.ownerOptions(r, strconv.FormatInt(set.EscalateTo, 10), true); err != nil {
		return err
	}
	p.To[0].Label = "A manager of the owner’s team"
	return s.views.render(w, status, "team", p)
}

// teamAdd adds a user; the generated password is shown in the answer itself
// and nowhere kept.
func (s *site) teamAdd(w http.ResponseWriter, r *http.Request) error {
	if err := require(userOf(r), mayAddUsers); err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	u := models.User{Name: f.Get("name"), Email: f.Get("email"), Role: models.Role(f.Get("role")), Zone: f.Get("zone")}
	added, password, err := s.CRM.AddUser(r.Context(), actorOf(r), u, "")
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "name", "email", "role", "zone"); err != nil {
			return err
		}
		return s.renderTeam(w, r, status, f, models.User{}, "", newForm())
	}
	return s.renderTeam(w, r, http.StatusOK, newForm(), added, password, newForm())
}

// escalation saves what happens when nobody answers a customer.
func (s *site) escalation(w http.ResponseWriter, r *http.Request) error {
	if err := require(userOf(r), maySetEscalation); err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	hours, err := strconv.Atoi(f.Get("hours"))
	if err != nil {
		hours = -1
	}
	if err := s.CRM.SetEscalation(r.Context(), actorOf(r), hours, f.int64("to")); err != nil {
		status := statusOf(err)
		if err := f.take(err, "hours", "to"); err != nil {
			return err
		}
		return s.renderTeam(w, r, status, newForm(), models.User{}, "", f)
	}
	s.flash(r, "Saved. It holds for everybody who waits from now on, and for who waits already.")
	return redirect(w, r, "/team")
}
