package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"followup/models"
)

type bookingSettingsPage struct {
	page
	Form      form
	Set       models.BookingPage
	Days      []dayHours
	Link      string
	HasFeed   bool
	Read      *moment
	Sequences []option
}

// dayHours is one day of the week in the form.
type dayHours struct {
	Name     string
	Key      string
	From, To string
}

var weekdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

func (s *site) bookingSettings(w http.ResponseWriter, r *http.Request) error {
	set, err := s.Store.BookingPage(r.Context(), userOf(r).ID)
	if err != nil {
		return err
	}
	return s.renderBookingSettings(w, r, http.StatusOK, set, newForm())
}

func (s *site) renderBookingSettings(w http.ResponseWriter, r *http.Request, status int, set models.BookingPage, f form) error {
	p := bookingSettingsPage{page: s.page(r, "Your booking page", ""), Form: f, Set: set, HasFeed: len(set.CalendarSealed) > 0}
	p.Link = strings.TrimRight(s.PublicURL, "/") + "/b/" + s.Store.BookingLink(models.BookingToken{RepID: userOf(r).ID})
	if set.CalendarReadAt != nil {
		m := p.Ago(*set.CalendarReadAt)
		p.Read = &m
	}
	for _, day := range weekdays {
		d := dayHours{Name: day.String(), Key: strings.ToLower(day.String())}
		for _, h := range set.Hours {
			if h.Day == day {
				d.From, d.To = h.From.String(), h.To.String()
			}
		}
		if f.Values.Has(d.Key + "_from") {
			d.From, d.To = f.Get(d.Key+"_from"), f.Get(d.Key+"_to")
		}
		p.Days = append(p.Days, d)
	}
	rows, err := s.Store.SequencesFor(r.Context(), teamsOf(userOf(r))...)
	if err != nil {
		return err
	}
	p.Sequences = []option{{Value: "", Label: "Nothing: the confirmation only"}}
	for _, row := range rows {
		if row.Version != nil && row.Version.Definition.Anchor == models.AnchorAppointment {
			p.Sequences = append(p.Sequences, option{Value: idPath("", row.Sequence.ID), Label: row.Sequence.Name})
		}
	}
	picked := ""
	if set.SequenceID != nil {
		picked = idPath("", *set.SequenceID)
	}
	p.Sequences = choose(picked, p.Sequences)
	return s.views.render(w, status, "booking_settings", p)
}

func (s *site) bookingSettingsSave(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	set, err := readBookingPage(userOf(r).ID, f)
	calendar := f.Get("calendar")
	keep := calendar == "" && f.Get("forget") == ""
	if err == nil {
		err = s.CRM.SaveBookingPage(r.Context(), set, calendar, keep)
	}
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "hours", "minutes", "buffer", "notice", "days", "calendar"); err != nil {
			return err
		}
		return s.renderBookingSettings(w, r, status, set, f)
	}
	s.flash(r, "Saved.")
	return redirect(w, r, "/me/booking")
}

func readBookingPage(userID int64, f form) (models.BookingPage, error) {
	number := func(name string) int { n, _ := strconv.Atoi(f.Get(name)); return n }
	p := models.BookingPage{
		UserID: userID, Closed: f.Get("closed") != "", Minutes: number("minutes"), BufferMinutes: number("buffer"),
		NoticeHours: number("notice"), DaysAhead: number("days"), SequenceID: f.ptr("sequence"), Revision: f.int64("revision"),
	}
	for _, day := range weekdays {
		key := strings.ToLower(day.String())
		from, to := f.Get(key+"_from"), f.Get(key+"_to")
		if from == "" && to == "" {
			continue
		}
		h := models.OpenHours{Day: day}
		var err error
		if h.From, err = models.ParseTimeOfDay(from); err == nil {
			h.To, err = models.ParseTimeOfDay(to)
		}
		if err != nil {
			return p, models.Invalid("hours", "%s: write both times as 09:00, or leave both empty", day)
		}
		p.Hours = append(p.Hours, h)
	}
	return p, nil
}
