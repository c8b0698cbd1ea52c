package web_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"followup/crm"
	"followup/models"
	"followup/web/webtest"
)

// A doubtful time is asked about once more, a stale page is refused, and
// whoever says so is not told.
func TestBookMoveCancel(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		p := app.AddProspect("Dana", "Reyes")
		rep := app.SignIn(app.Rep)
		base := fmt.Sprintf("/prospects/%d", p.ID)
		status, body := rep.Post(base+"/book", form("starts_at", "2026-11-27T03:00", "minutes", "20"))
		if status != http.StatusUnprocessableEntity || !strings.Contains(text(body), "Are you sure? It is 03:00") || len(person(t, app, p).Appointments) != 0 {
			t.Fatalf("in the night: %d\n%s", status, text(body))
		}
		order := form("starts_at", "2026-11-27T10:00", "minutes", "20", "tell", "sms", "form_token", "book-1")
		rep.Post(base+"/book", order)
		rep.Post(base+"/book", order)
		app.Tick()
		calls := person(t, app, p).Appointments
		if len(calls) != 1 {
			t.Fatalf("the form sent twice booked %d calls", len(calls))
		}
		other := app.AddProspect("Joe", "Park")
		_, body = rep.Post(fmt.Sprintf("/prospects/%d/book", other.ID), form("starts_at", "2026-11-27T10:10", "minutes", "20"))
		wants(t, "over another call", body, "nother call is booked from 16:00 to 16:20 UTC")
		rep.Post(fmt.Sprintf("/prospects/%d/book", other.ID), form("starts_at", "2026-11-27T10:10", "minutes", "20", "sure", "1", "tell", "nobody"))
		if n := len(person(t, app, other).Appointments); n != 1 {
			t.Errorf("with the box ticked %d calls are booked", n)
		}
		at := fmt.Sprintf("/appointments/%d", calls[0].ID)
		rep.Post(at+"/move", form("starts_at", "2026-11-30T09:15", "revision", "1", "tell", "nobody"))
		status, body = rep.Post(at+"/move", form("starts_at", "2026-12-01T09:15", "revision", "1"))
		if status != http.StatusConflict {
			t.Errorf("a stale page: %d", status)
		}
		wants(t, "a stale page", body, "omebody moved this call")
		status, _ = rep.Post(at+"/cancel", form("revision", "1"))
		if status != http.StatusConflict {
			t.Errorf("a stale cancel: %d", status)
		}
		app.Tick()
		var told []string
		for _, m := range person(t, app, p).Messages {
			told = append(told, string(m.Channel))
		}
		if strings.Join(told, " ") != "sms" {
			t.Errorf("told by %v; want one text, of the booking", told)
		}
	})
}

var slotLink = regexp.MustCompile(`href="\?zone=([^"&]+)&amp;at=([^"]+)"`)

func slotsOf(t *testing.T, body string) []string {
	t.Helper()
	var all []string
	for _, m := range slotLink.FindAllStringSubmatch(body, -1) {
		all = append(all, strings.ReplaceAll(m[2], "%3a", ":"))
	}
	return all
}

// A customer books by their own link, moves and cancels by the call's, without
// a session and without a script.
func TestBookingLink(t *testing.T) { webtest.Each(t, webtest.Options{}, testBookingLink) }

func testBookingLink(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	app.Enroll(p, "seven-touch-follow-up", nil)
	app.Tick()
	c := app.Client()
	at := "/b/" + app.Store.BookingLink(models.BookingToken{RepID: app.Rep.ID, ProspectID: p.ID})
	status, body := c.Get(at)
	slots := slotsOf(t, body)
	if status != http.StatusOK || len(slots) == 0 {
		t.Fatalf("%d, %d times\n%s", status, len(slots), text(body))
	}
	wants(t, "the page", body, "Book a call with Rae Kim", "America/Chicago")
	for _, secret := range []string{"Dana", "Reyes", "@example.com", "+1312"} {
		if strings.Contains(body, secret) {
			t.Errorf("the page tells %q", secret)
		}
	}
	_, body = c.Get(at + "?zone=America/Chicago&at=" + slots[3])
	order := form("at", slots[3], "zone", "America/Chicago", "form_token", hiddenField(t, body, "form_token"), "note", "The second site")
	for range 2 { // a double click
		_, body = c.Post(at, order)
		wants(t, "booked", body, "Your call with Rae Kim", "Choose another time", "Cancel the call")
	}
	v := person(t, app, p)
	if len(v.Appointments) != 1 || v.Appointments[0].StartsAt.Format(time.RFC3339) != slots[3] || v.Appointments[0].BookedBy != models.ActorCustomer {
		t.Fatalf("%+v", v.Appointments)
	}
	if e := v.Enrollments[0].Enrollment; e.Active() {
		t.Errorf("the sequence goes on after they booked: %s", e.State)
	}
	call := v.Appointments[0]
	mine := "/b/" + app.Store.BookingLink(models.BookingToken{RepID: app.Rep.ID, AppointmentID: call.ID})
	_, body = c.Get(mine + "?move=1")
	later := slotsOf(t, body)
	for _, slot := range later {
		if slot == slots[3] {
			t.Error("their own time is offered to them again beside the buffer")
		}
	}
	_, body = c.Post(mine, form("at", later[len(later)-1], "zone", "America/Chicago", "revision", "1"))
	wants(t, "moved", body, "Your call with Rae Kim")
	if got := person(t, app, p).Appointments[0]; got.Revision != 2 || got.StartsAt.Format(time.RFC3339) != later[len(later)-1] {
		t.Errorf("after the move %+v", got)
	}
	_, body = c.Post(mine, form("do", "cancel", "revision", "1"))
	wants(t, "a stale cancel", body, "omebody moved this call")
	_, body = c.Post(mine, form("do", "cancel", "revision", "2"))
	wants(t, "canceled", body, "This call is canceled")
	if v := person(t, app, p); v.Appointments[0].State != models.AppointmentCanceled {
		t.Errorf("%+v", v.Appointments[0])
	}
	_, body = app.SignIn(app.Rep).Get("/")
	wants(t, "Today", body, "Dana Reyes")
	for _, bad := range []string{"x", strings.Repeat("A", 32), at[3:len(at)-1] + "A"} {
		if status, _ := c.Get("/b/" + bad); status != http.StatusNotFound {
			t.Errorf("the token %q: status %d", bad, status)
		}
	}
}

// Whoever comes without a link of their own gives name, address and number;
// an address that is known is found again.
func TestBookingLinkOfNobody(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	known := app.AddProspect("Dana", "Reyes")
	c := app.Client()
	at := "/b/" + app.Store.BookingLink(models.BookingToken{RepID: app.Rep.ID})
	_, body := c.Get(at)
	slots := slotsOf(t, body)
	status, body := c.Post(at, form("at", slots[0], "zone", "America/Denver", "name", "Ines Vogel"))
	if status != http.StatusUnprocessableEntity {
		t.Errorf("without an address: %d", status)
	}
	wants(t, "without an address", body, "Write your address")
	_, body = c.Post(at, form("at", slots[0], "zone", "America/Denver", "name", "Ines Vogel", "email", "Ines.Vogel@example.com", "phone", "303 555 0142"))
	wants(t, "somebody new", body, "Your call with Rae Kim")
	found, err := app.Store.FindProspects(context.Background(), []string{"ines.vogel@example.com"})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	who, err := app.Store.Person(context.Background(), found["ines.vogel@example.com"])
	if err != nil || who.Prospect.OwnerID != app.Rep.ID || who.Prospect.Zone != "America/Denver" || len(who.ContactPoints) != 2 {
		t.Errorf("%+v %v", who, err)
	}
	_, body = c.Post(at, form("at", slots[4], "name", "Somebody Else", "email", "dana.reyes@example.com", "phone", "+1 900 555 0100"))
	wants(t, "somebody known", body, "Your call with Rae Kim")
	if v := person(t, app, known); len(v.Appointments) != 1 || len(v.Points) != 2 || v.Prospect.Name() != "Dana Reyes" {
		t.Errorf("a stranger with their address changed them: %+v", v.Points)
	}
	if status, _ = c.Post(at, form("at", slots[0], "name", "Tom Brandt", "email", "tom@example.com", "phone", "+1 303 555 0143")); status != http.StatusConflict {
		t.Errorf("a time that is taken: %d", status)
	}
	for range 12 {
		status, _ = c.Post(at, form())
	}
	if status != http.StatusServiceUnavailable {
		t.Errorf("after many posts the status is %d", status)
	}
}

// Ten who choose the same time at once get one call.
func TestBookingLinkOnce(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		var people []models.Prospect
		for _, name := range []string{"Ann", "Bob", "Cem", "Dee", "Eva", "Fay"} {
			people = append(people, app.AddProspect(name, "Test"))
		}
		at := time.Date(2026, 11, 25, 15, 0, 0, 0, time.UTC) // 10:00 in New York
		booked := make([]error, len(people))
		var group sync.WaitGroup
		for i, p := range people {
			group.Go(func() {
				_, booked[i] = app.CRM.BookByLink(context.Background(), crm.LinkBooking{Rep: app.Rep, ProspectID: p.ID, StartsAt: at})
			})
		}
		group.Wait()
		n := 0
		for _, err := range booked {
			switch models.CodeOf(err) {
			case "":
				if err != nil {
					t.Error(err)
				}
				n++
			case models.CodeConflict:
			default:
				t.Error(err)
			}
		}
		if n != 1 {
			t.Errorf("%d of them got the same time", n)
		}
	})
}

func TestBookingSettings(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	rep := app.SignIn(app.Rep)
	_, body := rep.Get("/me/booking")
	wants(t, "the settings", body, "Your booking page", "America/New_York", "booking_link")
	set := form("revision", "0", "minutes", "30", "buffer", "0", "notice", "0", "days", "14", "tuesday_from", "09:00", "tuesday_to", "10:00")
	set.Set("calendar", "http://calendar.example.com/secret.ics")
	_, body = rep.Post("/me/booking", set)
	wants(t, "an open address", body, "ust begin with https")
	set.Set("calendar", "https://calendar.example.com/secret.ics")
	_, body = rep.Post("/me/booking", set)
	wants(t, "saved", body, "Saved")
	if strings.Contains(body, "secret.ics") {
		t.Error("the page shows the calendar's secret address")
	}
	p, err := app.Store.BookingPage(context.Background(), app.Rep.ID)
	if err != nil || len(p.Hours) != 1 || strings.Contains(string(p.CalendarSealed), "secret") {
		t.Errorf("%+v %v", p, err)
	}
	if status, _ := rep.Post("/me/booking", set); status != http.StatusConflict {
		t.Errorf("another tab's form: %d", status)
	}
	_, body = app.Client().Get("/b/" + app.Store.BookingLink(models.BookingToken{RepID: app.Rep.ID}) + "?zone=America/New_York")
	wants(t, "the page", body, "Tuesday 24 November", "09:30")
	if n := len(slotsOf(t, body)); n != 4 {
		t.Errorf("%d times on two Tuesdays of one hour", n)
	}
}

// By keyboard and in a browser: the page shows the times of whoever looks.
func TestBookingInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Noor", "Haddad")
	b := browser{t: t, ctx: webtest.Browser(t, time.Minute), app: app}
	at := "/b/" + app.Store.BookingLink(models.BookingToken{RepID: app.Rep.ID, ProspectID: p.ID})
	b.do("open", chromedp.Navigate(app.URL+at+"?zone=America/Chicago"), chromedp.WaitVisible(chromedp.CSS(".slots a")))
	b.do("choose", chromedp.Focus(chromedp.CSS(".slots a")), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS("#f-note")))
	b.do("book", chromedp.SendKeys(chromedp.CSS("#f-note"), "Prices"), chromedp.Click(chromedp.CSS(".btn.primary")), chromedp.WaitVisible(chromedp.CSS(".booking .danger")))
	b.see("Your call with Rae Kim", "CST")
	if n := len(person(t, app, p).Appointments); n != 1 {
		t.Errorf("%d calls", n)
	}
}
