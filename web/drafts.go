package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"followup/models"
	"followup/store"
)

// draftHeader carries the kept draft's revision to the script.
const draftHeader = "Draft-Revision"

// draftSave keeps what is being written. A script saves while one writes;
// without one there is a button.
func (s *site) draftSave(w http.ResponseWriter, r *http.Request) error {
	v, f, err := s.personForm(r)
	if err != nil {
		return err
	}
	kept, err := s.Replies.KeepDraft(r.Context(), models.AnswerDraft{
		UserID: userOf(r).ID, ProspectID: v.Prospect.ID, Channel: f.Get("channel"), Subject: f.Get("subject"), Body: f.Values.Get("body"), Revision: f.int64("draft_revision"),
	})
	if r.Header.Get(draftHeader) != "" {
		return answerScript(w, kept, err)
	}
	if err != nil {
		status := statusOf(err)
		f.Values.Set("draft_revision", strconv.FormatInt(kept.Revision, 10))
		if err := f.take(err, "body"); err != nil {
			return err
		}
		return s.renderPerson(w, r, v, status, "answer", f)
	}
	s.flash(r, "Your draft is kept.")
	return redirect(w, r, s.fromInbox(r, idPath("/prospects/", v.Prospect.ID))+"#answer")
}

// answerScript tells a script how saving went, in words to show.
func answerScript(w http.ResponseWriter, kept models.AnswerDraft, err error) error {
	w.Header().Set(draftHeader, strconv.FormatInt(kept.Revision, 10))
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err == nil {
		fmt.Fprint(w, "Draft kept")
		return nil
	}
	if messageOf(err) == "" {
		return err
	}
	w.WriteHeader(statusOf(err))
	fmt.Fprint(w, sentence(messageOf(err))+".")
	return nil
}

// answerWithdraw takes an answer back before it leaves; its text stands in
// the box again.
func (s *site) answerWithdraw(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	touch, err := s.Replies.Withdraw(r.Context(), id, userOf(r).ID)
	if err != nil {
		return err
	}
	s.flash(r, "Taken back. Nothing was sent; your text stands in the box again.")
	return redirect(w, r, s.fromInbox(r, idPath("/prospects/", touch.ProspectID))+"#answer")
}

// pendingView is an answer that has not left yet.
type pendingView struct {
	TouchID int64
	Message models.Message // as it will be
	Leaves  string         // RFC 3339
	Seconds int
	Held    string // why it waits longer
	Mine    bool
	Files   []models.Media
}

// pendingAnswers are the answers that wait for their ten seconds, or longer.
func pendingAnswers(t times, v store.PersonView, userID int64) []timelineItem {
	var items []timelineItem
	for _, x := range v.Touches {
		if x.State != models.TouchPlanned || x.Draft == nil || x.EnrollmentID != nil || x.StepKey != "answer" {
			continue
		}
		p := &pendingView{TouchID: x.ID, Leaves: x.DueAt.UTC().Format(time.RFC3339), Mine: x.RepID == userID, Files: x.Draft.Files,
			Message: models.Message{Channel: x.Channel, Subject: x.Draft.Subject, Text: x.Draft.Body}}
		if left := x.DueAt.Sub(t.now); left > 0 {
			p.Seconds = int((left + time.Second - 1) / time.Second)
		}
		if x.HoldReason != "" {
			p.Held = reasonText(x.HoldReason)
			if x.HoldDetail != "" {
				p.Held += ". " + x.HoldDetail
			}
		}
		items = append(items, timelineItem{At: x.DueAt, rank: 3, order: x.ID, Pending: p})
	}
	return items
}
