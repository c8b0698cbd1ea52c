package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/httprate"

	"followup/crm"
	"followup/models"
	"followup/scheduler"
	"followup/store"
)

// bookingPublicPage is where a customer chooses a time: of one user's free
// times it shows nothing but that they are free.
type bookingPublicPage struct {
	page
	Token   string
	Rep     string
	Minutes int
	Zone    string
	Zones   []option
	Days    []slotDay
	More    string // the days after these
	At      *slotView
	AskWho  bool // a link of nobody in particular
	Form    form
	Once    string // the form's token
	Call    *models.Appointment
	When    string // of the call that is booked
	Move    bool
}

type slotDay struct {
	Name  string
	Slots []slotView
}

type slotView struct {
	Value string // UTC, as the form sends it
	Clock string
	Whole string // with its day and zone
}

// slotDays is how many days with free times a page shows.
const slotDays = 6

func (s *site) bookingRoutes(mux *http.ServeMux) {
	limit := func(n int, h http.Handler) http.Handler {
		return httprate.LimitBy(n, time.Minute, func(r *http.Request) (string, error) { return clientAddress(r), nil },
			httprate.WithLimitHandler(s.plain(func(http.ResponseWriter, *http.Request) error { return errTooOften })))(h)
	}
	mux.Handle("GET /b/{token}", limit(60, s.plain(s.bookingShow)))
	mux.Handle("POST /b/{token}", limit(10, s.plain(s.bookingTake)))
}

var errTooOften = models.Errorf(models.CodeUnavailable, "That was often in a short time. Wait a minute, then try again.")

// bookingLink is what the address stands for: whose page, for whom, which call.
type bookingLink struct {
	token string
	of    models.BookingToken
	rep   models.User
	page  models.BookingPage
	call  *models.Appointment
	zone  string // of the customer, as far as it is known
}

var errNoBooking = models.Errorf(models.CodeNotFound, "This link does not lead to a calendar any more. Please answer the message that brought you here.")

func (s *site) bookingLink(r *http.Request) (bookingLink, error) {
	l := bookingLink{token: r.PathValue("token")}
	var ok bool
	if l.of, ok = s.Store.ReadBookingLink(l.token); !ok {
		return l, errNoBooking
	}
	ctx := r.Context()
	if id := l.of.AppointmentID; id != 0 {
		v, err := s.Store.ViewAppointment(ctx, id)
		if err != nil {
			return l, errNoBooking
		}
		l.call, l.of.ProspectID, l.of.RepID = &v.Appointment, v.Appointment.ProspectID, v.Appointment.RepID
	}
	var err error
	if l.rep, err = s.bookedWith(ctx, l.of); err != nil || l.rep.DisabledAt != nil {
		return l, errNoBooking
	}
	if l.page, err = s.Store.BookingPage(ctx, l.rep.ID); err != nil {
		return l, err
	}
	if id := l.of.ProspectID; id != 0 {
		person, err := s.Store.Person(ctx, id)
		if err != nil || person.Prospect.ErasedAt != nil {
			return l, errNoBooking
		}
		if m := person.Prospect.MergedInto; m != nil {
			l.of.ProspectID = *m
		}
		l.zone = person.Prospect.Zone
	}
	return l, nil
}

// bookedWith is whose page a link leads to: of somebody who works here no
// more, that of whoever follows up with the customer now.
func (s *site) bookedWith(ctx context.Context, of models.BookingToken) (models.User, error) {
	rep, err := s.Store.ViewUser(ctx, of.RepID)
	if err != nil || rep.DisabledAt == nil || of.ProspectID == 0 {
		return rep, err
	}
	about, _, err := s.Store.About(ctx, store.SubjectProspect, of.ProspectID)
	if err != nil {
		return rep, err
	}
	return s.Store.ViewUser(ctx, about.OwnerID)
}

func (s *site) bookingShow(w http.ResponseWriter, r *http.Request) error {
	l, err := s.bookingLink(r)
	if err != nil {
		return err
	}
	return s.renderBooking(w, r, l, http.StatusOK, newForm())
}

func (s *site) renderBooking(w http.ResponseWriter, r *http.Request, l bookingLink, status int, f form) error {
	p := bookingPublicPage{page: s.bare(r, "Book a call"), Token: l.token, Rep: l.rep.Name, Minutes: l.page.Minutes, Form: f, Once: newToken(), AskWho: l.of.ProspectID == 0, Call: l.call}
	if set, err := s.Store.Settings(r.Context()); err == nil {
		p.Workspace = set.Workspace
	}
	theirs, loc := bookingZone(r, f, l)
	p.Zone, p.Zones = theirs, choose(theirs, zoneOptions(theirs))
	if l.call != nil {
		p.Title, p.When = "Your call", momentIn(l.call.StartsAt, loc)
		p.Move = r.URL.Query().Has("move") || r.URL.Query().Has("at") || f.Failed()
	}
	repZone, err := models.LoadZone(l.rep.Zone)
	if err != nil {
		return err
	}
	busy, err := s.Store.Busy(r.Context(), l.page, s.Clock())
	if err != nil {
		return err
	}
	slots := l.page.Slots(repZone, s.Clock(), busy)
	at := f.Get("at")
	if at == "" {
		at = r.URL.Query().Get("at")
	}
	if chosen, err := time.Parse(time.RFC3339, at); err == nil && slices.ContainsFunc(slots, chosen.Equal) {
		v := viewSlot(chosen, loc)
		p.At = &v
	} else if at != "" && f.General == "" && l.call == nil {
		p.Form.General = "This time has just been taken. Please choose another."
	}
	from, _ := time.Parse(time.RFC3339, r.URL.Query().Get("from"))
	var next time.Time
	p.Days, next = daysOf(slots, from, loc)
	if !next.IsZero() {
		p.More = "?" + url.Values{"zone": {theirs}, "from": {next.UTC().Format(time.RFC3339)}, "move": {"1"}}.Encode()
	}
	return s.views.render(w, status, "book", p)
}

// bookingZone is the zone in which the times are shown: the one chosen, else
// the customer's own, else the rep's.
func bookingZone(r *http.Request, f form, l bookingLink) (string, *time.Location) {
	for _, name := range []string{f.Get("zone"), r.URL.Query().Get("zone"), l.zone, l.rep.Zone} {
		if loc, err := models.LoadZone(name); err == nil {
			return name, loc
		}
	}
	return "UTC", time.UTC
}

func daysOf(slots []time.Time, from time.Time, loc *time.Location) (days []slotDay, next time.Time) {
	var last models.Date
	for _, at := range slots {
		if at.Before(from) {
			continue
		}
		day := models.DateOf(at, loc)
		if day != last {
			if len(days) == slotDays {
				return days, at
			}
			days, last = append(days, slotDay{Name: at.In(loc).Format("Monday 2 January")}), day
		}
		d := &days[len(days)-1]
		d.Slots = append(d.Slots, viewSlot(at, loc))
	}
	return days, time.Time{}
}

func viewSlot(at time.Time, loc *time.Location) slotView {
	return slotView{Value: at.UTC().Format(time.RFC3339), Clock: at.In(loc).Format("15:04"), Whole: momentIn(at, loc)}
}

func momentIn(at time.Time, loc *time.Location) string {
	there := at.In(loc)
	return there.Format("Monday 2 January 2006, 15:04 ") + zoneName(there)
}

// bookingTake books, moves or cancels.
func (s *site) bookingTake(w http.ResponseWriter, r *http.Request) error {
	l, err := s.bookingLink(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	call, err := s.takeSlot(r, l, f)
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "name", "email", "phone"); err != nil {
			return err
		}
		return s.renderBooking(w, r, l, status, f)
	}
	// The page of the call itself: to look at, to move and to cancel.
	to := "/b/" + s.Store.BookingLink(models.BookingToken{RepID: call.RepID, AppointmentID: call.ID}) + "?" + url.Values{"zone": {f.Get("zone")}}.Encode()
	return redirect(w, r, to)
}

func (s *site) takeSlot(r *http.Request, l bookingLink, f form) (models.Appointment, error) {
	ctx := r.Context()
	revision, _ := strconv.Atoi(f.Get("revision"))
	if f.Get("do") == "cancel" && l.call != nil {
		return *l.call, s.CRM.CancelByLink(ctx, *l.call, revision)
	}
	at, err := time.Parse(time.RFC3339, f.Get("at"))
	if err != nil {
		return models.Appointment{}, models.Errorf(models.CodeInvalid, "Choose one of the times first.")
	}
	if l.call != nil {
		return *l.call, s.CRM.MoveByLink(ctx, l.rep, *l.call, at, revision)
	}
	zone := f.Get("zone")
	if _, err := models.LoadZone(zone); err != nil {
		zone = ""
	}
	token := f.Get("form_token")
	if len(token) > 64 {
		token = ""
	}
	a, err := s.CRM.BookByLink(ctx, crm.LinkBooking{
		Rep: l.rep, ProspectID: l.of.ProspectID, StartsAt: at, Name: f.Get("name"), Email: f.Get("email"), Phone: f.Get("phone"),
		Zone: zone, Note: f.Get("note"), FormToken: token,
	})
	// One that waited for a call goes on with this one.
	if err == nil && l.page.SequenceID != nil && a.EnrollmentID == nil {
		s.followBooking(r, l, a)
	}
	return a, err
}

// followBooking puts the call into the sequence of its reminders. The call is
// booked, whether that goes or not: why it does not is for us, not for them.
func (s *site) followBooking(r *http.Request, l bookingLink, a models.Appointment) {
	_, err := s.Scheduler.Enroll(r.Context(), scheduler.EnrollRequest{
		ProspectID: a.ProspectID, SequenceID: *l.page.SequenceID, RepID: l.rep.ID, By: models.ActorCustomer, AppointmentID: &a.ID,
	})
	if err != nil && models.CodeOf(err) != models.CodeConflict {
		s.Log.Warn("a booked call has no reminders", "appointment", a.ID, "error", err)
	}
}

// zoneOptions are zones to choose from, with the one that is shown.
func zoneOptions(shown string) []option {
	names := []string{
		"Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Phoenix", "America/Denver", "America/Chicago", "America/New_York",
		"America/Halifax", "America/Sao_Paulo", "Europe/London", "Europe/Paris", "Europe/Berlin", "Europe/Athens", "Europe/Istanbul",
		"Africa/Johannesburg", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "UTC",
	}
	if !slices.Contains(names, shown) {
		names = append([]string{shown}, names...)
	}
	var all []option
	for _, n := range names {
		all = append(all, option{Value: n, Label: strings.ReplaceAll(n, "_", " ")})
	}
	return all
}
