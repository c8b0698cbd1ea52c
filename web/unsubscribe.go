package web

import (
	"net/http"
	"strconv"

	"followup/crm"
	"followup/models"
)

// preferencesPage is the customer's own: what we may send them, and how often.
type preferencesPage struct {
	page
	Token   string
	Address string
	Way     string // the channel of the message whose link it is
	Done    bool   // by the one button
	Saved   bool
	Closed  bool // nothing at all is sent
	Ways    []preferenceWay
	Rest    []preferenceChoice
	Gap     []preferenceChoice
	Until   string // they asked to hear nothing before
}

type preferenceWay struct {
	Name, Label string
	On          bool
	// Fixed: they said no in another way, which this page does not undo.
	Fixed bool
}

type preferenceChoice struct {
	Days   int
	Label  string
	Chosen bool
}

// preferenceWays are what the page speaks of, with the channels each stands for.
var preferenceWays = []struct {
	name, label string
	kind        models.ContactPointKind
	channels    []models.ChannelKind
}{
	{"email", "Email", models.ContactEmail, []models.ChannelKind{models.ChannelEmail}},
	{"texts", "Text messages", models.ContactPhone, []models.ChannelKind{models.ChannelSMS}},
	{"calls", "Calls and voicemail", models.ContactPhone, []models.ChannelKind{models.ChannelCall, models.ChannelVoicemail}},
}

// unsubscribeShow is what a link in a message opens. It changes nothing:
// link scanners follow every GET (RFC 8058, section 1).
func (s *site) unsubscribeShow(w http.ResponseWriter, r *http.Request) error {
	p, err := s.preferencesFor(r, "Your preferences")
	if err != nil {
		return err
	}
	return s.show(w, "unsubscribe", p)
}

func (s *site) preferencesFor(r *http.Request, title string) (preferencesPage, error) {
	m, err := s.Store.ViewMessageByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return preferencesPage{}, err
	}
	p := preferencesPage{page: s.bare(r, title), Token: m.Token, Address: m.ToAddress, Way: string(m.Channel)}
	if m.ProspectID == nil {
		return p, nil
	}
	person, err := s.Store.Person(r.Context(), *m.ProspectID)
	if err != nil {
		return p, err
	}
	p.fill(person, m.ToAddress, s.Clock())
	return p, nil
}

// unsubscribe carries it out: by the page's forms, or by a mail reader's
// one click (RFC 8058), which comes without cookies and may not be redirected.
func (s *site) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	m, err := s.Store.ViewMessageByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	// A mail reader may write its form as multipart.
	if r.FormValue("save") != "" && m.ProspectID != nil {
		return s.preferences(w, r, m)
	}
	sup := models.Suppression{
		Scope: models.SuppressAddress, ProspectID: m.ProspectID, Value: m.ToAddress, Channel: m.Channel,
		Reason: models.FailOptedOut, Source: "unsubscribe", MessageID: &m.ID, By: models.ActorCustomer,
	}
	if _, err := s.CRM.Suppress(r.Context(), models.ActorCustomer, sup); err != nil {
		return err
	}
	p, err := s.preferencesFor(r, "Unsubscribed")
	if err != nil {
		return err
	}
	p.Done = true
	return s.show(w, "unsubscribe", p)
}

// preferences saves what was chosen.
func (s *site) preferences(w http.ResponseWriter, r *http.Request, m models.Message) error {
	c := models.Preferences{ProspectID: *m.ProspectID, MessageID: m.ID, AllOff: r.FormValue("save") == "off"}
	c.RestDays, _ = strconv.Atoi(r.FormValue("rest"))
	c.GapDays, _ = strconv.Atoi(r.FormValue("gap"))
	for _, way := range preferenceWays {
		switch {
		case r.FormValue("has-"+way.name) == "": // it was not on the page
		case r.FormValue(way.name) == "on":
			c.Open = append(c.Open, way.channels...)
		default:
			c.Off = append(c.Off, way.channels...)
		}
	}
	if _, err := s.CRM.SavePreferences(r.Context(), c); err != nil {
		return err
	}
	p, err := s.preferencesFor(r, "Your preferences are saved")
	if err != nil {
		return err
	}
	p.Saved = true
	return s.show(w, "unsubscribe", p)
}

// choices offers days, marking what is chosen.
func choices(days []int, chosen int, label func(int) string) []preferenceChoice {
	out := make([]preferenceChoice, len(days))
	for i, d := range days {
		out[i] = preferenceChoice{Days: d, Label: label(d), Chosen: d == chosen}
	}
	return out
}

func restLabel(days int) string {
	if days == 0 {
		return "No pause"
	}
	return "Nothing for " + strconv.Itoa(days) + " days"
}

func gapLabel(days int) string {
	switch days {
	case 0:
		return "As it comes"
	case 7:
		return "Once a week at most"
	}
	return "Once a month at most"
}

// offer shows the choices, marking those that hold.
func (p *preferencesPage) offer(rest, gap int) {
	p.Rest, p.Gap = choices(crm.RestChoices, rest, restLabel), choices(crm.GapChoices, gap, gapLabel)
}
