package web

import (
	"net/http"

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
}

func (s *site) team(w http.ResponseWriter, r *http.Request) error {
	if err := require(userOf(r), maySeeTeam); err != nil {
		return err
	}
	return s.renderTeam(w, r, http.StatusOK, newForm(), models.User{}, "")
}

func (s *site) renderTeam(w http.ResponseWriter, r *http.Request, status int, f form, added models.User, password string) error {
	users, err := s.Store.ViewUsers(r.Context())
	if err != nil {
		return err
	}
	p := teamPage{page: s.page(r, "Team", "team"), Users: users, Form: f, Password: password, Added: added.Email, Zones: commonZones,
		Roles: []option{{Value: "rep", Label: "Rep"}, {Value: "manager", Label: "Manager"}, {Value: "admin", Label: "Admin"}}}
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
		return s.renderTeam(w, r, status, f, models.User{}, "")
	}
	return s.renderTeam(w, r, http.StatusOK, newForm(), added, password)
}
