package web

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"followup/models"
	"followup/store"
)

// cardFields are those of a call's card, for putting an error beside its field.
var cardFields = append([]string{"reason", "summary", "changed", "question", "asked", "next_at", "notes", "voicemail"}, discoveryFields...)

// callForm is a call's page as it came back: its card, what is known of the
// prospect's aims, and what became of the call.
type callForm struct {
	form
	view store.TaskView
}

// nextAt is when to speak again: as typed, else the choice that was taken.
func (c callForm) nextAt() string { return cmp.Or(c.Get("next_at"), c.Get("next_in")) }

func (s *site) callForm(r *http.Request) (callForm, error) {
	var c callForm
	var err error
	if c.view, c.form, err = s.taskForm(r); err != nil {
		return c, err
	}
	if c.view.Task.Kind != models.TaskCall || c.view.Person == nil {
		return c, models.Errorf(models.CodeInvalid, "This task is about nobody who could be called. Set it aside.")
	}
	return c, nil
}

// saveCard keeps what was typed on the card. over: what is before the rep
// counts, whatever another tab has saved.
func (s *site) saveCard(r *http.Request, c callForm, over bool) (card models.CallCard, err error) {
	ctx, task := r.Context(), c.view.Task
	was, err := s.Store.CallCard(ctx, task.ID)
	if err != nil || !c.Values.Has("card_revision") || !task.Live() {
		return was, err
	}
	card = models.CallCard{
		TaskID: task.ID, Summary: c.Get("summary"), Changed: c.Get("changed"), Question: c.Get("question"), Revision: c.int64("card_revision"),
		Notes: was.Notes, NextAt: was.NextAt, Voicemail: was.Voicemail,
	}
	if c.Values.Has("notes") { // its outcome can be given
		card.Notes, card.NextAt = c.Get("notes"), c.nextAt()
		card.Voicemail = c.Get("voicemail")
		if card.Voicemail == strings.TrimSpace(task.Prep.NotAnswered) {
			card.Voicemail = ""
		}
	}
	if over {
		card.Revision = was.Revision
	}
	if err := s.chooseReason(r, c, &card); err != nil {
		return was, err
	}
	if sameCard(was, card) {
		card = was
	} else if card, err = s.CRM.SaveCallCard(ctx, userOf(r).ID, card); err != nil {
		return was, err
	}
	return card, s.saveKnown(r, c, over)
}

// chooseReason puts the reason that the form chose onto the card.
func (s *site) chooseReason(r *http.Request, c callForm, card *models.CallCard) error {
	from := c.Get("reason_from")
	switch id, point := strings.CutPrefix(from, fromPoint); {
	case point:
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return models.Invalid("reason", "choose a reason of the list, or write one")
		}
		tp, err := s.Store.TalkingPoint(r.Context(), n)
		if err != nil {
			return err
		}
		card.ReasonFrom, card.TalkingPointID, card.Reason = models.ReasonPoint, &n, tp.Text
	case from == fromBooked && c.view.Appointment != nil:
		card.ReasonFrom, card.Reason = models.ReasonBooked, bookedReason(*c.view.Appointment)
	default:
		card.ReasonFrom, card.Reason = models.ReasonFresh, afterCalling(c.Get("reason"))
	}
	return nil
}

// sameCard: nothing to save.
func sameCard(a, b models.CallCard) bool {
	return a.Revision > 0 && a.ReasonFrom == b.ReasonFrom && a.Reason == b.Reason && a.Summary == b.Summary && a.Changed == b.Changed && a.Question == b.Question &&
		a.Notes == b.Notes && a.NextAt == b.NextAt && a.Voicemail == b.Voicemail
}

// saveKnown keeps the prospect's discovery where the form changed it.
func (s *site) saveKnown(r *http.Request, c callForm, over bool) error {
	d, was := discoveryFrom(c.form, c.view.Person.Prospect.ID), models.Discovery{}
	if !c.Values.Has("goal") || c.Get("discovery_was") == fingerprint(d) {
		return nil // nobody touched it here: what another window has saved stands
	}
	if k := c.view.Person.Discovery; k != nil {
		was = *k
	}
	was.ProspectID = d.ProspectID
	if sameDiscovery(d, was) {
		return nil
	}
	if over {
		d.Revision = was.Revision
	}
	return s.CRM.SaveDiscovery(r.Context(), userOf(r).ID, d)
}

// savedCard is what the script of the page is told.
type savedCard struct {
	Revision  int64  `json:"card_revision"`
	Discovery int64  `json:"discovery_revision"`
	Reason    string `json:"reason,omitempty"`   // why it cannot be said
	Question  string `json:"question,omitempty"` // what is wrong with it
	Missing   bool   `json:"missing"`
	Error     string `json:"error,omitempty"`
}

// cardSave keeps the card as a draft, for the script while somebody types and
// for whoever presses Save.
func (s *site) cardSave(w http.ResponseWriter, r *http.Request) error {
	c, err := s.callForm(r)
	if err != nil {
		return err
	}
	card, err := s.saveCard(r, c, false)
	if typing(r) {
		return s.tellSaved(w, r, c, card, err)
	}
	if err != nil {
		return s.callAgain(w, r, c, err)
	}
	if err := s.CRM.FreshReason(r.Context(), card.ProspectID, card.Reason); err != nil && card.ReasonFrom != models.ReasonBooked {
		return s.callAgain(w, r, c, err)
	}
	if c.Get("find_reason") != "" || c.Get("find_recording") != "" {
		return s.renderTask(w, r, c.view.Task.ID, http.StatusOK, c.form)
	}
	s.flash(r, "Saved.")
	return redirect(w, r, idPath("/tasks/", c.view.Task.ID))
}

// typing tells whether the page's script saves in the background.
func typing(r *http.Request) bool { return r.Header.Get("Accept") == "application/json" }

func (s *site) tellSaved(w http.ResponseWriter, r *http.Request, c callForm, card models.CallCard, err error) error {
	var told savedCard
	status := http.StatusOK
	if err != nil {
		status = statusOf(err)
		if told.Error = messageOf(err); told.Error == "" || status == http.StatusInternalServerError {
			return err
		}
		if status == http.StatusConflict {
			told.Error = "This call was changed in another window. What you typed stands here still: save it to put it over the other."
		}
	}
	told.Revision, told.Missing = card.Revision, models.ReasonKey(card.Reason) == ""
	if d := s.discoveryRevision(r, c); d != 0 {
		told.Discovery = d
	}
	if card.ReasonFrom != models.ReasonBooked {
		if err := s.CRM.FreshReason(r.Context(), c.view.Person.Prospect.ID, card.Reason); err != nil {
			told.Reason = messageOf(err)
		}
	}
	for _, f := range closedQuestions(card.Question, c.view.Person.Prospect.Locale) {
		told.Question = sentence(f.Message) + ". " + f.Suggestion
	}
	writeJSON(w, status, told)
	return nil
}

func (s *site) discoveryRevision(r *http.Request, c callForm) int64 {
	person, err := s.Store.ViewPerson(r.Context(), c.view.Person.Prospect.ID)
	if err != nil || person.Discovery == nil {
		return 0
	}
	return person.Discovery.Revision
}

// callAgain shows the call's page with what was typed and what is wrong.
func (s *site) callAgain(w http.ResponseWriter, r *http.Request, c callForm, cause error) error {
	status := statusOf(cause)
	if err := c.take(cause, cardFields...); err != nil {
		return err
	}
	if status == http.StatusConflict && c.view.Task.Live() {
		card, err := s.Store.CallCard(r.Context(), c.view.Task.ID)
		if err != nil {
			return errors.Join(cause, err)
		}
		c.Values.Set("card_revision", strconv.FormatInt(card.Revision, 10))
		c.Values.Set("discovery_revision", strconv.FormatInt(s.discoveryRevision(r, c), 10))
		c.General = sentence(messageOf(cause)) + ". What you typed stands here still; saving it again puts it over the other."
	}
	return s.renderTask(w, r, c.view.Task.ID, status, c.form)
}
