package web

import (
	"net/http"
	"strconv"
	"time"

	"followup/models"
)

type teamPage struct {
	page
	Rows    []memberRow
	Here    int
	Teams   []models.Team
	Form    form
	Rename  int64 // the team whose new name was refused
	TeamErr form
	Link    *linkOnce
	Roles   []option
	TeamOf  []option
	Zones   []string
}

// memberRow is somebody in the list.
type memberRow struct {
	models.User
	Team    string
	Away    *moment // until which day, theirs
	StandIn string
	Invited *moment // when the link ends
	Factor  bool
}

// linkOnce is a link that is shown in the answer itself and nowhere kept.
type linkOnce struct {
	Who, Href, What string
	Mailed          bool
	Ends            moment
}

var roleOptions = []option{{Value: "rep", Label: "Rep"}, {Value: "manager", Label: "Manager"}, {Value: "admin", Label: "Admin"}}

func (s *site) team(w http.ResponseWriter, r *http.Request) error {
	return s.renderTeam(w, r, http.StatusOK, func(*teamPage) {})
}

func (s *site) renderTeam(w http.ResponseWriter, r *http.Request, status int, with func(*teamPage)) error {
	ctx := r.Context()
	p := teamPage{page: s.page(r, "Team", "team"), Form: newForm(), TeamErr: newForm(), Zones: commonZones, Roles: roleOptions}
	users, err := s.Store.ViewUsers(ctx)
	if err != nil {
		return err
	}
	if p.Teams, err = s.Store.Teams(ctx); err != nil {
		return err
	}
	p.TeamOf = teamOptions(p.Teams)
	leaves, err := s.Store.Leaves(ctx)
	if err != nil {
		return err
	}
	invited, err := s.Store.OpenInvitations(ctx)
	if err != nil {
		return err
	}
	factors, err := s.Store.SecondFactorOn(ctx)
	if err != nil {
		return err
	}
	who := names{}
	for _, u := range users {
		who[u.ID] = u.Name
	}
	for _, u := range users {
		row := memberRow{User: u, Factor: factors[u.ID]}
		for _, t := range p.Teams {
			if u.TeamID != nil && t.ID == *u.TeamID {
				row.Team = t.Name
			}
		}
		for _, l := range leaves {
			if l.UserID == u.ID && l.Running(p.now) {
				m := p.Mine(l.EndsAt)
				theirs := newTimes(p.now, u.Zone)
				m.Text = theirs.day(l.EndsAt.In(theirs.mine).AddDate(0, 0, -1))
				row.Away = &m
				if l.StandInID != nil {
					row.StandIn = who.User(*l.StandInID)
				}
			}
		}
		if ends, ok := invited[u.ID]; ok && u.PasswordHash == "" {
			m := p.Ago(ends)
			row.Invited = &m
		}
		if u.DisabledAt == nil {
			p.Here++
		}
		p.Rows = append(p.Rows, row)
	}
	with(&p)
	return s.views.render(w, status, "team", p)
}

func teamOptions(teams []models.Team) []option {
	all := []option{{Value: "0", Label: "No team"}}
	for _, t := range teams {
		all = append(all, option{Value: strconv.FormatInt(t.ID, 10), Label: t.Name})
	}
	return all
}

// teamAdd invites somebody.
func (s *site) teamAdd(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	u := models.User{Name: f.Get("name"), Email: f.Get("email"), Role: models.Role(f.Get("role")), Zone: f.Get("zone"), TeamID: f.ptr("team")}
	added, secret, err := s.CRM.Invite(r.Context(), actorOf(r), u)
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "name", "email", "role", "zone"); err != nil {
			return err
		}
		return s.renderTeam(w, r, status, func(p *teamPage) { p.Form = f })
	}
	link := s.linkFor(r, added, secret, "join", models.InvitationFor)
	return s.renderTeam(w, r, http.StatusOK, func(p *teamPage) { p.Link = link })
}

// linkFor makes the address of a link, and mails it where that is possible.
func (s *site) linkFor(r *http.Request, u models.User, secret, what string, lasts time.Duration) *linkOnce {
	l := &linkOnce{Who: u.Name, What: what, Href: s.origin(r) + "/join/" + secret, Ends: newTimes(s.Clock(), userOf(r).Zone).Mine(s.Clock().Add(lasts))}
	l.Mailed = s.mailLink(r, u, l.Href, what)
	return l
}

// origin is where this site is reached: the public address, else what the
// signed-in browser itself uses.
func (s *site) origin(r *http.Request) string {
	if s.PublicURL != "" {
		return s.PublicURL
	}
	scheme := "http://"
	if r.TLS != nil || s.SecureCookies {
		scheme = "https://"
	}
	return scheme + r.Host
}

// teamSave makes a team.
func (s *site) teamSave(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	var id int64
	if r.PathValue("id") != "" {
		if id, err = pathID(r); err != nil {
			return err
		}
	}
	if id != 0 && f.Get("do") == "remove" {
		return s.teamRemove(w, r, id, f)
	}
	if id != 0 {
		now, err := s.teamNamed(r, id)
		if err != nil {
			return err
		}
		if f.stale(seenOf(now), "It is called “"+now+"” now.") {
			return s.renderTeam(w, r, http.StatusConflict, func(p *teamPage) { p.TeamErr, p.Rename = f, id })
		}
	}
	t, err := s.CRM.SaveTeam(r.Context(), actorOf(r), id, f.Get("team_name"))
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "team_name"); err != nil {
			return err
		}
		return s.renderTeam(w, r, status, func(p *teamPage) { p.TeamErr, p.Rename = f, id })
	}
	if id == 0 {
		s.flash(r, "Team “"+t.Name+"” is made. Put people into it on their own pages.")
	} else {
		s.flash(r, "Renamed to “"+t.Name+"”.")
	}
	return redirect(w, r, "/team#teams")
}

// teamNamed is what a team is called.
func (s *site) teamNamed(r *http.Request, id int64) (string, error) {
	teams, err := s.Store.Teams(r.Context())
	for _, t := range teams {
		if t.ID == id {
			return t.Name, nil
		}
	}
	if err == nil {
		err = models.Errorf(models.CodeNotFound, "There is no such team any more. Load the page again.")
	}
	return "", err
}

// Naming is the form of a team's name: what came back for the one that was
// refused; 0 is the form for a new team.
func (p teamPage) Naming(id int64) form {
	if id == p.Rename {
		return p.TeamErr
	}
	return newForm()
}

// TeamSeen marks the name that a team's form shows.
func (p teamPage) TeamSeen(t models.Team) string { return seenOf(t.Name) }

// teamRemove dissolves a team; its people go where the form says.
func (s *site) teamRemove(w http.ResponseWriter, r *http.Request, id int64, f form) error {
	moved, err := s.CRM.RemoveTeam(r.Context(), actorOf(r), id, f.ptr("into"))
	if err != nil {
		status := statusOf(err)
		if err := f.take(err); err != nil {
			return err
		}
		return s.renderTeam(w, r, status, func(p *teamPage) { p.TeamErr = f })
	}
	to := "are in no team now"
	if f.ptr("into") != nil {
		to = "moved to the other team"
	}
	s.flash(r, "The team is removed; "+countOf(int(moved), "person", "people")+" of it "+to+".")
	return redirect(w, r, "/team#teams")
}
