package scheduler

import (
	"fmt"
	"slices"
	"time"

	"followup/channels"
	"followup/models"
	"followup/templates"
)

// render fills the step's texts in as the engine would.
func (m *simulation) render(p *planner, t models.Touch, step models.Step, line *models.PlannedStep) {
	data := m.data(t, line)
	var err error
	if isTask(t.Channel) {
		line.Body, err = callText(step, data)
		m.in.Reason = nil // nobody is told the same reason twice
	} else if rules, ok := m.channels.Rules(t.Channel); ok {
		subject := step.Subject
		if rules.Threads && subject == "" {
			if subject = m.lastSubject(); subject != "" {
				subject = literal("Re: " + baseSubject(subject))
			}
		}
		var out templates.Rendered
		out, err = renderText(rules, subject, step.Body, data)
		line.Subject, line.Body = out.Subject, out.Text
		m.introduce(p, rules, line)
		if rules.Segmented && line.Kind == models.TouchMessage && line.ContactPoint != nil && !line.Skipped {
			line.Segments, _ = channels.Segments(line.Body)
			line.Cost = m.rates.Cost(line.ContactPoint.Value, line.Segments)
		}
	}
	if err != nil {
		line.Reason = models.AttentionRender
		line.Why += "; its text cannot be filled in: " + err.Error()
		m.refuse(fmt.Sprintf("step %q: %s", line.Name, messageOf(err)))
	}
}

// introduce adds to the first text to a number what it must say, as the engine does.
func (m *simulation) introduce(p *planner, rules models.ChannelRules, line *models.PlannedStep) {
	if !rules.Introduces || line.ContactPoint == nil || line.Body == "" || line.Kind != models.TouchMessage ||
		!models.FirstTo(m.in.Reached, line.ContactPoint.ID, rules.Kind) {
		return
	}
	locale := p.def.Locale
	if locale == "" {
		locale = m.in.Prospect.Locale
	}
	line.Added = templates.Introduction(line.Body, locale, m.in.Rep, m.in.Settings.Company())
	line.Body = templates.Introduce(line.Body, locale, m.in.Rep, m.in.Settings.Company())
	if !line.Skipped {
		m.in.Reached = append(slices.Clip(m.in.Reached), models.Reached{ProspectID: m.in.Prospect.ID, ContactPointID: line.ContactPoint.ID, Channel: rules.Kind})
	}
}

// lastSubject is the subject that a step without one would answer.
func (m *simulation) lastSubject() string {
	for _, line := range slices.Backward(m.steps) {
		if line.Subject != "" {
			return line.Subject
		}
	}
	return ""
}

func (m *simulation) data(t models.Touch, line *models.PlannedStep) templates.Data {
	in := m.in
	data := templates.Data{
		Prospect: in.Prospect, Company: in.Company, Rep: in.Rep, Appointment: in.Appointment, Commitment: in.Commitment,
		Variables: in.Enrollment.Variables, TalkingPoint: in.Reason, Settings: in.Settings, Now: line.At,
		Email: firstAddress(in.ContactPoints, models.ContactEmail, line.ContactPoint),
		Phone: firstAddress(in.ContactPoints, models.ContactPhone, line.ContactPoint),
	}
	data.BookingLink, data.RescheduleLink = bookingLinks(m.link, m.publicURL, in.Rep, in.Prospect, in.Appointment)
	if t.SenderID != nil {
		for i := range in.Senders {
			if in.Senders[i].ID == *t.SenderID {
				data.Sender = &in.Senders[i]
			}
		}
	}
	return data
}

// callText is what the rep is given to say.
func callText(step models.Step, data templates.Data) (string, error) {
	var text string
	reason := step.TalkingPoint
	if data.TalkingPoint != nil { // what they are enrolled for goes first
		reason = "{{ talking_point.text }}"
	}
	for _, part := range []struct{ label, source string }{
		{reasonForCalling, reason}, {"Ask: ", step.Question},
		{"Answered: ", step.Answered}, {"Not answered: ", step.NotAnswered},
	} {
		if part.source == "" {
			continue
		}
		s, err := templates.Render(part.source, data)
		if err != nil {
			return text, err
		}
		if text != "" {
			text += "\n"
		}
		text += part.label + s
	}
	return text, nil
}

// underLimit counts the follow-up as sent, and tells whether the limit permits it.
func (m *simulation) underLimit(p *planner, t models.Touch) bool {
	limit, pursuit := m.in.Settings.FollowUpLimit, &m.in.Pursuit
	if limit <= 0 || !t.Purpose.Counts() {
		return true
	}
	loc := p.loc
	if loc == nil {
		loc = time.UTC
	}
	day := models.DateOf(t.PromisedAt, loc)
	if pursuit.GoodbyeAt != nil || (pursuit.FollowUps >= limit && pursuit.LastCountedOn != day) {
		return false
	}
	pursuit.Count(day)
	return true
}
