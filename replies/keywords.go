package replies

import (
	"fmt"
	"time"

	"followup/models"
)

// How long the answers to the carriers' words make sense: a confirmation that
// comes later than five minutes is not the one that is presumed to be agreed to
// (47 CFR 64.1200(a)(12)).
const (
	stoppedWithin = 5 * time.Minute
	helpWithin    = time.Hour
)

// help answers HELP once a day by itself, and tells the rep.
func (e *engagement) help() {
	if e.answerWord(models.PurposeHelp, helpWithin, fmt.Sprintf("help:%d:%s", e.p.Prospect.ID, models.DateOf(e.rec.Now, time.UTC))) {
		e.task(models.TaskReply, "", "Answer "+e.p.Prospect.Name(), "They asked for help. They get at once who we are, how to reach us and how to stop.")
		return
	}
	e.task(models.TaskReply, "", "Answer "+e.p.Prospect.Name(), "They asked for help.")
}

// confirmStop sends the one confirmation of an opt-out, unless they had opted
// out before: then they have it.
func (e *engagement) confirmStop(before []models.Suppression) {
	cp := e.contact()
	if cp == nil {
		return
	}
	if _, standing := models.Suppressed(before, e.p.Prospect, *cp, e.rec.Message.Channel); !standing {
		e.answerWord(models.PurposeStopped, stoppedWithin, "")
	}
}

func (e *engagement) answerWord(purpose models.Purpose, within time.Duration, key string) bool {
	cp, sender := e.contact(), e.rec.Match.SenderID
	if sender == nil {
		sender = e.rec.Message.SenderID
	}
	if !e.v.AnswerWord || cp == nil || sender == nil {
		return false
	}
	if key == "" {
		key = fmt.Sprintf("%s:%d", purpose, e.rec.RawID)
	}
	// What came in long ago, and is read only now, is not answered late.
	if at := e.rec.Message.SentAt; at != nil && e.rec.Now.Sub(*at) > within {
		return false
	}
	e.out.KeywordAnswer = &models.KeywordAnswer{
		Purpose: purpose, Channel: e.rec.Message.Channel, ContactPointID: cp.ID, SenderID: *sender, UserID: e.p.Prospect.OwnerID,
		NotAfter: e.rec.Now.Add(within), Key: key,
	}
	return true
}
