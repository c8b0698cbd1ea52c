package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"followup/crm"
	"followup/models"
	"followup/store"
)

// deskView is how people work with an account, and how it fares.
type deskView struct {
	Form           form
	Assignees      []option
	From, To, Zone string
	Zones          []string
	Days           []option
	Week, Month    models.SenderHealth
	Real           bool
}

// Limits in words, for the card of an account's health.
func (deskView) Limits() string {
	return fmt.Sprintf("It rests by itself beyond %.0f %% bounces or %.1f %% complaints in %d days, from %d messages on.",
		100*models.BounceLimit, 100*models.ComplaintLimit, store.HealthDays, models.HealthSample)
}

// Harm says why it would rest; "": it is well.
func (d deskView) Harm() string {
	if why := d.Week.Harm(); why != "" {
		return reasonText(why)
	}
	return ""
}

func (s *site) deskOf(r *http.Request, x models.Sender, f form) (deskView, error) {
	w := x.Settings.Window
	d := deskView{Form: f, Zone: w.Zone, Zones: commonZones, Real: x.Provider != models.ProviderSandbox}
	if w.To != 0 {
		d.From, d.To = w.From.String(), w.To.String()
	}
	if d.Zone == "" {
		d.Zone = userOf(r).Zone
	}
	for n := 1; n <= 7; n++ {
		d.Days = append(d.Days, option{Value: strconv.Itoa(n), Label: time.Weekday(n % 7).String()[:3], Selected: len(w.Days) == 0 || slices.Contains(w.Days, n)})
	}
	var err error
	if d.Assignees, err = s.ownerOptions(r, strconv.FormatInt(x.Settings.AssigneeID, 10), true); err != nil {
		return d, err
	}
	d.Assignees[0] = option{Value: "0", Label: "A manager", Selected: x.Settings.AssigneeID == 0}
	today := models.DateOf(s.Clock(), time.UTC)
	for _, span := range []struct {
		days int
		into *models.SenderHealth
	}{{store.HealthDays, &d.Week}, {store.HealthLong, &d.Month}} {
		sums, err := s.Store.SenderHealth(r.Context(), today.AddDays(1-span.days))
		if err != nil {
			return d, err
		}
		*span.into = sums[x.ID]
	}
	return d, nil
}

func (s *site) accountDesk(w http.ResponseWriter, r *http.Request) error {
	x, err := s.account(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	if f.stale(deskSeen(x), deskNow(x)) {
		return s.renderAccountDesk(w, r, x, http.StatusConflict, f)
	}
	d := crm.Desk{Signature: f.Get("signature"), From: f.Get("window_from"), To: f.Get("window_to"), Zone: f.Get("zone")}
	if x.OwnerID == nil {
		d.Assignee = f.int64("assignee")
	}
	for _, day := range f.Values["day"] {
		if n, err := strconv.Atoi(day); err == nil {
			d.Days = append(d.Days, n)
		}
	}
	if err := s.CRM.SetDesk(r.Context(), actorOf(r), x.ID, d); err != nil {
		status := statusOf(err)
		if err := f.take(err, "signature", "assignee", "window_from", "window_to", "zone"); err != nil {
			return err
		}
		return s.renderAccountDesk(w, r, x, status, f)
	}
	s.flash(r, "Saved. What is due already keeps to it too.")
	return redirect(w, r, idPath("/accounts/", x.ID)+"#desk")
}
