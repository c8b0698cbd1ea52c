package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"followup/models"
)

// lackView is what somebody has not agreed to, with what records it here.
type lackView struct {
	models.Lack
	Points []models.ContactPoint // on which it could be used
	Back   string
	Spoken bool // what somebody said is enough
	Today  models.Date
}

// lacksOf lists, before anything starts, what the sequence's steps lack.
func (s *site) lacksOf(r *http.Request, p models.Prospect, points []models.ContactPoint, sequence int64) ([]lackView, error) {
	all, err := s.Scheduler.Lacks(r.Context(), sequence, p.OwnerID, []int64{p.ID})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	var out []lackView
	for _, l := range all[0].Steps {
		view := lackView{Lack: l, Back: r.URL.RequestURI(), Today: models.DateOf(s.Clock(), zoneOf(p, userOf(r)))}
		rules, ok := s.Channels.Rules(l.Channel)
		if ok && l.Reason == models.SkipNoConsent {
			view.Spoken = l.Needs.Level() <= models.ConsentOral.Level()
			for _, cp := range points {
				if cp.Kind == rules.Address && cp.Usable() {
					view.Points = append(view.Points, cp)
				}
			}
		}
		out = append(out, view)
	}
	return out, nil
}

// zoneOf is where the prospect's calendar is read, the user's where theirs is unknown.
func zoneOf(p models.Prospect, u models.User) *time.Location {
	if loc, err := p.Location(); err == nil {
		return loc
	}
	if loc, err := models.LoadZone(u.Zone); err == nil {
		return loc
	}
	return time.UTC
}

// consentOral records in one step what somebody said: to whom, when, and in
// which words, and goes back to where the rep was.
func (s *site) consentOral(w http.ResponseWriter, r *http.Request) error {
	v, err := s.person(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	words := f.Get("words")
	if words == "" {
		return models.Errorf(models.CodeInvalid, "Write what they said, for example: “yes, text me the prices”. Go back and enter it; nothing was recorded.")
	}
	given := s.Clock()
	if on := models.Date(f.Get("given_on")); on != "" && on != models.DateOf(given, zoneOf(v.Prospect, userOf(r))) {
		day, err := time.ParseInLocation(time.DateOnly, string(on), zoneOf(v.Prospect, userOf(r)))
		if err != nil || day.After(given) {
			return models.Errorf(models.CodeInvalid, "The day on which they agreed must be a day that has been. Go back and correct it; nothing was recorded.")
		}
		given = day.Add(12 * time.Hour).UTC()
	}
	_, err = s.CRM.RecordConsent(r.Context(), actorOf(r), models.Consent{
		ProspectID: v.Prospect.ID, ContactPointID: f.int64("contact_point"), Channel: models.ChannelKind(f.Get("channel")),
		Basis: models.ConsentOral, Source: "said to " + userOf(r).Name, TextShown: words, GivenAt: given,
	})
	if err != nil {
		return err
	}
	s.flash(r, "Recorded: they agreed to be reached by "+lookOf(models.ChannelKind(f.Get("channel"))).Name+".")
	if back := localPath(f.Get("back")); back != "/" {
		if id := batchIn(back); id != 0 {
			if err := s.Batches.Recheck(r.Context(), id, v.Prospect.ID); err != nil {
				return err
			}
		}
		return redirect(w, r, back)
	}
	return redirect(w, r, idPath("/prospects/", v.Prospect.ID))
}

// batchIn is the batch that an address of ours shows; 0: none.
func batchIn(path string) int64 {
	rest, ok := strings.CutPrefix(path, "/enroll/")
	if !ok {
		return 0
	}
	number, _, _ := strings.Cut(rest, "?")
	id, _ := strconv.ParseInt(number, 10, 64)
	return id
}
