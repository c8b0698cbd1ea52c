package web

import (
	"net/http"
	"strconv"
	"strings"

	"followup/crm"
	"followup/models"
	"followup/store"
)

type settingsPage struct {
	page
	Set      models.Settings
	Form     form   // what was entered in the section that failed
	Failed   string // which one that is
	Names    names
	To       []option
	Hours    string
	Holidays string
	Sees     []option
	Reasons  []option
}

// sees is the rule of who sees what, in words.
var sees = []option{
	{Value: string(models.SeeTeam), Label: "Their team’s prospects; who is in no team sees all"},
	{Value: string(models.SeeOwn), Label: "Only their own prospects"},
	{Value: string(models.SeeAll), Label: "Everybody’s prospects"},
}

var callReasons = []option{
	{Value: string(models.ReasonNudge), Label: "Ask for one; a key dials anyway"},
	{Value: string(models.ReasonRequired), Label: "Required: no dialling without one"},
	{Value: string(models.ReasonOff), Label: "Do not ask"},
}

func (s *site) settingsShow(w http.ResponseWriter, r *http.Request) error {
	return s.renderSettings(w, r, http.StatusOK, newForm(), "")
}

func (s *site) renderSettings(w http.ResponseWriter, r *http.Request, status int, f form, failed string) error {
	set, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	p := settingsPage{page: s.page(r, "Settings", "settings"), Set: set, Form: f, Failed: failed, Hours: strconv.Itoa(set.EscalateAfter)}
	if p.Names, err = s.names(r); err != nil {
		return err
	}
	if p.To, err = s.ownerOptions(r, strconv.FormatInt(set.EscalateTo, 10), true); err != nil {
		return err
	}
	p.To[0].Label, p.To[0].Value = "A manager of the owner’s team", "0"
	var days []string
	for _, d := range set.Holidays {
		days = append(days, string(d))
	}
	p.Holidays = strings.Join(days, "\n")
	p.Sees, p.Reasons = sees, callReasons
	return s.views.render(w, status, "settings", p)
}

// In is the form as a section sees it: what failed in another is not its.
func (p settingsPage) In(section string) form {
	if section == p.Failed {
		return p.Form
	}
	return newForm()
}

// Saved says who saved a section last and when; nil: nobody has.
func (p settingsPage) Saved(section string) *savedBy {
	c, ok := p.Set.Changed[section]
	if !ok {
		return nil
	}
	return &savedBy{By: p.Names.Actor(c.By), When: p.Ago(c.At)}
}

type savedBy struct {
	By   string
	When moment
}

// settingsSave saves one section.
func (s *site) settingsSave(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	section := r.PathValue("section")
	if stale, err := s.staleSection(r, &f, section); err != nil || stale {
		if err != nil {
			return err
		}
		return s.renderSettings(w, r, http.StatusConflict, f, section)
	}
	_, err = s.CRM.SetRules(r.Context(), actorOf(r), section, f.Get)
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "workspace", "postal_address", "follow_up_limit", "link_domain", "quiet_from", "quiet_to", "out_of_office_days", "out_of_office_max",
			"holidays", "visibility", "hours", "to", "written_hold", "call_reason"); err != nil {
			return err
		}
		return s.renderSettings(w, r, status, f, section)
	}
	s.flash(r, "Saved. It holds from now on, for what is planned already too.")
	return redirect(w, r, "/settings#"+section)
}

// staleSection tells whether somebody saved the section after the page was opened.
func (s *site) staleSection(r *http.Request, f *form, section string) (bool, error) {
	set, err := s.Store.Settings(r.Context())
	if err != nil || f.Get("seen") == "" || f.Get("seen") == sectionSeen(set, section) {
		return false, err
	}
	last, err := s.Store.ViewAudit(r.Context(), store.AuditQuery{Kind: models.EventSettings, Limit: 20})
	if err != nil {
		return false, err
	}
	who, err := s.names(r)
	if err != nil {
		return false, err
	}
	return f.stale(sectionSeen(set, section), sectionNow(last.Rows, who, section)), nil
}

// Sections are for the page's own list of contents.
func (settingsPage) Sections() []option {
	return []option{
		{Value: crm.SectionSending, Label: "Sending"}, {Value: crm.SectionTime, Label: "Hours and days"}, {Value: crm.SectionPeople, Label: "Who sees what"},
		{Value: crm.SectionWaiting, Label: "Answers"}, {Value: crm.SectionCalls, Label: "Calls"},
	}
}
