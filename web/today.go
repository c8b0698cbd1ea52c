package web

import (
	"net/http"
	"time"

	"followup/models"
	"followup/store"
)

// bookedAhead is how far ahead the queue shows booked calls.
const bookedAhead = 24 * time.Hour

type todayPage struct {
	page
	Sections []queueSection
	Left     store.Count
	Ahead    int // booked calls that have not opened yet
	Done     int64
}

// queueSection is one part of the queue, in the order in which to work.
type queueSection struct {
	Key, Title string
	Rows       []queueRow
}

// queueRow is one thing to do.
type queueRow struct {
	Href    string
	Icon    string
	What    string
	Who     *store.Who
	Title   string
	Text    string
	Why     string
	When    moment
	Due     string // "": not yet; "now", "late"
	Opens   string // ISO, of a booked call still to come
	Action  string
	Channel models.ChannelKind
}

// today is one queue: booked calls, customers who wait, calls due, what needs
// repair, the rest.
func (s *site) today(w http.ResponseWriter, r *http.Request) error {
	u := userOf(r)
	p := todayPage{page: s.page(r, "Today", "today")}
	now := p.now
	local := now.In(p.mine)
	dayStart := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, p.mine)
	v, err := s.Store.ViewToday(r.Context(), u.ID, dayStart.UTC(), now.Add(bookedAhead))
	if err != nil {
		return err
	}
	p.Left, p.Ahead, p.Done = v.Open, len(v.Booked), v.Done
	p.Sections = queue(p.times, v)
	return s.show(w, "today", p)
}

func queue(t times, v store.TodayView) []queueSection {
	booked := queueSection{Key: "booked", Title: "Booked calls"}
	waiting := queueSection{Key: "waiting", Title: "Waiting for your answer"}
	calls := queueSection{Key: "calls", Title: "Calls due"}
	resolve := queueSection{Key: "resolve", Title: "Needs repair"}
	rest := queueSection{Key: "rest", Title: "Also to do"}
	for _, task := range v.Tasks {
		row := taskQueueRow(t, task)
		switch {
		case task.Task.Kind == models.TaskCall && task.Appointment != nil:
			booked.Rows = append(booked.Rows, row)
		case task.Task.Kind == models.TaskReply:
			waiting.Rows = append(waiting.Rows, row)
		case task.Task.Kind == models.TaskCall:
			calls.Rows = append(calls.Rows, row)
		case task.Task.Kind == models.TaskResolve:
			resolve.Rows = append(resolve.Rows, row)
		default:
			rest.Rows = append(rest.Rows, row)
		}
	}
	for _, b := range v.Booked {
		booked.Rows = append(booked.Rows, bookedQueueRow(t, b))
	}
	return []queueSection{booked, waiting, calls, resolve, rest}
}

func taskQueueRow(t times, row store.TaskRow) queueRow {
	q := queueRow{Href: idPath("/tasks/", row.Task.ID), Who: row.Who, Title: row.Task.Title, Why: row.Why, When: t.Since(row.Task.DueAt), Action: "Open", Channel: row.Channel, Due: "now"}
	if t.Overdue(row.Task.DueAt) {
		q.Due = "late"
	}
	if q.Why == "" && row.Sequence != "" {
		q.Why = row.Sequence
	}
	switch row.Task.Kind {
	case models.TaskCall:
		q.Icon, q.What, q.Action = "phone", "Call", "Call"
		q.Text = sentence(afterCalling(row.Task.Prep.TalkingPoint))
		if row.Appointment != nil && row.Who != nil {
			q.When = t.Both(row.Appointment.StartsAt, row.Who.Prospect.Zone)
			q.What = "Booked call"
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
			q.Href = idPath("/prospects/", row.Who.Prospect.ID) + "#answer"
		}
	case models.TaskResolve:
		q.Icon, q.What, q.Action = "alert", "Repair", "Look"
		q.Text = row.Task.Detail
		if q.Why == "" {
			q.Why = sentence(reasonText(row.Task.Reason))
		}
	default:
		q.Icon, q.What = "check", "Review"
		q.Text = row.Task.Detail
	}
	return q
}

func bookedQueueRow(t times, b store.BookedRow) queueRow {
	who := b.Who
	return queueRow{
		Href: idPath("/appointments/", b.Appointment.ID), Icon: "phone", What: "Booked call", Who: &who,
		Text: b.Appointment.Title, Why: "Agreed with them; it opens at the minute", Action: "Prepare",
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
