package populate

import (
	"fmt"
	"strconv"
	"time"

	"followup/models"
)

var (
	asked = []string{"Can we do Friday instead?", "What would that cost for two sites?", "Please send the figures.", "Not before the new year.", "Call me after four."}
	told  = "Hello,\n\nwe looked at what the downtime costs you. When on Tuesday suits you?\n\nBest wishes"
)

// touches: what was sent and called, and for who is in a sequence the next one.
func (f *filler) touches(i int64) []models.Touch {
	n := f.Touches
	if n > 0 && f.runs(i) == "" {
		n /= 2
	}
	rows := make([]models.Touch, 0, n+1)
	point, sender := 2*i-1, f.mailbox[f.rep(i)]
	last := f.ago(i, 14, 300)
	base := (i-1)*int64(f.Touches+1) + 1
	for k := range n {
		at := last.AddDate(0, 0, -3*k)
		t := models.Touch{ID: base + int64(k), ProspectID: i, StepKey: "s" + strconv.Itoa(k), Occurrence: "0", Kind: models.TouchMessage, Channel: models.ChannelEmail,
			Purpose: models.PurposeFollowUp, ContactPointID: &point, SenderID: &sender, RepID: f.reps[f.rep(i)], State: models.TouchSent, EndReason: models.EndSent,
			DueAt: at, PromisedAt: at, PlannedAt: at, EndedAt: &at, UpdatedAt: at, Attempt: 1}
		if f.runs(i) != "" {
			t.EnrollmentID = &i
		}
		if k%4 == 3 {
			t.Kind, t.Channel, t.State, t.EndReason, t.SenderID = models.TouchTask, models.ChannelCall, models.TouchDone, models.EndDone, nil
		}
		rows = append(rows, t)
	}
	if f.runs(i) == models.EnrollmentActive {
		due := f.next(i)
		rows = append(rows, models.Touch{ID: base + int64(f.Touches), ProspectID: i, EnrollmentID: &i, StepKey: "next", Occurrence: "0", Kind: models.TouchMessage,
			Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, ContactPointID: &point, SenderID: &sender, RepID: f.reps[f.rep(i)],
			State: models.TouchPlanned, DueAt: due, PromisedAt: due, PlannedAt: f.Now, UpdatedAt: f.Now})
	}
	return rows
}

// messages: two of ours and one of theirs, of who answered.
func (f *filler) messages(i int64) []models.Message {
	if !f.answered(i) {
		return nil
	}
	at, point, sender := f.heardAt(i), 2*i-1, f.mailbox[f.rep(i)]
	var rows []models.Message
	for k := range int64(3) {
		when := at.Add(time.Duration(k-2) * 24 * time.Hour)
		m := models.Message{ID: i*4 + k, ProspectID: &i, ContactPointID: &point, SenderID: &sender, Channel: models.ChannelEmail, CreatedAt: when, SentAt: &when,
			Direction: models.Outbound, State: models.MessageDelivered, Subject: "Tuesday", Text: told, Token: fmt.Sprintf("seed-%d-%d", i, k)}
		if k == 2 {
			m.Direction, m.State, m.Class, m.Text, m.Token = models.Inbound, models.MessageReceived, models.ClassHuman, pick(asked, i, 24), ""
			m.Visible = m.Text
		}
		rows = append(rows, m)
	}
	return rows
}

func (f *filler) heardAt(i int64) time.Time { return f.ago(i, 25, 200) }

func (f *filler) conversation(i int64) models.Conversation {
	c := models.Conversation{ProspectID: i, AssigneeID: &f.reps[f.rep(i)], UpdatedAt: f.Now}
	if f.Touches > 0 {
		last := f.ago(i, 14, 300)
		c.LastMessageAt = &last
	}
	if !f.answered(i) {
		return c
	}
	at, point, sender, last := f.heardAt(i), 2*i-1, f.mailbox[f.rep(i)], i*4+2
	c.LastInboundAt, c.LastMessageAt, c.LastMessageID, c.LastChannel, c.LastContactID, c.LastSenderID = &at, &at, &last, models.ChannelEmail, &point, &sender
	c.LastWritten, c.LastWrittenAt = c.LastChannel, c.LastInboundAt
	if f.waits(i) {
		c.WaitingSince, c.UnreadCount = &at, 1
	}
	return c
}

// tasks: an answer for each who waits, and a call for one in a hundred.
func (f *filler) tasks(i int64) []models.Task {
	var rows []models.Task
	add := func(t models.Task) {
		t.ID, t.ProspectID, t.UserID, t.State, t.UpdatedAt = i*2+int64(len(rows)), &i, f.reps[f.rep(i)], models.TaskOpen, t.CreatedAt
		rows = append(rows, t)
	}
	if f.waits(i) {
		at := f.heardAt(i)
		add(models.Task{Kind: models.TaskReply, DueAt: at, CreatedAt: at, Title: "Answer"})
	}
	if oneIn(100, i, 26) {
		due := f.Now.Add(time.Duration(mix(i, 27)%2880)*time.Minute - 36*time.Hour)
		add(models.Task{Kind: models.TaskCall, DueAt: due, CreatedAt: due.Add(-time.Hour), Title: "Call"})
	}
	return rows
}

func (f *filler) commitments(i int64) []models.Commitment {
	if !oneIn(20, i, 28) {
		return nil
	}
	c := models.Commitment{ID: i, ProspectID: i, RepID: f.reps[f.rep(i)], Outcome: "Send the counts", State: models.CommitmentKept,
		DueOn: models.Date(f.Now.AddDate(0, 0, int(mix(i, 29)%60)-30).Format(time.DateOnly)), CreatedAt: f.ago(i, 30, 90), UpdatedAt: f.ago(i, 30, 90)}
	if oneIn(3, i, 31) {
		c.State = models.CommitmentOpen
	} else {
		c.ClosedAt = &c.UpdatedAt
	}
	return []models.Commitment{c}
}

func (f *filler) suppressions(i int64) []models.Suppression {
	if !oneIn(100, i, 32) || f.runs(i) == models.EnrollmentActive {
		return nil
	}
	return []models.Suppression{{ID: i, Scope: models.SuppressPerson, ProspectID: &i, Reason: models.FailOptedOut, Source: "hand", By: models.ActorSystem, CreatedAt: f.ago(i, 33, 300)}}
}

func (f *filler) consents(i int64) []models.Consent {
	if !oneIn(2, i, 34) {
		return nil
	}
	at := f.ago(i, 8, 900)
	return []models.Consent{{ID: i, ProspectID: i, ContactPointID: 2 * i, Channel: models.ChannelSMS, Basis: models.ConsentWritten, Source: "web form", GivenAt: at, RecordedBy: models.ActorSystem, CreatedAt: at}}
}

func (f *filler) events(i int64) []models.Event {
	rows := []models.Event{{ID: afterStaff + i*2, At: f.ago(i, 8, 900), Actor: models.ActorSystem, Kind: models.EventImported, ProspectID: &i}}
	if f.runs(i) != "" {
		v := pick(f.versions, i, 18)
		rows = append(rows, models.Event{ID: afterStaff + i*2 + 1, At: f.ago(i, 19, 400), Actor: models.ActorSystem, Kind: models.EventEnrolled, ProspectID: &i, EnrollmentID: &i, SequenceID: &v.SequenceID})
	}
	return rows
}

// afterStaff leaves room for the events of setting the workspace up.
const afterStaff = 100_000
