package web

import (
	"strconv"
	"strings"

	"followup/models"
	"followup/templates"
)

// stepForm is a step as the editor's fields hold it.
type stepForm struct {
	models.Step
	Unit, Side string // of the timing: "minutes", "hours", "days", "business_days"; "after", "before"
	Amount     int
	At         string
	Published  bool // people may be found by its key: it is not changed any more
	FirstOfAll bool
	// What its channel is written with.
	Subjects, Scripts bool
}

// newStepForm shows a step; published: the version that runs has it.
func newStepForm(s models.Step, published, first bool) stepForm {
	f := stepForm{Step: s, Published: published, FirstOfAll: first, Unit: "days", Side: "after", Subjects: templates.HasSubject(s.Channel), Scripts: templates.HasScripts(s.Channel)}
	if f.Timing.Kind == "" {
		f.Timing.Kind = models.TimingAfter
	}
	t := s.Timing
	switch {
	case t.BusinessDays != 0:
		f.Unit, f.Amount = "business_days", t.BusinessDays
	case t.Days != 0 || t.At != nil:
		f.Amount = t.Days
	case t.Hours != 0 && t.Minutes == 0:
		f.Unit, f.Amount = "hours", t.Hours
	case t.Hours != 0 || t.Minutes != 0 || t.Kind == models.TimingAfter || t.Kind == models.TimingAppointment:
		f.Unit, f.Amount = "minutes", t.Hours*60+t.Minutes
	}
	if f.Amount < 0 {
		f.Side, f.Amount = "before", -f.Amount
	}
	if t.At != nil {
		f.At = t.At.String()
	}
	return f
}

// TotalWeight is what the variants' weights are shares of.
func (f stepForm) TotalWeight() int {
	n := 0
	for _, v := range f.Variants {
		n += v.Weight
	}
	return max(n, 1)
}

// readStep puts the form's fields into the step; what the form does not hold
// stays. Errors name the field.
func readStep(f *form, s *models.Step) {
	old := *s
	s.Name = typedIn(s.Name, f.Get("name"))
	if k := f.Get("step_key"); k != "" && k != s.Key {
		if templates.ValidKey(k) {
			s.Key = k
		} else {
			f.Errors["step_key"] = "Small letters, digits and hyphens, such as day-before-reminder."
		}
	}
	s.Channel = models.ChannelKind(f.Get("channel"))
	s.Purpose = models.Purpose(f.Get("purpose"))
	s.Contact = models.ContactChoice(strings.TrimPrefix(f.Get("contact"), "primary"))
	s.When.Call = f.Get("when")
	s.Disabled = f.Values.Has("disabled")
	readTexts(f, "", &s.Subject, &s.Body, &s.TalkingPoint, &s.Question, &s.Answered, &s.NotAnswered)
	readTiming(f, s)
	for i := range s.Variants {
		readVariant(f, i, &s.Variants[i])
	}
	if s.Channel != old.Channel {
		carryTexts(s)
	}
}

// readTexts takes the texts that the form shows.
func readTexts(f *form, prefix string, texts ...*string) {
	for i, name := range []string{"subject", "body", "talking_point", "question", "answered", "not_answered"} {
		if f.Values.Has(prefix + name) {
			readText(f, prefix+name, texts[i])
		}
	}
}

// readText takes a text of any number of lines; one that was not touched stays
// as it was written.
func readText(f *form, name string, text *string) {
	typed := strings.TrimRight(strings.ReplaceAll(f.Values.Get(name), "\r\n", "\n"), "\n ")
	if name == "subject" || strings.HasSuffix(name, "_subject") {
		typed = typedIn(*text, typed)
	}
	if typed != strings.TrimRight(*text, "\n ") {
		*text = typed
	}
}

// typedIn is what stands in an input of one line. One that was not touched
// gives its text back without line breaks and without spaces around it: that
// changes nothing.
func typedIn(old, typed string) string {
	flat := func(s string) string { return strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(s)) }
	if flat(old) == flat(typed) {
		return old
	}
	return typed
}

func readVariant(f *form, i int, v *models.Variant) {
	prefix := "v" + strconv.Itoa(i) + "_"
	if !f.Values.Has(prefix + "weight") {
		return
	}
	v.Name = typedIn(v.Name, f.Get(prefix+"name"))
	if n, err := strconv.Atoi(f.Get(prefix + "weight")); err == nil && n >= 0 && n <= 1000 {
		v.Weight = n
	} else {
		f.Errors[prefix+"weight"] = "A whole number from 0 to 1000."
	}
	readTexts(f, prefix, &v.Subject, &v.Body, &v.TalkingPoint, &v.Question, &v.Answered, &v.NotAnswered)
}

// carryTexts keeps what was written when a step changes to a channel that
// has no such part.
func carryTexts(s *models.Step) {
	move := func(subject, body, point, question, answered, notAnswered *string) {
		switch {
		case templates.HasScripts(s.Channel):
			carry(answered, body)
			carry(notAnswered, subject)
		default:
			carry(body, answered)
			carry(body, point)
			carry(body, question)
			carry(body, notAnswered)
			if !templates.HasSubject(s.Channel) {
				carry(body, subject)
			}
		}
	}
	move(&s.Subject, &s.Body, &s.TalkingPoint, &s.Question, &s.Answered, &s.NotAnswered)
	for i := range s.Variants {
		v := &s.Variants[i]
		move(&v.Subject, &v.Body, &v.TalkingPoint, &v.Question, &v.Answered, &v.NotAnswered)
	}
}

// carry adds a text to another and leaves nothing behind.
func carry(to, from *string) {
	if *from == "" {
		return
	}
	if *to != "" {
		*to += "\n\n"
	}
	*to += *from
	*from = ""
}

// untouchedTiming tells whether the form says of the timing what it showed:
// then the rule stays as it was written, also where the form has no words for it.
func untouchedTiming(f *form, s models.Step) bool {
	was := newStepForm(s, false, false)
	for name, value := range map[string]string{"timing": string(was.Timing.Kind), "amount": strconv.Itoa(was.Amount), "unit": was.Unit, "side": was.Side,
		"at": was.At, "on": string(s.Timing.On), "field": strings.TrimSpace(s.Timing.Field), "cron": strings.TrimSpace(s.Timing.Cron)} {
		if f.Get(name) != value {
			return false
		}
	}
	return true
}

func readTiming(f *form, s *models.Step) {
	if untouchedTiming(f, *s) {
		return
	}
	t := models.Timing{Kind: models.TimingKind(f.Get("timing"))}
	amount, err := strconv.Atoi(f.Get("amount"))
	if err != nil && f.Get("amount") != "" || amount < 0 {
		f.Errors["amount"] = "A whole number, such as 2."
		return
	}
	if f.Get("side") == "before" && t.Kind != models.TimingAfter {
		amount = -amount
	}
	if at := f.Get("at"); at != "" {
		tod, err := models.ParseTimeOfDay(at)
		if err != nil {
			f.Errors["at"] = "A time of day, such as 09:00."
			return
		}
		t.At = &tod
	}
	unit := f.Get("unit")
	clock := unit == "minutes" || unit == "hours"
	switch t.Kind {
	case models.TimingRecurring:
		t.Cron, t.At = f.Get("cron"), nil
	case models.TimingDate:
		if f.Get("field") != "" {
			t.Field = f.Get("field")
		} else {
			t.On = models.Date(f.Get("on"))
		}
		fallthrough
	case models.TimingCommitment:
		if clock { // a date has no minute to count from
			unit, clock = "days", false
		}
		fallthrough
	default:
		switch unit {
		case "minutes":
			t.Minutes = amount
		case "hours":
			t.Hours = amount
		case "business_days":
			t.BusinessDays = amount
		default:
			t.Days = amount
		}
		if clock {
			t.At = nil
		}
	}
	s.Timing = t
}

// readHead puts the fields of the sequence itself into the definition.
func readHead(f *form, d *models.Definition) {
	if f.Get("seq_name") == "" {
		f.Errors["seq_name"] = "A sequence needs a name."
	} else {
		d.Name = typedIn(d.Name, f.Get("seq_name"))
	}
	readText(f, "description", &d.Description)
	d.Locale = f.Get("locale")
	d.Anchor = models.Anchor(strings.TrimPrefix(f.Get("anchor"), "none"))
	d.DefaultChannel = models.ChannelKind(f.Get("default_channel"))
	d.CountsAsFollowUp = f.Values.Has("counts_as_follow_up")
	d.OnReply, d.OnColleagueReply = models.ReplyAction(f.Get("on_reply")), models.ReplyAction(f.Get("on_colleague_reply"))
	d.OnMeeting = models.ReplyAction(f.Get("on_meeting"))
	moves := map[models.CallOutcome]models.CallMove{}
	for _, o := range models.CallOutcomes {
		if m := f.Get("on_call:" + string(o)); m != "" {
			moves[o] = models.CallMove(m)
		}
	}
	if d.OnCall = nil; len(moves) > 0 {
		d.OnCall = moves
	}
}
