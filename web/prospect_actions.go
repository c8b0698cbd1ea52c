package web

import (
	"net/http"

	"followup/crm"
	"followup/models"
	"followup/replies"
	"followup/store"
	"followup/templates"
)

// personForm is a form about somebody as it came back, with the person as
// they are now.
func (s *site) personForm(r *http.Request) (store.PersonView, form, error) {
	v, err := s.person(r)
	if err != nil {
		return v, newForm(), err
	}
	f, err := parseForm(r)
	return v, f, err
}

// quick runs one of the small forms of a prospect's page: refused, the page
// is shown again with the form open and what is wrong beside its field.
func (s *site) quick(w http.ResponseWriter, r *http.Request, name string, fields []string, do func(v store.PersonView, f form) (string, error)) error {
	v, f, err := s.personForm(r)
	if err != nil {
		return err
	}
	done, err := do(v, f)
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, fields...); err != nil {
			return err
		}
		return s.renderPerson(w, r, v, status, name, f)
	}
	s.flash(r, done)
	return redirect(w, r, s.fromInbox(r, idPath("/prospects/", v.Prospect.ID)))
}

// answer sends what the rep wrote, on the channel that stands beside the box.
func (s *site) answer(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	if f.Get("do") == "enter" && f.Get("find_snippet") != "" {
		return s.snippetInsert(w, r) // Enter behind a search looks, it does not send
	}
	return s.quick(w, r, "answer", []string{"body", "subject", "channel", "hour"}, func(v store.PersonView, f form) (string, error) {
		kind, to := answerBy(f.Get("channel"))
		if err := s.takeFiles(r, v.Prospect.ID); err != nil {
			return "", err
		}
		seen, err := s.hourSeen(r, v, f, kind, to)
		if err != nil {
			return "", err
		}
		touch, choice, err := s.Replies.Answer(r.Context(), replies.AnswerRequest{
			ProspectID: v.Prospect.ID, UserID: userOf(r).ID, Body: f.Get("body"), Subject: f.Get("subject"),
			Channel: kind, ContactPointID: to, FormToken: f.Get("form_token"),
			Undo: models.UndoAnswer, WithFiles: true, HourSeen: seen, Known: knownAnswer(f),
		})
		if err != nil {
			return "", err
		}
		if choice.AsCall || touch.Kind == models.TouchTask {
			return "A call task was opened for your answer.", nil
		}
		done := "Your answer leaves by " + lookOf(choice.Channel).Name + " in ten seconds. Until then you can take it back."
		if f.Get("hour") == hourWait && !seen {
			done = s.waitsForHours(r, v, choice, done)
		}
		if found := templates.LintText(f.Get("body"), v.Prospect.Locale); len(found) > 0 {
			done += " For next time: " + found[0].Message
		}
		return done, nil
	})
}

// knownAnswer is the newest answer that stood before the writer; nil where the
// form does not say.
func knownAnswer(f form) *int64 {
	if !f.Values.Has("known") {
		return nil
	}
	id := f.int64("known")
	return &id
}

func (s *site) book(w http.ResponseWriter, r *http.Request) error {
	return s.quick(w, r, "book", []string{"starts_at", "minutes", "sure", "tell"}, func(v store.PersonView, f form) (string, error) {
		at, err := parseLocal("starts_at", f.Get("starts_at"), v.Prospect.Zone)
		if err != nil {
			return "", err
		}
		call, err := s.CRM.Book(r.Context(), actorOf(r), crm.BookRequest{
			ProspectID: v.Prospect.ID, RepID: v.Prospect.OwnerID, StartsAt: at, Minutes: int(f.int64("minutes")),
			Title: f.Get("title"), Note: f.Get("note"), Tell: crm.Tell(f.Get("tell")), Ask: f.Get("sure") == "", FormToken: f.Get("form_token"),
		})
		if err != nil {
			return "", err
		}
		done := "The call is booked: " + newTimes(s.Clock(), userOf(r).Zone).Both(at, v.Prospect.Zone).Text + "."
		if f.Get("remind") == "" {
			return done, nil
		}
		reminded, err := s.remind(r.Context(), userOf(r), v.Prospect.OwnerID, call)
		return done + reminded, err
	})
}

func (s *site) consent(w http.ResponseWriter, r *http.Request) error {
	return s.quick(w, r, "consent", []string{"basis", "contact_point", "source", "channel"}, func(v store.PersonView, f form) (string, error) {
		_, err := s.CRM.RecordConsent(r.Context(), actorOf(r), models.Consent{
			ProspectID: v.Prospect.ID, ContactPointID: f.int64("contact_point"), Channel: models.ChannelKind(f.Get("channel")),
			Basis: models.ConsentBasis(f.Get("basis")), Source: f.Get("source"), TextShown: f.Get("text_shown"), GivenAt: s.Clock(),
		})
		return "The consent is recorded.", err
	})
}

// suppress is an order not to contact: one address, or the whole person.
func (s *site) suppress(w http.ResponseWriter, r *http.Request) error {
	return s.quick(w, r, "suppress", []string{"value", "scope"}, func(v store.PersonView, f form) (string, error) {
		sup := models.Suppression{Scope: models.SuppressPerson, ProspectID: &v.Prospect.ID, Channel: models.ChannelKind(f.Get("channel")), Reason: models.FailOptedOut, Source: "hand", By: actorOf(r)}
		if value := f.Get("value"); value != "" {
			sup.Scope, sup.Value = models.SuppressAddress, value
		}
		_, err := s.CRM.Suppress(r.Context(), actorOf(r), sup)
		return "Recorded. Nothing more is sent there, whatever a sequence says.", err
	})
}

func (s *site) commitmentCreate(w http.ResponseWriter, r *http.Request) error {
	return s.quick(w, r, "commitment", []string{"outcome", "due_on"}, func(v store.PersonView, f form) (string, error) {
		_, err := s.CRM.RecordCommitment(r.Context(), actorOf(r), models.Commitment{
			ProspectID: v.Prospect.ID, RepID: userOf(r).ID, Outcome: f.Get("outcome"), Value: f.Get("value"),
			DueOn: models.Date(f.Get("due_on")), Words: f.Get("words"), CostPerDay: f.Get("cost_per_day"), FormToken: tokenOf(f),
		})
		return "The promise is recorded.", err
	})
}

// notes saves the free notes; everything else of the person stays as it is.
func (s *site) notes(w http.ResponseWriter, r *http.Request) error {
	return s.quick(w, r, "notes", []string{"notes"}, func(v store.PersonView, f form) (string, error) {
		p := v.Prospect
		in := crm.ProspectInput{
			FirstName: p.FirstName, LastName: p.LastName, Title: p.Title, Zone: p.Zone, Locale: p.Locale, Country: p.Country,
			Region: p.Region, OwnerID: p.OwnerID, Custom: p.Custom, Notes: f.Get("notes"),
		}
		if v.Company != nil {
			in.Company, in.Domain = v.Company.Name, v.Company.Domain
		}
		for _, c := range v.Points {
			in.Points = append(in.Points, crm.PointInput{Kind: c.Kind, Value: c.Value, Label: c.Label})
		}
		_, err := s.CRM.UpdateProspect(r.Context(), actorOf(r), p.ID, f.int64("revision"), in)
		return "Notes saved.", err
	})
}
