package scheduler

import (
	"cmp"

	"followup/models"
	"followup/templates"
)

// answersKeyword: the answer to the carriers' words STOP and HELP. It goes to
// where the word came from, soon or not at all; no consent is asked, for it is
// asked for (47 CFR 64.1200(a)(12): one confirmation, within five minutes).
func (j *judgement) answersKeyword() bool { return j.d.Touch.Purpose.Keyword() }

func (j *judgement) wordsNumber() bool {
	j.point = j.outlets().find(j.d.Touch.ContactPointID)
	if j.point == nil {
		return j.skip(models.SkipNoContactPoint, "the %s it was for is gone", j.rules.Address)
	}
	if s, no := models.SuppressedFor(j.d.Suppressions, j.d.Prospect, *j.point, j.kind, j.d.Touch.Purpose, j.d.Conversation); no {
		return j.skip(models.SkipSuppressed, "they asked not to be contacted by %s (%s)", channelWord(j.kind), DescribeReason(s.Reason))
	}
	return false
}

// keywordText is what it says.
func (j *judgement) keywordText() string {
	rep := j.d.Rep
	address := cmp.Or(rep.Email, rep.Phone)
	if j.d.Sender != nil {
		address = cmp.Or(address, j.d.Sender.Address)
	}
	return templates.KeywordAnswer(j.d.Touch.Purpose, j.d.Prospect.Locale, rep, j.d.Settings.Company(), address)
}
