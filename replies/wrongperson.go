package replies

import "followup/models"

// asWrongPerson: they are not, or no longer, the one to talk to, or the one we
// wrote to has left. A person says so; whom to write to instead is for the rep.
func asWrongPerson(r reading) (models.Verdict, bool) { return judgeWrongPerson(r.body) }

// judgeWrongPerson looks for it in folded text that they wrote.
func judgeWrongPerson(text string) (models.Verdict, bool) {
	for _, s := range sentences(limit(text, wordsLooked)) {
		for _, section := range []string{"wrong.person", "left.company"} {
			if words, ok := ruleset(section).match(s); ok {
				return verdict(models.ClassWrongPerson, "they say that it is for somebody else: "+words)
			}
		}
	}
	return none()
}

// leftCompany: a machine answers for somebody who will not be back.
func (r reading) leftCompany() bool {
	for _, s := range sentences(limit(flat(fold(limit(r.noticeText(), bodyLooked))), wordsLooked)) {
		if ruleset("left.company").any(s) {
			return true
		}
	}
	return false
}

// wrongPerson: a person answered, so everything rests; nothing ends by itself,
// for the rep decides whom to talk to instead.
func (e *engagement) wrongPerson() {
	e.confirm()
	for _, l := range e.p.Enrollments {
		if l.Enrollment.Live() {
			e.pause(l.Enrollment.ID, models.PauseReplied, nil)
		}
	}
	e.sharing()
	e.out.EndPursuit = models.PursuitReply
	e.task(models.TaskReply, models.AttentionWrongPerson, "Is "+e.p.Prospect.Name()+" the wrong person?",
		"Their message says that it is for somebody else ("+e.v.Why+"). Everything is held. Thank them, add whom they name, and finish this sequence.")
}

// left: a machine says that they are not with the company any more. That is no
// engagement, but nothing more may go there until somebody has looked.
func (e *engagement) left() {
	for _, l := range e.p.Enrollments {
		if !l.Enrollment.Live() || l.Enrollment.PausedFor(models.PauseNeedsAttention) {
			continue
		}
		e.task(models.TaskResolve, models.AttentionWrongPerson, e.p.Prospect.Name()+" seems to have left",
			"An automatic answer says so ("+e.v.Why+"). Read whom it names instead, then finish this sequence or close this task to go on.")
		id := l.Enrollment.ID
		e.out.Tasks[len(e.out.Tasks)-1].EnrollmentID = &id
		e.pause(id, models.PauseNeedsAttention, nil)
	}
}
