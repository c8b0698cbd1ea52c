package scheduler

import (
	"strings"

	"followup/models"
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
