package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"followup/crm"
	"followup/models"
	"followup/store"
)

type memberPage struct {
	page
	Member     models.User
	Self       bool
	Form       form
	Which      string // the form that failed
	Link       *linkOnce
	Teams      []option
	Roles      []option
	Zones      []string
	Colleagues []option // who may stand in or take over
	Leaves     []leaveView
	SignIns    []signInView
	Factor     bool
	Still      store.Count // prospects with which they have anything to do
	Handover   *models.Handover
	Heir       string
	Today      string
	StandIn    string
	Seen       string // what the details show
}

type leaveView struct {
	models.Leave
	From, To, StandIn string
	Running           bool
}

func (s *site) member(r *http.Request) (models.User, error) {
	id, err := pathID(r)
	if err != nil {
		return models.User{}, err
	}
	return s.Store.ViewUser(r.Context(), id)
}

func (s *site) memberShow(w http.ResponseWriter, r *http.Request) error {
	return s.renderMember(w, r, http.StatusOK, func(*memberPage) {})
}

func (s *site) renderMember(w http.ResponseWriter, r *http.Request, status int, with func(*memberPage)) error {
	u, err := s.member(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	p := memberPage{page: s.page(r, u.Name, "team"), Member: u, Seen: memberSeen(u), Self: u.ID == userOf(r).ID, Form: newForm(), Roles: roleOptions, Zones: commonZones}
	teams, err := s.Store.Teams(ctx)
	if err != nil {
		return err
	}
	p.Teams = teamOptions(teams)
	users, err := s.Store.ViewUsers(ctx)
	if err != nil {
		return err
	}
	who := names{}
	for _, other := range users {
		who[other.ID] = other.Name
		if other.ID != u.ID && other.DisabledAt == nil && other.PasswordHash != "" {
			p.Colleagues = append(p.Colleagues, option{Value: strconv.FormatInt(other.ID, 10), Label: other.Name})
		}
	}
	if p.Leaves, err = s.leavesOf(r, u, who); err != nil {
		return err
	}
	if u.StandInID != nil {
		p.StandIn = strconv.FormatInt(*u.StandInID, 10)
	}
	p.Today = string(models.DateOf(p.now, newTimes(p.now, u.Zone).mine))
	if p.Still, err = s.Store.StillTheirs(ctx, u.ID); err != nil {
		return err
	}
	if p.Handover, err = s.Store.Handover(ctx, u.ID); err != nil {
		return err
	}
	if p.Handover != nil {
		p.Heir = who.User(p.Handover.ToID)
	}
	if p.SignIns, err = s.signInsOf(r, p.times, u.ID); err != nil {
		return err
	}
	if p.Factor, err = s.CRM.HasFactor(ctx, u.ID); err != nil {
		return err
	}
	with(&p)
	return s.views.render(w, status, "member", p)
}

// leavesOf are somebody's leaves, with their days in their own zone.
func (s *site) leavesOf(r *http.Request, u models.User, who names) ([]leaveView, error) {
	leaves, err := s.Store.Leaves(r.Context())
	if err != nil {
		return nil, err
	}
	theirs := newTimes(s.Clock(), u.Zone)
	var all []leaveView
	for _, l := range leaves {
		if l.UserID != u.ID {
			continue
		}
		v := leaveView{Leave: l, From: theirs.day(l.StartsAt.In(theirs.mine)), To: theirs.day(l.EndsAt.In(theirs.mine).AddDate(0, 0, -1)), Running: l.Running(theirs.now)}
		if l.StandInID != nil {
			v.StandIn = who.User(*l.StandInID)
		}
		all = append(all, v)
	}
	return all, nil
}

// memberRefused shows the page again with what a form's error says.
func (s *site) memberRefused(w http.ResponseWriter, r *http.Request, f form, which string, err error, fields ...string) error {
	status := statusOf(err)
	if err := f.take(err, fields...); err != nil {
		return err
	}
	return s.renderMember(w, r, status, func(p *memberPage) { p.Form, p.Which = f, which })
}

// In is the form as one of the page's forms sees it.
func (p memberPage) In(which string) form {
	if which == p.Which {
		return p.Form
	}
	return newForm()
}

func (s *site) memberChange(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	u, err := s.member(r)
	if err != nil {
		return err
	}
	if f.stale(memberSeen(u), memberNow(u)) {
		return s.renderMember(w, r, http.StatusConflict, func(p *memberPage) { p.Form, p.Which = f, "details" })
	}
	changed, err := s.CRM.ChangeUser(r.Context(), actorOf(r), u.ID, crm.UserInput{
		Name: f.Get("name"), Role: models.Role(f.Get("role")), Zone: f.Get("zone"), TeamID: f.ptr("team"),
	})
	if err != nil {
		return s.memberRefused(w, r, f, "details", err, "name", "role", "zone")
	}
	s.flash(r, changed.Name+" is saved.")
	return redirect(w, r, idPath("/team/", u.ID))
}

// memberTeam puts somebody into a team: managers may, without the rest.
func (s *site) memberTeam(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	u, err := s.member(r)
	if err != nil {
		return err
	}
	in := "no team"
	if u.TeamID != nil {
		if in, err = s.teamNamed(r, *u.TeamID); err != nil {
			return err
		}
	}
	if f.stale(teamSeen(u), "They are in "+in+" now.") {
		return s.renderMember(w, r, http.StatusConflict, func(p *memberPage) { p.Form, p.Which = f, "details" })
	}
	if _, err := s.CRM.TeamOf(r.Context(), actorOf(r), u.ID, f.ptr("team")); err != nil {
		return err
	}
	s.flash(r, "Saved.")
	return redirect(w, r, idPath("/team/", u.ID))
}

func (s *site) memberLink(w http.ResponseWriter, r *http.Request) error {
	u, err := s.member(r)
	if err != nil {
		return err
	}
	secret, err := s.CRM.PasswordLink(r.Context(), actorOf(r), u)
	if err != nil {
		return err
	}
	what, lasts := "password", models.ResetFor
	if u.PasswordHash == "" {
		what, lasts = "join", models.InvitationFor
	}
	link := s.linkFor(r, u, secret, what, lasts)
	return s.renderMember(w, r, http.StatusOK, func(p *memberPage) { p.Link = link })
}

func (s *site) memberSignOut(w http.ResponseWriter, r *http.Request) error {
	u, err := s.member(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	if id := f.Get("id"); id != "" {
		if err := s.CRM.SignOutOne(r.Context(), actorOf(r), u.ID, id); err != nil {
			return err
		}
		s.flash(r, "That browser is signed out.")
		return redirect(w, r, idPath("/team/", u.ID))
	}
	keep := ""
	if u.ID == userOf(r).ID {
		keep = s.sessions.GetString(r.Context(), sessionSignIn)
	}
	if err := s.CRM.SignOutEverywhere(r.Context(), actorOf(r), u.ID, keep); err != nil {
		return err
	}
	s.flash(r, u.Name+" is signed out everywhere.")
	return redirect(w, r, idPath("/team/", u.ID))
}

func (s *site) memberFactor(w http.ResponseWriter, r *http.Request) error {
	u, err := s.member(r)
	if err != nil {
		return err
	}
	if err := s.CRM.RemoveFactor(r.Context(), actorOf(r), u.ID); err != nil {
		return err
	}
	s.flash(r, "The second factor of "+u.Name+" is off. They sign in with the password alone until they set up a new one.")
	return redirect(w, r, idPath("/team/", u.ID))
}

func (s *site) memberLeave(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	u, err := s.member(r)
	if err != nil {
		return err
	}
	l, err := s.CRM.GoOnLeave(r.Context(), actorOf(r), u, f.Get("from"), f.Get("to"), f.ptr("stand_in"), f.Get("sequences") == "rest")
	if err != nil {
		return s.memberRefused(w, r, f, "leave", err, "from", "to", "stand_in")
	}
	if l.Running(s.Clock()) {
		s.flash(r, u.Name+" is away from now on.")
	} else {
		s.flash(r, "Noted. It begins with the first day, in their time zone.")
	}
	return redirect(w, r, idPath("/team/", u.ID))
}

func (s *site) leaveEnd(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	leaves, err := s.Store.Leaves(r.Context())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(leaves, func(l models.Leave) bool { return l.ID == id })
	if i < 0 {
		return redirect(w, r, "/team") // a second click
	}
	if err := s.CRM.EndLeave(r.Context(), actorOf(r), id); err != nil {
		return err
	}
	s.flash(r, "They are back: what is still to do is theirs again.")
	return redirect(w, r, idPath("/team/", leaves[i].UserID))
}

// memberLeft closes an account and gives everything to somebody else.
func (s *site) memberLeft(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	u, err := s.member(r)
	if err != nil {
		return err
	}
	if u.ID == userOf(r).ID {
		return models.Errorf(models.CodeRefused, "You cannot close your own account. Another admin can.")
	}
	h, err := s.CRM.LeaveForGood(r.Context(), actorOf(r), u.ID, f.int64("to"))
	if err != nil {
		return s.memberRefused(w, r, f, "left", err, "to", "role")
	}
	if h.Running() {
		s.flash(r, u.Name+" has left: their accounts are stopped, and they are signed out. Their work is being handed over; it goes on when you close this page.")
	} else {
		s.flash(r, fmt.Sprintf("%s has left: %s and %s were handed over, their accounts are stopped, and they are signed out.", u.Name, countOf(h.Done, "prospect", "prospects"), countOf(h.Tasks, "task", "tasks")))
	}
	return redirect(w, r, idPath("/team/", u.ID))
}

func (s *site) memberBack(w http.ResponseWriter, r *http.Request) error {
	u, err := s.member(r)
	if err != nil {
		return err
	}
	u, secret, err := s.CRM.TakeBack(r.Context(), actorOf(r), u.ID)
	if err != nil {
		return err
	}
	link := s.linkFor(r, u, secret, "join", models.InvitationFor)
	return s.renderMember(w, r, http.StatusOK, func(p *memberPage) { p.Link = link })
}
