package scheduler

import (
	"strings"

	"followup/models"
)

// unidentified: who writes must be said before anything commercial leaves. The
// first text to a number names the company (CTIA Messaging Principles 5.1.3),
// and a commercial email carries a postal address (15 U.S.C. 7704(a)(5)). What
// a customer waits for, a confirmation or an answer, is not held by that. The
// sandbox reaches nobody.
func (j *judgement) unidentified() bool {
	t, s := j.d.Touch, j.d.Settings
	if j.task || j.d.Sender.Provider == models.ProviderSandbox {
		return false
	}
	bound := t.Purpose.Bound()
	switch {
	case j.rules.Introduces && (bound || t.Purpose == models.PurposeManual) && s.Company() == "" && models.FirstTo(j.d.Reached, j.point.ID, j.kind):
		return j.hold(j.Now.Add(recheckLater), models.HoldUnnamed,
			"the first text to a number must name the company that writes; give the workspace its name under Settings, Sending")
	case j.rules.HasSubject && bound && strings.TrimSpace(s.PostalAddress) == "":
		return j.hold(j.Now.Add(recheckLater), models.HoldUnnamed,
			"a commercial email must carry a postal address; enter yours under Settings, Sending")
	}
	return false
}
