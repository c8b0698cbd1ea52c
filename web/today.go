package web

import (
	"net/http"
	"net/url"
	"time"

	"followup/models"
	"followup/store"
)

// bookedAhead is how far ahead the queue shows booked calls.
const bookedAhead = 24 * time.Hour

// bookedFar is how far ahead they are shown by themselves.
const bookedFar = 365 * 24 * time.Hour

type todayPage struct {
	page
	Sections []queueSection
	Left     store.Count
	Snoozed  store.Count
	Ahead    int // booked calls before their minute
	Done     int64
	Parts    []queueFilter
	Whose    []queueFilter
	Filtered bool
	Self     string // this view's address, by which it renews itself
	Topic    string // what its live updates are about
	Later    laterForms
}

// queueFilter is one choice of a filter.
type queueFilter struct {
	Label, Href string
	On          bool
}

// queueSection is one part of the queue, in the order in which to work.
type queueSection struct {
	Key, Title, Note string
	Rows             []queueRow
	Cut              bool // there are more than these
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
	Left    string // until then
	Action  string
	Channel models.ChannelKind
	Kind    models.TaskKind
	TaskID  int64  // what can be put off and handed over; 0: neither
	Rep     string // who has it, where it is not the viewer
	Note    string // what came with it from a colleague
	Until   string // ISO: a booked call is put off until then at most
}

// today is one queue: booked calls, call-backs, customers who wait, calls due,
// the rest.
func (s *site) today(w http.ResponseWriter, r *http.Request) error {
	u := userOf(r)
	p := todayPage{page: s.page(r, "Today", "today")}
	q := r.URL.Query()
	whose, err := s.whoseQueue(r, q.Get("who"))
	if err != nil {
		return err
	}
	f := store.TodayFilter{UserIDs: whose.ids, Part: store.QueuePart(q.Get("part")), Now: p.now, DayStart: p.startOfDay(), Until: p.now.Add(bookedAhead)}
	if f.Part == store.PartBooked {
		f.Until = p.now.Add(bookedFar) // who asks for booked calls wants them all
	}
	if can(u.Role, maySeeTeam) && whose.name == "" && f.Part == "" {
		f.OverdueOf = whose.team
	}
	v, err := s.Store.ViewToday(r.Context(), f)
	if err != nil {
		return err
	}
	p.Left, p.Snoozed, p.Ahead, p.Done = v.Open, v.Snoozed, len(v.Upcoming)+len(v.Booked), v.Done
	p.Sections = queue(p.times, u.ID, v, f.Part)
	p.Parts, p.Whose = partFilters(q, f.Part, v.Snoozed), whose.filters(q)
	p.Filtered = f.Part != ""
	p.Self, p.Topic = r.URL.RequestURI(), "today"
	if whose.name != "" || len(f.OverdueOf) > 0 {
		p.Topic = "today-all"
	}
	p.Later, err = s.laterForms(r, p.times)
	if err != nil {
		return err
	}
	return s.show(w, "today", p)
}

// startOfDay is when the user's own day began.
func (t times) startOfDay() time.Time {
	local := t.now.In(t.mine)
	return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, t.mine).UTC()
}

// partTitles in the order of store.QueueParts.
var partTitles = map[store.QueuePart]string{
	store.PartBooked: "Booked calls", store.PartBack: "Call-backs", store.PartWaiting: "Waiting for us",
	store.PartCalls: "Calls due", store.PartRest: "Also to do", store.PartSnoozed: "Snoozed",
}

func queue(t times, viewer int64, v store.TodayView, part store.QueuePart) []queueSection {
	if part == store.PartSnoozed {
		snoozed := queueSection{Key: "snoozed", Title: partTitles[part]}
		for _, row := range v.Tasks {
			snoozed.Rows = append(snoozed.Rows, snoozedQueueRow(t, viewer, row))
		}
		snoozed.Cut = v.Cut
		return []queueSection{snoozed}
	}
	sections := make([]queueSection, 0, len(store.QueueParts)+1)
	for _, part := range store.QueueParts {
		section := queueSection{Key: string(part), Title: partTitles[part]}
		for _, row := range v.Tasks {
			if row.Part == part {
				section.Rows = append(section.Rows, taskQueueRow(t, viewer, row))
			}
		}
		if part == store.PartBooked {
			for _, row := range v.Upcoming {
				section.Rows = append(section.Rows, upcomingQueueRow(t, viewer, row))
			}
			for _, b := range v.Booked {
				section.Rows = append(section.Rows, bookedQueueRow(t, b))
			}
		}
		section.Cut = v.Cut && len(v.Tasks) > 0 && v.Tasks[len(v.Tasks)-1].Part == part
		sections = append(sections, section)
	}
	overdue := queueSection{Key: "overdue", Title: "Overdue in your team", Note: "Open for a working day and more. Ask, or take it over."}
	for _, row := range v.Overdue {
		overdue.Rows = append(overdue.Rows, taskQueueRow(t, viewer, row))
	}
	return append(sections, overdue)
}

func partFilters(q url.Values, chosen store.QueuePart, snoozed store.Count) []queueFilter {
	all := []queueFilter{{Label: "All", Href: todayPath(q, "part", ""), On: chosen == ""}}
	for _, part := range store.QueueParts {
		all = append(all, queueFilter{Label: partTitles[part], Href: todayPath(q, "part", string(part)), On: chosen == part})
	}
	if snoozed.N > 0 || chosen == store.PartSnoozed {
		all = append(all, queueFilter{Label: "Snoozed " + countText(snoozed), Href: todayPath(q, "part", string(store.PartSnoozed)), On: chosen == store.PartSnoozed})
	}
	return all
}

// todayPath is Today with one filter changed.
func todayPath(q url.Values, key, value string) string {
	next := url.Values{}
	for _, k := range []string{"part", "who"} {
		v := q.Get(k)
		if k == key {
			v = value
		}
		if v != "" {
			next.Set(k, v)
		}
	}
	if len(next) == 0 {
		return "/"
	}
	return "/?" + next.Encode()
}
