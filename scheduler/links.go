package scheduler

import (
	"strings"

	"followup/models"
	"followup/templates"
)

// bookingLinks are where the prospect books a call with the rep, and where
// they move or cancel the one they have.
func bookingLinks(name func(models.BookingToken) string, publicURL string, rep models.User, p models.Prospect, a *models.Appointment) (book, change string) {
	if name == nil || publicURL == "" || rep.ID == 0 {
		return "", ""
	}
	at := strings.TrimRight(publicURL, "/") + "/b/"
	book = at + name(models.BookingToken{RepID: rep.ID, ProspectID: p.ID})
	if a != nil && a.Open() {
		change = at + name(models.BookingToken{RepID: a.RepID, AppointmentID: a.ID})
	}
	return book, change
}

// tracked leads the links of a commercial email over the workspace's link
// domain, where it has one. Our own pages (leaving, preferences, booking) and
// everything that is no web link stay as they are, and so does the text part.
func (j *judgement) tracked(page, messageToken string) string {
	domain := strings.TrimRight(j.d.Settings.LinkDomain, "/")
	if domain == "" || j.TrackedLink == nil || page == "" || !j.d.Touch.Purpose.Bound() {
		return page
	}
	ours := strings.TrimRight(j.PublicURL, "/")
	return templates.TrackLinks(page, func(url string) string {
		if ours != "" && (url == ours || strings.HasPrefix(url, ours+"/")) || strings.HasPrefix(url, domain) {
			return ""
		}
		sealed := j.TrackedLink(messageToken, url)
		if sealed == "" {
			return ""
		}
		return domain + "/l/" + sealed
	})
}
