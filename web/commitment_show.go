package web

import (
	"fmt"
	"net/http"
	"strings"

	"followup/crm"
	"followup/models"
	"followup/replies"
	"followup/store"
)

type commitmentPage struct {
	page
	View        commitmentView
	Person      *personFacts
	Form        form
	Next        *models.Commitment // the one in its place
	NextDue     string             // its day
	Questions   []string
	Suggestions []models.Suggestion
	Stories     []models.Story
	Find        string // what both were looked for by
	MoreOfBoth  bool   // the library has others
	Ask         string // what the message after a kept promise asks for
	Message     string
	Note        string
	Cohort      []companionView
	Reach       int    // of the cohort
	subject     string // of an email to them
}

type companionView struct {
	Prospect models.Prospect
	Why      string // left out; "" where they would be told
	to       models.ContactPoint
}

// coachingQuestions open a talk about a promise that was not kept: they ask
// for what happened and what follows, not for an excuse.
var coachingQuestions = []string{
	"What did you get done, even if it is not all of it?",
	"What got in the way that neither of us saw coming?",
	"What would have to be true for it to be done by the new date?",
	"What does each day without it cost you?",
}

func (s *site) commitmentPageOf(r *http.Request) (commitmentPage, store.PersonView, error) {
	id, err := pathID(r)
	if err != nil {
		return commitmentPage{}, store.PersonView{}, err
	}
	c, err := s.Store.Commitment(r.Context(), id)
	if err != nil {
		return commitmentPage{}, store.PersonView{}, err
	}
	of := r.Clone(r.Context())
	of.SetPathValue("id", idPath("", c.ProspectID))
	v, err := s.person(of)
	if err != nil {
		return commitmentPage{}, v, err
	}
	p := commitmentPage{page: s.page(r, "A promise of "+v.Prospect.Name(), "commitments"), Form: newForm()}
	row := store.CommitmentRow{Commitment: c, Who: store.Who{Prospect: v.Prospect}, Rep: v.Owner.Name}
	if v.Company != nil {
		row.Who.Company = v.Company.Name
	}
	p.View = viewCommitment(p.times, row)
	p.Person = s.facts(p.times, v)
	if p.subject = threadSubject(v.Messages); p.subject == "" {
		p.subject = excerpt(60, c.Outcome)
	}
	return p, v, nil
}

func (s *site) commitmentShow(w http.ResponseWriter, r *http.Request) error {
	p, v, err := s.commitmentPageOf(r)
	if err != nil {
		return err
	}
	return s.renderCommitment(w, r, http.StatusOK, p, v)
}

func (s *site) renderCommitment(w http.ResponseWriter, r *http.Request, status int, p commitmentPage, v store.PersonView) error {
	ctx, c := r.Context(), p.View.Commitment
	switch {
	case c.ReplacedBy != nil:
		next, err := s.Store.Commitment(ctx, *c.ReplacedBy)
		if err != nil {
			return err
		}
		p.Next, p.NextDue = &next, dayText(next.DueOn)
	case c.State == models.CommitmentKept:
		if err := s.afterKept(r, &p, v); err != nil {
			return err
		}
	case p.View.State == "late" || p.View.State == "today" || c.State == models.CommitmentBroken:
		p.Questions = coachingQuestions
		if err := s.offerHelp(r, &p, v.Prospect.ID); err != nil {
			return err
		}
	}
	return s.views.render(w, status, "commitment", p)
}

// Of each shelf a late promise's page offers the best few; a search shows more.
const suggestionsOffered, storiesOffered, helpFound = 3, 1, 20

// offerHelp adds the suggestions and stories that may help with a promise that
// was not kept.
func (s *site) offerHelp(r *http.Request, p *commitmentPage, prospectID int64) (err error) {
	p.Find = searched(r.URL.Query().Get("find"))
	if p.Suggestions, err = s.Store.Suggestions(r.Context(), prospectID, p.Find); err != nil {
		return err
	}
	if p.Stories, err = s.Store.Stories(r.Context(), prospectID, p.Find); err != nil {
		return err
	}
	suggestions, stories := suggestionsOffered, storiesOffered
	if p.Find != "" {
		suggestions, stories = helpFound, helpFound
	}
	p.MoreOfBoth = p.Find != "" || len(p.Suggestions) > suggestions || len(p.Stories) > stories
	p.Suggestions = p.Suggestions[:min(len(p.Suggestions), suggestions)]
	p.Stories = p.Stories[:min(len(p.Stories), stories)]
	return nil
}

// afterKept prepares what one says then: well done, and one thing more.
func (s *site) afterKept(r *http.Request, p *commitmentPage, v store.PersonView) error {
	p.Ask = r.URL.Query().Get("ask")
	if p.Form.Values.Has("ask") {
		p.Ask = p.Form.Get("ask")
	}
	c := p.View.Commitment
	p.Message = celebration(v.Prospect, c, p.Ask, userOf(r))
	p.Note = cohortNote(v.Prospect, c)
	if p.Form.Values.Has("note") {
		p.Note = p.Form.Get("note")
	} else if p.Form.Values.Has("body") {
		p.Message = p.Form.Get("body")
	}
	all, err := s.Store.Cohort(r.Context(), c, s.Clock())
	if err != nil {
		return err
	}
	for _, m := range all {
		view := companionView{Prospect: m.Prospect}
		switch to, why := s.Scheduler.NoteRefusal(m.Due()); {
		case m.Told:
			view.Why = "told already"
		case crm.Talking(m.Conversation, s.Clock()):
			view.Why = "in conversation"
		case why != "":
			view.Why = reasonText(why)
		default:
			view.to = *to
			p.Reach++
		}
		p.Cohort = append(p.Cohort, view)
	}
	return nil
}

func celebration(p models.Prospect, c models.Commitment, ask string, u models.User) string {
	name := p.FirstName
	if name == "" {
		name = p.Name()
	}
	lines := []string{
		fmt.Sprintf("%s, you did it: %s. Well done.", name, c.Outcome),
	}
	if c.Value != "" {
		lines = append(lines, "You said what it is worth to you: "+c.Value+".")
	}
	switch ask {
	case "referral":
		lines = append(lines, "Who do you know that is where you were before this? I would gladly do the same for them.")
	default:
		lines = append(lines, "What is the next thing that would make the biggest difference for you?")
	}
	return strings.Join(append(lines, u.FirstName()), "\n\n")
}

func cohortNote(p models.Prospect, c models.Commitment) string {
	name := p.FirstName
	if name == "" {
		name = "One of you"
	}
	return fmt.Sprintf("Hi {{ prospect.first_name | default: \"there\" }},\n\n%s just did what they had set out to do: %s.\n\nHow are the rest of you doing? Where are you with yours, {{ prospect.first_name | default: \"may I ask\" }}?\n\n{{ rep.first_name }}",
		crm.Literal(name), crm.Literal(c.Outcome))
}

// commitmentClose notes that a promise was kept or broken, from its own page,
// the board or the person's.
func (s *site) commitmentClose(w http.ResponseWriter, r *http.Request) error {
	p, _, err := s.commitmentPageOf(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	state := models.CommitmentState(f.Get("state"))
	if err := s.CRM.CloseCommitment(r.Context(), actorOf(r), p.View.ID, state, f.Get("cause")); err != nil {
		return err
	}
	s.flash(r, "The promise was "+string(state)+".")
	return redirect(w, r, s.fromInbox(r, localPath(f.Get("back"))))
}

// commitmentPostpone gives a late promise a new date, with its cause.
func (s *site) commitmentPostpone(w http.ResponseWriter, r *http.Request) error {
	return s.onCommitment(w, r, []string{"due_on", "cause"}, func(p commitmentPage, f form) (string, error) {
		next, err := s.CRM.PostponeCommitment(r.Context(), actorOf(r), p.View.ID, models.Date(f.Get("due_on")), f.Get("cause"))
		return "The new date is " + dayText(next.DueOn) + ".", err
	})
}

// commitmentSay sends what one says after a kept promise, on their channel.
func (s *site) commitmentSay(w http.ResponseWriter, r *http.Request) error {
	return s.onCommitment(w, r, []string{"body"}, func(p commitmentPage, f form) (string, error) {
		if f.Get("body") == "" {
			return "", models.Invalid("body", "write what you want to say")
		}
		_, choice, err := s.Replies.Answer(r.Context(), replies.AnswerRequest{
			ProspectID: p.View.ProspectID, UserID: userOf(r).ID, Subject: p.subject, Body: f.Get("body"), FormToken: f.Get("form_token"),
		})
		if err != nil {
			return "", err
		}
		if choice.AsCall {
			return "A call task was opened: tell them in person.", nil
		}
		return "It leaves by " + lookOf(choice.Channel).Name + " now.", nil
	})
}

// commitmentCohort tells the others, where the one who kept it agreed.
func (s *site) commitmentCohort(w http.ResponseWriter, r *http.Request) error {
	return s.onCommitment(w, r, []string{"note", "agreed"}, func(p commitmentPage, f form) (string, error) {
		note := f.Get("note")
		switch {
		case p.View.Commitment.State != models.CommitmentKept:
			return "", models.Errorf(models.CodeConflict, "Only a promise that was kept is told to others.")
		case f.Get("agreed") == "":
			return "", models.Invalid("agreed", "ask them first: others hear their name and what they did")
		case note == "":
			return "", models.Invalid("note", "write what the others are to read")
		}
		if err := s.afterKept(r, &p, store.PersonView{Prospect: p.View.Who.Prospect}); err != nil {
			return "", err
		}
		told := 0
		for _, m := range p.Cohort {
			if m.Why != "" {
				continue
			}
			fresh, err := s.CRM.TellCohort(r.Context(), userOf(r).ID, p.View.Commitment, m.Prospect.ID, m.to, "How are you doing?", note)
			if err != nil {
				return "", err
			}
			if fresh {
				told++
			}
		}
		s.Scheduler.Wake()
		return fmt.Sprintf("%d of the others hear of it. Quiet hours and limits hold for each.", told), nil
	})
}

// commitmentSuggest notes that a suggestion was given: it is not given again.
func (s *site) commitmentSuggest(w http.ResponseWriter, r *http.Request) error {
	return s.onCommitment(w, r, nil, func(p commitmentPage, f form) (string, error) {
		return "Noted: you gave them this one.", s.CRM.GiveSuggestion(r.Context(), userOf(r).ID, models.SuggestionUse{SuggestionID: f.int64("suggestion"), ProspectID: p.View.ProspectID})
	})
}

// onCommitment runs one of the page's forms; refused, the page is shown again
// with what was written.
func (s *site) onCommitment(w http.ResponseWriter, r *http.Request, fields []string, do func(p commitmentPage, f form) (string, error)) error {
	p, v, err := s.commitmentPageOf(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	done, err := do(p, f)
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, fields...); err != nil {
			return err
		}
		p.Form = f
		return s.renderCommitment(w, r, status, p, v)
	}
	s.flash(r, done)
	if back := f.Get("back"); back != "" {
		return redirect(w, r, localPath(back))
	}
	return redirect(w, r, idPath("/commitments/", p.View.ID))
}
