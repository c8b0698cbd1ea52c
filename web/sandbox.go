package web

import (
	"net/http"

	"followup/models"
	"followup/store"
)

// sandboxPeople is the most people the sandbox lists.
const sandboxPeople = 60

type sandboxPage struct {
	page
	People []sandboxRow
	Open   int64
	Thread *sandboxThread
	Form   form
}

type sandboxRow struct {
	store.SandboxPerson
	When moment
	Line string
}

// sandboxThread is one customer's phone and inbox.
type sandboxThread struct {
	store.SandboxThread
	LocalNow string
	Phone    []sandboxMessage
	Mail     []sandboxMessage
	HasPhone string
	HasMail  string
}

type sandboxMessage struct {
	models.Message
	FromUs bool
	Body   string
	When   moment
	Call   bool
}

func (s *site) sandbox(w http.ResponseWriter, r *http.Request) error {
	p, err := s.newSandboxPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "sandbox", p)
}

func (s *site) sandboxThread(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.renderSandbox(w, r, id, http.StatusOK, newForm())
}

func (s *site) renderSandbox(w http.ResponseWriter, r *http.Request, id int64, status int, f form) error {
	p, err := s.newSandboxPage(r)
	if err != nil {
		return err
	}
	v, err := s.Store.ViewSandboxThread(r.Context(), id)
	if err != nil {
		return err
	}
	p.Open, p.Form = id, f
	p.Title = "Playing " + v.Prospect.Name()
	p.Thread = s.viewSandboxThread(p.times, v)
	return s.views.render(w, status, "sandbox", p)
}

func (s *site) newSandboxPage(r *http.Request) (sandboxPage, error) {
	p := sandboxPage{page: s.page(r, "Sandbox", "sandbox"), Form: newForm()}
	p.Wide = true
	sees, err := s.seenBy(r)
	if err != nil {
		return p, err
	}
	people, err := s.Store.ViewSandboxPeople(r.Context(), sees, sandboxPeople)
	if err != nil {
		return p, err
	}
	for _, person := range people {
		p.People = append(p.People, sandboxRow{SandboxPerson: person, When: p.Ago(person.Last.CreatedAt), Line: visible(person.Last)})
	}
	return p, nil
}

// viewSandboxThread sorts the messages into what a phone and what an inbox
// shows. Each is shown in the customer's own time.
func (s *site) viewSandboxThread(t times, v store.SandboxThread) *sandboxThread {
	out := &sandboxThread{SandboxThread: v, LocalNow: t.LocalNow(v.Prospect.Zone)}
	for _, m := range v.Messages {
		rules, _ := s.Channels.Rules(m.Channel)
		sm := sandboxMessage{Message: m, FromUs: m.Direction == models.Outbound, Body: m.Text, When: t.Theirs(m.CreatedAt, v.Prospect.Zone), Call: rules.Spoken}
		if !sm.FromUs {
			sm.Body = visible(m)
		}
		if rules.Address == models.ContactEmail {
			out.Mail = append(out.Mail, sm)
		} else {
			out.Phone = append(out.Phone, sm)
		}
	}
	for _, c := range v.Points {
		switch {
		case c.Kind == models.ContactPhone && out.HasPhone == "":
			out.HasPhone = c.Value
		case c.Kind == models.ContactEmail && out.HasMail == "":
			out.HasMail = c.Value
		}
	}
	return out
}
