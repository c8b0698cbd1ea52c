package web

import (
	"slices"
	"strconv"

	"followup/models"
	"followup/store"
)

// incident is what went wrong in the same way, with what can be done about it.
type incident struct {
	Reason  models.Reason
	Title   string
	Text    string
	Icon    string
	Tasks   []incidentTask
	Touches []store.TouchRow // of hand-overs that nobody knows the fate of
	Sender  int64
	May     bool // the signed-in user may start the sender
	Urgent  bool
}

// incidentTask is one of an incident's, with where it is mended.
type incidentTask struct {
	store.TaskRow
	Mend link
}

type link struct{ Href, Label string }

// choice is a button that settles an incident, or those chosen of it.
type choice struct {
	Do, Label, Icon string
	Quiet           bool
}

// Unconfirmed tells whether it is about hand-overs.
func (i incident) Unconfirmed() bool { return i.Reason == models.AttentionUnconfirmed && i.Sender != 0 }

// Blocked tells whether it is about a sender that was stopped.
func (i incident) Blocked() bool { return i.Reason == models.AttentionSender && i.Sender != 0 }

// ofStep tells whether people rest because a step of theirs could not be
// carried out; ofPlace, because nobody knows at which step they stand.
func (i incident) ofStep() bool {
	return i.rests() && slices.Contains([]models.Reason{models.AttentionRender, models.AttentionZone, models.AttentionNoSender, models.AttentionInvalid, models.AttentionSender}, i.Reason)
}

func (i incident) ofPlace() bool {
	return i.rests() && (i.Reason == models.AttentionPlan || i.Reason == models.AttentionVersion)
}

func (i incident) rests() bool {
	return !slices.ContainsFunc(i.Tasks, func(t incidentTask) bool { return t.Task.EnrollmentID == nil })
}

// Choices are the buttons. What rests can be tried again, go on without the
// step, or end; the rest was seen to, or is set aside.
func (i incident) Choices() []choice {
	again, remove := "Try again", "Take out of the sequence"
	if len(i.Tasks) > 1 {
		again = "Try all again"
	}
	switch {
	case i.ofStep():
		return []choice{{"again", again, "reply", false}, {"skip", "Leave the step out", "next", false}, {"remove", remove, "block", true}}
	case i.ofPlace():
		return []choice{{"again", again, "reply", false}, {"remove", remove, "block", true}}
	case len(i.Tasks) > 1:
		return []choice{{"done", "All seen to", "check", false}, {"dismissed", "Set all aside", "", true}}
	}
	return []choice{{"done", "Seen to", "check", false}, {"dismissed", "Set aside", "", true}}
}

// mendOf is where what a task is about is put right.
func mendOf(t models.Task) link {
	switch t.Reason {
	case models.AttentionRender, models.AttentionInvalid:
		if t.ProspectID != nil {
			return link{idPath("/prospects/", *t.ProspectID) + "/edit", "Fill it in"}
		}
	case models.AttentionZone:
		if t.ProspectID != nil {
			return link{idPath("/prospects/", *t.ProspectID) + "/edit", "Set the time zone"}
		}
	case models.AttentionNoSender:
		return link{"/accounts", "Connect an account"}
	case models.AttentionVersion:
		if t.EnrollmentID != nil {
			return link{idPath("/enrollments/", *t.EnrollmentID) + "/place", "Choose the step"}
		}
	case models.AttentionMailbox, models.AttentionSecret, models.AttentionSender:
		if t.SenderID != nil {
			return link{idPath("/accounts/", *t.SenderID), "To the account"}
		}
	}
	return link{idPath("/tasks/", t.ID), "Look at it"}
}

// incidents puts tasks together that one decision can settle: those of one
// reason, and hand-overs and stops each by sender.
func incidents(v store.Attention, u models.User) []incident {
	var all []incident
	place := map[string]int{}
	for _, row := range v.Tasks {
		t := row.Task
		if t.Reason == models.AttentionUnmatched && v.Unmatched.Total.N > 0 {
			continue // its messages are listed by themselves, each with its buttons
		}
		key := string(t.Reason)
		alone := t.Reason == models.AttentionUnconfirmed || t.Reason == models.AttentionSender && t.SenderID != nil || t.Reason == models.AttentionSecret || t.Reason == models.AttentionRestored
		if alone {
			key += " " + strconv.FormatInt(t.ID, 10)
		}
		if t.EnrollmentID != nil {
			key += " rests" // apart from what merely tells
		}
		i, ok := place[key]
		if !ok {
			i = len(all)
			place[key] = i
			in := incident{Reason: t.Reason, Title: sentence(reasonText(t.Reason)), Icon: "alert"}
			if alone {
				in.Title, in.Text = t.Title, t.Detail
			}
			if t.SenderID != nil {
				in.Sender = *t.SenderID
				in.Touches = v.Touches[in.Sender]
				in.May = mayStart(v.Stopped, in.Sender, u)
			}
			all = append(all, in)
		}
		all[i].Tasks = append(all[i].Tasks, incidentTask{row, mendOf(t)})
		all[i].Urgent = all[i].Urgent || t.Urgent
	}
	slices.SortStableFunc(all, func(a, b incident) int {
		switch {
		case a.Urgent == b.Urgent:
			return 0
		case a.Urgent:
			return -1
		}
		return 1
	})
	return all
}

func mayStart(stopped []models.Sender, id int64, u models.User) bool {
	return slices.ContainsFunc(stopped, func(x models.Sender) bool { return x.ID == id && mayChange(u, x) })
}

// stoppedApart are the accounts that do not send and that no incident is about.
func stoppedApart(v store.Attention, all []incident, u models.User) []stoppedRow {
	var rows []stoppedRow
	for _, x := range v.Stopped {
		if !slices.ContainsFunc(all, func(i incident) bool { return i.Blocked() && i.Sender == x.ID }) {
			rows = append(rows, stoppedRow{x, mayChange(u, x)})
		}
	}
	return rows
}
