package scheduler

import (
	"errors"
	"slices"
	"strings"
	"time"

	"followup/channels"
	"followup/models"
	"followup/templates"
)

// send renders the message and lets the channel look at it before anything
// is promised.
func (j *judgement) send() {
	channel, ok := j.Channels.Find(j.kind, j.d.Sender.Provider)
	if !ok {
		j.ask(models.AttentionNoSender, "no "+channelWord(j.kind)+" channel is set up for "+string(j.d.Sender.Provider)+" ("+j.d.Sender.Address+"); configure it, or choose another sender")
		return
	}
	m, err := j.message()
	if err != nil {
		j.askToRepair(err)
		return
	}
	if err := channel.Check(m); err != nil {
		j.notAllowed(channels.AsSendError(err))
		return
	}
	j.dec.Action, j.dec.Message, j.dec.Turn = models.DecideSend, &m, turnOf(j.rules, *j.d.Sender)
}

// turnOf is the turn that a message takes among those of its sender's account.
func turnOf(r models.ChannelRules, s models.Sender) *models.Turn {
	if r.PerAccount <= 0 || s.Settings.AccountSID == "" {
		return nil
	}
	return &models.Turn{Account: s.Settings.AccountSID, Every: r.PerAccount}
}

// askToRepair: a text that cannot be filled in rests for this person only.
func (j *judgement) askToRepair(err error) {
	detail := err.Error()
	var te *templates.Error
	if errors.As(err, &te) && te.Variable != "" {
		detail += "; fill it in for " + j.d.Prospect.Name() + ", or give it a fallback in the sequence, then close this task"
	}
	j.ask(models.AttentionRender, detail)
}

func (j *judgement) notAllowed(se *channels.SendError) {
	detail := se.Detail
	if detail == "" {
		detail = se.Error()
	}
	switch se.Class {
	case models.SendTransient:
		wait := max(se.RetryAfter, recheckSoon)
		j.hold(j.Now.Add(wait), models.HoldRetry, "%s", detail)
	case models.SendConfiguration:
		j.ask(models.AttentionSender, j.d.Sender.Address+" is not set up right: "+detail)
	default:
		j.skip(models.SkipNotAllowed, "%s", detail)
		j.dec.Attention = &models.Attention{Reason: models.AttentionRefused, Title: j.title("is not allowed"), Detail: detail}
	}
}

// message builds the outbound message completely.
func (j *judgement) message() (models.Message, error) {
	t, s := j.d.Touch, *j.d.Sender
	token := j.NewToken()
	m := models.Message{
		ProspectID: &j.d.Prospect.ID, TouchID: &t.ID, Direction: models.Outbound, Channel: j.kind, State: models.MessageQueued,
		Attempt: t.Attempt + 1, ContactPointID: &j.point.ID, SenderID: &s.ID,
		FromAddress: s.Address, FromName: s.Name, ToAddress: j.point.Value, ToName: j.toName(),
		Token: token, Provider: s.Provider, ValidUntil: j.validUntil(), CreatedAt: j.Now, Sender: &s,
	}
	if m.FromName == "" {
		m.FromName = j.d.Rep.Name
	}
	if j.byHand {
		m.UserID = &t.RepID
	}
	if j.rules.Threads {
		_, domain, _ := strings.Cut(s.Address, "@")
		m.MailID = "<" + token + "@" + domain + ">"
	}
	if j.rules.HasSubject && !j.byHand && j.PublicURL != "" {
		m.Unsubscribe = strings.TrimRight(j.PublicURL, "/") + "/u/" + token
	}
	if t.Draft != nil {
		m.Media = t.Draft.Files
	}
	subject, body, template, err := j.text()
	if err != nil {
		return m, err
	}
	if j.rules.Threads {
		subject = j.thread(&m, subject, template)
	}
	out, err := j.render(subject, body, template, m.Unsubscribe)
	if err != nil {
		return m, err
	}
	m.Subject, m.Text, m.HTML = out.Subject, out.Text, j.tracked(out.HTML, m.Token)
	if j.rules.Introduces && !j.answersKeyword() && models.FirstTo(j.d.Reached, j.point.ID, j.kind) {
		m.Text = templates.Introduce(m.Text, j.language(), j.d.Rep, j.d.Settings.Company())
	}
	if j.rules.Segmented {
		m.Segments, _ = channels.Segments(m.Text)
	}
	m.TalkingPointID = toldIn(body, out.Text, j.d.TalkingPoint)
	j.invite(&m)
	return m, nil
}

// language is that of the step's text, or what is written to this person in.
func (j *judgement) language() string {
	if j.d.Touch.Draft == nil && j.d.Version != nil && j.d.Version.Definition.Locale != "" {
		return j.d.Version.Definition.Locale
	}
	return j.d.Prospect.Locale
}

func (j *judgement) toName() string {
	p := j.d.Prospect
	if p.FirstName == "" && p.LastName == "" {
		return ""
	}
	return p.Name()
}

// validUntil: the provider must not deliver a text or a call that waited in
// its queue until quiet hours (Twilio queues up to a day).
func (j *judgement) validUntil() *time.Time {
	until := j.d.Touch.NotAfter
	if !j.rules.QuietHours {
		return until
	}
	closes, ok := j.window.Closes(j.Now)
	if j.exempt {
		closes, ok = j.Now.Add(answerWindow), true
	}
	if ok && (until == nil || closes.Before(*until)) {
		until = &closes
	}
	return until
}

// signature is the shared mailbox's own, else the writer's.
func (j *judgement) signature() string {
	if s := j.d.Sender; s != nil && s.OwnerID == nil && s.Settings.Signature != "" {
		return s.Settings.Signature
	}
	return j.d.Rep.Signature
}

// text is what the touch says, before rendering: its own draft, else its step.
func (j *judgement) text() (subject, body string, template bool, err error) {
	if j.answersKeyword() {
		return "", j.keywordText(), false, nil
	}
	if d := j.d.Touch.Draft; d != nil {
		body := d.Body
		if !d.Template && j.byHand && j.rules.HasSubject && j.signature() != "" {
			body = strings.TrimRight(body, "\n") + "\n\n" + j.signature()
		}
		return d.Subject, body, d.Template, nil
	}
	step, ok := j.step()
	if !ok {
		return "", "", false, models.Invalid("step", "the sequence has no step %q any more; take the person out of the sequence, or close this task to go on with the next step", j.d.Touch.StepKey)
	}
	return step.Subject, step.Body, true, nil
}

func (j *judgement) step() (models.Step, bool) {
	if j.d.Version == nil {
		return models.Step{}, false
	}
	step, ok := j.d.Version.Definition.Step(j.d.Touch.StepKey)
	return step.With(j.d.Touch.Variant), ok
}

// thread continues the last email where the new one answers it: it was
// written by hand, or it names no subject, or the same. One with a subject of
// its own begins a new thread. It gives the subject to render.
func (j *judgement) thread(m *models.Message, subject string, template bool) string {
	last := j.d.LastMail
	if last == nil || last.MailID == "" {
		return subject
	}
	if !j.byHand && subject != "" && baseSubject(subject) != baseSubject(last.Subject) {
		return subject
	}
	m.InReplyTo = last.MailID
	m.References = references(*last)
	if subject == "" {
		subject = "Re: " + baseSubject(last.Subject)
		if template { // the last subject is text now, not a template
			subject = literal(subject)
		}
	}
	return subject
}

// maxReferences keeps the header short: the first, which names the thread,
// and the latest (RFC 5322 3.6.4 permits trimming).
const maxReferences = 20

func references(last models.Message) []string {
	refs := append(slices.Clone(last.References), last.MailID)
	if len(refs) > maxReferences {
		refs = append(refs[:1:1], refs[len(refs)-maxReferences+1:]...)
	}
	return refs
}

// baseSubject is the subject without the marks of an answer.
func baseSubject(s string) string {
	s = strings.TrimSpace(s)
	for {
		lower := strings.ToLower(s)
		cut := ""
		for _, prefix := range []string{"re:", "aw:", "fwd:", "fw:", "sv:"} {
			if strings.HasPrefix(lower, prefix) {
				cut = prefix
			}
		}
		if cut == "" {
			return s
		}
		s = strings.TrimSpace(s[len(cut):])
	}
}

// literal keeps Liquid from reading a text that is no template.
func literal(s string) string {
	return strings.NewReplacer("{{", "{ {", "{%", "{ %").Replace(s)
}

func (j *judgement) render(subject, body string, template bool, unsubscribe string) (templates.Rendered, error) {
	if !template {
		if j.rules.HasSubject {
			return templates.PlainEmail(subject, body), nil
		}
		return templates.Rendered{Text: body}, nil
	}
	return renderText(j.rules, subject, body, j.data(unsubscribe))
}

// renderText fills a template in for a channel.
func renderText(rules models.ChannelRules, subject, body string, d templates.Data) (templates.Rendered, error) {
	if rules.HasSubject {
		if strings.TrimSpace(subject) == "" {
			return templates.Rendered{}, models.Invalid("subject", "the step names no subject and there is no earlier email to answer; give the step a subject")
		}
		return templates.RenderEmail(subject, body, d)
	}
	text, err := templates.Render(body, d)
	return templates.Rendered{Text: text}, err
}

// data is what a template may speak of.
func (j *judgement) data(unsubscribe string) templates.Data {
	d := j.d
	data := templates.Data{
		Prospect: d.Prospect, Company: d.Company, Rep: d.Rep, Sender: d.Sender, Appointment: d.Appointment,
		Commitment: d.Commitment, Discovery: d.Discovery, TalkingPoint: d.TalkingPoint, Settings: d.Settings,
		Unsubscribe: unsubscribe, Now: j.Now,
	}
	if d.Enrollment != nil {
		data.Variables = d.Enrollment.Variables
	}
	data.BookingLink, data.RescheduleLink = bookingLinks(j.BookingLink, j.PublicURL, d.Rep, d.Prospect, d.Appointment)
	data.Email = firstAddress(d.ContactPoints, models.ContactEmail, j.point)
	data.Phone = firstAddress(d.ContactPoints, models.ContactPhone, j.point)
	return data
}

// firstAddress is the point being used, where it is of the kind, else the
// first usable one.
func firstAddress(points []models.ContactPoint, kind models.ContactPointKind, used *models.ContactPoint) string {
	if used != nil && used.Kind == kind {
		return used.Value
	}
	for _, cp := range (outlets{points: points}).ofKind(kind) {
		if cp.Usable() {
			return cp.Value
		}
	}
	return ""
}
