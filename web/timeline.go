package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"followup/models"
	"followup/store"
)

// timelineItem is one thing in a person's history: a message as a bubble,
// anything else as a line.
type timelineItem struct {
	At      time.Time
	rank    int // of things in the same instant: what led to the rest first
	order   int64
	When    moment
	Day     string // set where a new day begins
	Message *messageView
	Call    *callView
	Line    *lineView
	Pending *pendingView
}

type messageView struct {
	models.Message
	Inbound bool
	Body    string
	Quoted  bool // there is more than Body
	Rich    richText
	State   string
	Auto    string // what kind of machine wrote it
	// Stranger is the address it came from, where that is none of theirs.
	Stranger string
	Answers  string // of a call: the voicemail that it returns
	Media    []mediaView
	Pictures bool // it would load some from elsewhere
}

type callView struct {
	Label  string
	Notes  string
	Missed bool
}

// lineView is what happened besides: skipped, held, paused, booked.
type lineView struct {
	Icon, Text, Why, Tone string
}

// timeline merges everything in the order in which it happened, oldest first.
func timeline(t times, v store.PersonView) []timelineItem {
	var items []timelineItem
	for _, m := range v.Messages {
		at := m.CreatedAt
		if m.SentAt != nil {
			at = *m.SentAt
		}
		view := viewMessage(m)
		view.Stranger, view.Answers = stranger(m, v), t.returned(m, v)
		items = append(items, timelineItem{At: at, rank: 1, order: m.ID, Message: view})
	}
	for _, c := range v.Calls {
		if c.ClosedAt != nil {
			items = append(items, timelineItem{At: *c.ClosedAt, rank: 1, order: c.ID, Call: &callView{
				Label: outcomeLabel(c.Outcome), Notes: c.Notes, Missed: c.State == models.TaskMissed}})
		}
	}
	for _, e := range v.Events {
		if line := eventLine(e, v); line != nil {
			rank := 2
			if e.Kind == models.EventEnrolled {
				rank = 0
			}
			items = append(items, timelineItem{At: e.At, rank: rank, order: e.ID, Line: line})
		}
	}
	for _, o := range v.Opens {
		items = append(items, timelineItem{At: o.LastAt, rank: 2, order: o.ID, Line: openedLine(o)})
	}
	for _, x := range v.Touches {
		if x.State == models.TouchSkipped && x.EndedAt != nil {
			why := x.EndDetail
			if why == "" {
				why = reasonText(x.EndReason)
			}
			items = append(items, timelineItem{At: *x.EndedAt, rank: 2, order: x.ID, Line: &lineView{
				Icon: "skip", Text: lookOf(x.Channel).Name + " left out", Why: strings.TrimPrefix(why, "left out: ")}})
		}
	}
	slices.SortStableFunc(items, func(a, b timelineItem) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return int(a.order - b.order)
	})
	day := ""
	for i := range items {
		items[i].When = t.Clock(items[i].At)
		if d := t.day(items[i].At.In(t.mine)); d != day {
			day, items[i].Day = d, d
		}
	}
	return items
}

// openedLine: a link of ours was opened. Programs open links too, so it says no
// more than that.
func openedLine(o models.LinkOpen) *lineView {
	line := &lineView{Icon: "flag", Text: "Link opened", Why: o.URL}
	if o.Opens > 1 {
		line.Text = fmt.Sprintf("Link opened %d times", o.Opens)
	}
	return line
}

func viewMessage(m models.Message) *messageView {
	v := &messageView{Message: m, Inbound: m.Direction == models.Inbound, Body: m.Text}
	if v.Inbound {
		v.Body = visible(m)
		v.Rich, v.Pictures = sanitise(m.HTML), pictured(m)
		v.Quoted = v.Body != m.Text || v.Rich != ""
		v.Auto = classWords[m.Class]
	}
	v.Media = viewMedia(m)
	v.State = messageState(m)
	return v
}

// stranger is the address that a person's own message came from, where the
// prospect does not have it: it was matched by our thread.
func stranger(m models.Message, v store.PersonView) string {
	if m.Direction != models.Inbound || !m.Class.Engagement() || m.FromAddress == "" {
		return ""
	}
	for _, cp := range v.Points {
		if cp.Value == m.FromAddress {
			return ""
		}
	}
	return m.FromAddress
}

// returned says which of our voicemails a call of theirs answers.
func (t times) returned(m models.Message, v store.PersonView) string {
	if m.Direction != models.Inbound || m.TouchID == nil || len(m.Text) > 0 {
		return ""
	}
	for _, x := range v.Touches {
		if x.ID == *m.TouchID && x.EndedAt != nil {
			return "Returns the voicemail of " + t.Mine(*x.EndedAt).Text
		}
	}
	return ""
}

var messageStates = map[models.MessageState]string{
	models.MessageQueued: "Sending", models.MessageSent: "Sent", models.MessageDelivered: "Delivered", models.MessageRead: "Read", models.MessageFailed: "Failed",
}

func messageState(m models.Message) string {
	s := messageStates[m.State]
	if m.State == models.MessageFailed && m.ErrorDetail != "" {
		s += ": " + m.ErrorDetail
	}
	return s
}

// lineKinds are the events that are lines of the conversation; the rest is in
// the history below.
var lineKinds = map[models.EventKind]lineView{
	models.EventEnrolled:          {Icon: "steps", Text: "Enrolled"},
	models.EventPaused:            {Icon: "pause", Text: "Sequence paused", Tone: "warn"},
	models.EventResumed:           {Icon: "play", Text: "Sequence resumed"},
	models.EventFinished:          {Icon: "check", Text: "Sequence ended"},
	models.EventBooked:            {Icon: "calendar", Text: "Call booked"},
	models.EventMoved:             {Icon: "calendar", Text: "Call moved"},
	models.EventSuppressed:        {Icon: "block", Text: "Do not contact", Tone: "bad"},
	models.EventSuppressionLifted: {Icon: "check", Text: "May be contacted again"},
	models.EventTouchUnconfirmed:  {Icon: "alert", Text: "Not known whether it was sent", Tone: "warn"},
	models.EventContactInvalid:    {Icon: "alert", Text: "Contact point does not work", Tone: "bad"},
	models.EventCommitment:        {Icon: "flag", Text: "Promise recorded"},
}

// explained are the lines whose code says why.
var explained = map[models.EventKind]bool{
	models.EventPaused: true, models.EventFinished: true, models.EventSuppressed: true, models.EventContactInvalid: true,
}

func eventLine(e models.Event, v store.PersonView) *lineView {
	line, ok := lineKinds[e.Kind]
	if !ok {
		return nil
	}
	if name := runName(e.EnrollmentID, v); name != "" {
		line.Text += ": " + name
	}
	if e.Code != "" && explained[e.Kind] {
		line.Why = codeText(e.Code)
	}
	return &line
}

func runName(id *int64, v store.PersonView) string {
	if id == nil {
		return ""
	}
	for _, e := range v.Enrollments {
		if e.Enrollment.ID == *id {
			return e.Sequence.Name
		}
	}
	return ""
}

// lately is the end of a timeline, for where the whole would be too much.
func lately(t times, items []timelineItem, n int) []timelineItem {
	if len(items) > n {
		items = items[len(items)-n:]
	}
	if len(items) > 0 && items[0].Day == "" {
		items[0].Day = t.day(items[0].At.In(t.mine))
	}
	return items
}
