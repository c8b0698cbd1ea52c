package web

import (
	"time"

	"followup/models"
	"followup/store"
)

func taskQueueRow(t times, viewer int64, row store.TaskRow) queueRow {
	q := queueRow{Href: idPath("/tasks/", row.Task.ID), Who: row.Who, Title: row.Task.Title, Why: row.Why, When: t.Since(row.Task.DueAt), Action: "Open", Channel: row.Channel, Due: "now",
		Kind: row.Task.Kind, TaskID: row.Task.ID}
	if t.Overdue(row.Task.DueAt) {
		q.Due = "late"
	}
	if q.Why == "" && row.Sequence != "" {
		q.Why = row.Sequence
	}
	q.from(viewer, row)
	switch row.Task.Kind {
	case models.TaskCall:
		q.Icon, q.What, q.Action = "phone", "Call", "Call"
		q.Text = sentence(afterCalling(row.Task.Prep.TalkingPoint))
		if row.Appointment != nil && row.Who != nil {
			q.When = t.Both(row.Appointment.StartsAt, row.Who.Prospect.Zone)
			q.What, q.Until = "Booked call", row.Task.DueAt.UTC().Format(time.RFC3339)
		}
	case models.TaskReply:
		q.Icon, q.What, q.Action = "reply", "Answer", "Answer"
		if row.Message != nil {
			q.Icon, q.What = lookOf(row.Channel).Icon, lookOf(row.Channel).Name
			q.Text = visible(*row.Message)
			q.When = t.Since(row.Message.CreatedAt)
			q.Why = "nothing automatic goes out while they wait"
		}
		if row.Who != nil {
			q.Href = answerPath(row.Who.Prospect.ID)
		}
	case models.TaskResolve:
		q.Icon, q.What, q.Action = "alert", "Repair", "Look"
		q.Text = sentence(row.Task.Detail)
		if q.Why == "" {
			q.Why = sentence(reasonText(row.Task.Reason))
		}
	default:
		q.Icon, q.What = "check", "Review"
		q.Text = sentence(row.Task.Detail)
	}
	return q
}

// from says whose a task is and what a colleague wrote with it.
func (q *queueRow) from(viewer int64, row store.TaskRow) {
	if row.Task.UserID != viewer {
		q.Rep = row.Rep
	}
	if row.HandedBy != "" {
		q.Note = row.HandedBy + " handed it over"
		if row.Task.HandOverNote != "" {
			q.Note += ": " + row.Task.HandOverNote
		}
	}
}

// answerPath is where a customer is answered.
func answerPath(prospectID int64) string { return idPath("/prospects/", prospectID) + "#answer" }

func upcomingQueueRow(t times, viewer int64, row store.TaskRow) queueRow {
	q := taskQueueRow(t, viewer, row)
	q.Due, q.Action = "", "Prepare"
	q.Opens = row.Task.DueAt.UTC().Format(time.RFC3339)
	q.Left = t.Left(q.Opens)
	if row.Appointment != nil {
		q.Text = row.Appointment.Title
		q.When = t.Both(row.Appointment.StartsAt, row.Appointment.Zone)
	}
	q.Why = "Agreed with them; Dial opens at the minute"
	return q
}

func snoozedQueueRow(t times, viewer int64, row store.TaskRow) queueRow {
	q := taskQueueRow(t, viewer, row)
	q.Due = ""
	if row.Task.SnoozedUntil != nil {
		q.When = t.Mine(*row.Task.SnoozedUntil)
		q.Why = "Snoozed; it comes back at this time, yours"
	}
	return q
}

func bookedQueueRow(t times, b store.BookedRow) queueRow {
	who := b.Who
	return queueRow{
		Href: idPath("/appointments/", b.Appointment.ID), Icon: "phone", What: "Booked call", Who: &who, Kind: models.TaskCall,
		Text: b.Appointment.Title, Why: "Agreed with them; Dial opens at the minute", Action: "Prepare",
		When: t.Both(b.Appointment.StartsAt, b.Appointment.Zone), Opens: b.Appointment.StartsAt.UTC().Format(time.RFC3339),
	}
}

// visible is what a person wrote, without what they quoted.
func visible(m models.Message) string {
	if m.Visible != "" {
		return m.Visible
	}
	return m.Text
}
