package web

import (
	"strings"
	"time"

	"followup/models"
	"followup/store"
)

const summaryWords = 220 // characters of a note or a message that a summary quotes

// lastTalk drafts what was last said, from the notes and the messages: how
// the last call went, what they wrote last, what they promised. Nothing is
// made up; where there is nothing to say it is empty.
func lastTalk(t times, v store.PersonView, call *models.Task) string {
	var parts []string
	if call != nil && call.ClosedAt != nil {
		parts = append(parts, talkLine(t, *call))
	}
	if m := lastWords(v.Messages); m != nil {
		line := "They wrote by " + strings.ToLower(lookOf(m.Channel).Name) + " on " + t.onDay(receivedAt(*m)) + ": “" + excerpt(summaryWords, visible(*m)) + "”"
		// The newer of the two is what comes up first.
		if call != nil && call.ClosedAt != nil && receivedAt(*m).After(*call.ClosedAt) {
			parts = append([]string{line}, parts...)
		} else {
			parts = append(parts, line)
		}
	}
	for _, c := range v.Commitments {
		if c.State == models.CommitmentOpen {
			parts = append(parts, promiseLine(c))
			break
		}
	}
	return strings.Join(parts, "\n")
}

func talkLine(t times, call models.Task) string {
	line := "Call on " + t.onDay(*call.ClosedAt) + ": " + strings.ToLower(outcomeLabel(call.Outcome))
	if notes := excerpt(summaryWords, call.Notes); notes != "" {
		return line + ". " + notes
	}
	return line + "."
}

func promiseLine(c models.Commitment) string {
	line := "They promised: " + strings.TrimRight(c.Outcome, ".")
	if c.DueOn != "" {
		line += ", by " + dayText(c.DueOn)
	}
	if c.Words != "" {
		line += " (“" + excerpt(summaryWords, c.Words) + "”)"
	}
	return line + "."
}

// onDay names a day so that it stays right when it is read later.
func (t times) onDay(at time.Time) string {
	at = at.In(t.mine)
	if at.Year() != t.now.In(t.mine).Year() {
		return at.Format("Mon 2 Jan 2006")
	}
	return at.Format("Mon 2 Jan")
}

// lastWords is their last message with words in it; messages come newest first.
func lastWords(messages []models.Message) *models.Message {
	for i := range messages {
		m := &messages[i]
		if m.Direction == models.Inbound && m.Class.Engagement() && strings.TrimSpace(visible(*m)) != "" {
			return m
		}
	}
	return nil
}

func receivedAt(m models.Message) time.Time {
	if m.SentAt != nil {
		return *m.SentAt
	}
	return m.CreatedAt
}

// dayText writes a calendar date: "Fri 4 Dec 2026".
func dayText(d models.Date) string {
	at, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return at.Format("Mon 2 Jan 2006")
}
