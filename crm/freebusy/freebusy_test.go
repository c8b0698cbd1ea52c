package freebusy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"followup/models"
)

var span = models.Interval{From: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 12, 7, 0, 0, 0, 0, time.UTC)}

func calendar(events ...string) string {
	return strings.ReplaceAll("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n"+strings.Join(events, "")+"END:VCALENDAR\n", "\n", "\r\n")
}

func event(lines ...string) string {
	return "BEGIN:VEVENT\nUID:u1\nDTSTAMP:20261101T000000Z\n" + strings.Join(lines, "\n") + "\nEND:VEVENT\n"
}

func TestRead(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content string
		want    string
		unread  int
	}{
		"one":         {calendar(event("DTSTART:20261124T150000Z", "DTEND:20261124T160000Z")), "24 15:00-16:00", 0},
		"free":        {calendar(event("DTSTART:20261124T150000Z", "DTEND:20261124T160000Z", "TRANSP:TRANSPARENT")), "", 0},
		"canceled":    {calendar(event("DTSTART:20261124T150000Z", "DTEND:20261124T160000Z", "STATUS:CANCELLED")), "", 0},
		"floating":    {calendar(event("DTSTART:20261124T090000", "DTEND:20261124T093000")), "24 14:00-14:30", 0},
		"whole day":   {calendar(event("DTSTART;VALUE=DATE:20261125", "DTEND;VALUE=DATE:20261126")), "25 05:00-05:00", 0},
		"duration":    {calendar(event("DTSTART:20261124T150000Z", "DURATION:PT45M")), "24 15:00-15:45", 0},
		"Outlook":     {calendar(event("DTSTART;TZID=Pacific Standard Time:20261124T090000", "DTEND;TZID=Pacific Standard Time:20261124T100000")), "24 17:00-18:00", 0},
		"odd zone":    {calendar(event("DTSTART;TZID=Customized Zone:20261124T090000", "DTEND;TZID=Customized Zone:20261124T100000")), "24 14:00-15:00", 0},
		"weekly":      {calendar(event("DTSTART;TZID=America/New_York:20260302T090000", "DTEND;TZID=America/New_York:20260302T100000", "RRULE:FREQ=WEEKLY;BYDAY=MO", "EXDATE;TZID=America/New_York:20261130T090000")), "23 14:00-15:00", 0},
		"moved":       {calendar(event("DTSTART:20261124T150000Z", "DTEND:20261124T160000Z", "RRULE:FREQ=DAILY;COUNT=2"), event("RECURRENCE-ID:20261125T150000Z", "DTSTART:20261125T180000Z", "DTEND:20261125T190000Z")), "24 15:00-16:00 25 18:00-19:00", 0},
		"joined":      {calendar(event("DTSTART:20261124T150000Z", "DTEND:20261124T160000Z"), event("DTSTART:20261124T153000Z", "DTEND:20261124T170000Z")), "24 15:00-17:00", 0},
		"each second": {calendar(event("DTSTART:20261124T150000Z", "DTEND:20261124T160000Z", "RRULE:FREQ=SECONDLY")), "", 1},
		"free/busy":   {calendar("BEGIN:VFREEBUSY\nUID:f\nDTSTAMP:20261101T000000Z\nFREEBUSY:20261124T150000Z/PT1H,20261126T150000Z/20261126T153000Z\nFREEBUSY;FBTYPE=FREE:20261127T150000Z/PT1H\nEND:VFREEBUSY\n"), "24 15:00-16:00 26 15:00-15:30", 0},
	} {
		busy, unread, err := Read(strings.NewReader(c.content), span, newYork)
		var got []string
		for _, i := range busy {
			got = append(got, i.From.Format("2 15:04")+"-"+i.To.Format("15:04"))
		}
		if err != nil || strings.Join(got, " ") != c.want || unread != c.unread {
			t.Errorf("%s: %v, %d unread, %v; want %s", name, got, unread, err, c.want)
		}
	}
	for name, content := range map[string]string{"a page": "<html>sign in</html>", "nothing": "", "half": "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"} {
		if _, _, err := Read(strings.NewReader(content), span, time.UTC); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"93.184.215.14": true, "2606:2800:21f:cb07:6820:80da:af6b:8b2c": true, "127.0.0.1": false, "10.1.2.3": false, "172.16.0.9": false,
		"192.168.1.1": false, "169.254.169.254": false, "100.64.1.1": false, "0.0.0.0": false, "::1": false, "fe80::1": false, "fd00::1": false,
		"::ffff:127.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "224.0.0.1": false, "255.255.255.255": false, "fd00:ec2::254": false,
	} {
		if got := public(netip.MustParseAddr(address).Unmap()); got != want {
			t.Errorf("%s is public: %v", address, got)
		}
	}
}

func TestCheckAddress(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://calendar.example.com/x.ics": true, "webcal://calendar.example.com/x.ics": true, "http://calendar.example.com/x.ics": false,
		"file:///etc/passwd": false, "https://user:pw@calendar.example.com/x": false, "https://calendar.example.com:22/x": false, "": false, "x": false,
	} {
		if err := CheckAddress(address); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// What leads into our own network is not asked, whether typed or by redirect;
// what is too large is refused rather than cut.
func TestFetchStaysOutside(t *testing.T) {
	asked := 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch r.URL.Path {
		case "/large":
			for range 6 {
				_, _ = w.Write(make([]byte, 1<<20))
			}
		case "/there":
			http.Redirect(w, r, "http://127.0.0.1/", http.StatusFound)
		default:
			_, _ = io.WriteString(w, calendar())
		}
	}))
	defer server.Close()
	if _, err := NewFetcher().Fetch(context.Background(), strings.Replace(server.URL, "127.0.0.1", "localhost", 1)); err == nil || asked > 0 {
		t.Errorf("a server of this machine was asked %d times: %v", asked, err)
	}
	if _, err := NewFetcher().get(context.Background(), server.URL); !strings.Contains(err.Error(), "public address") || asked > 0 {
		t.Errorf("a server of this machine was asked %d times: %v", asked, err)
	}
	open := newFetcher(func(netip.Addr) bool { return true }, server.Client().Transport.(*http.Transport).Clone())
	if _, err := open.get(context.Background(), server.URL+"/there"); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("a redirect to http: %v", err)
	}
	body, err := open.get(context.Background(), server.URL+"/large")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	var said *models.Error
	if _, err := io.ReadAll(body); !errors.As(err, &said) {
		t.Errorf("too large: %v", err)
	}
}
