package web

import (
	"net/http"
	"net/url"
	"time"

	"followup/models"
	"followup/store"
)

type commitmentsPage struct {
	page
	List     store.CommitmentList
	Rows     []commitmentView
	Shelf    store.CommitmentShelf
	Mine     bool
	More     string
	First    string
	Drifting store.DriftingList
	Presets  []option
	Later    string // the next page of those without a next step
	Back     string
}

// commitmentView is a promise with how it stands today, where its person is.
type commitmentView struct {
	store.CommitmentRow
	More  *models.Suggestion // for a late one: what they were never given
	State string             // late, today, soon, coming; kept and broken as they are
	Due   string
}

func viewCommitment(t times, row store.CommitmentRow) commitmentView {
	v := commitmentView{CommitmentRow: row, State: string(row.Commitment.State)}
	due, err := time.Parse(time.DateOnly, string(row.DueOn))
	if err != nil {
		return v
	}
	v.Due = due.Format("Mon 2 Jan 2006")
	if row.Commitment.State != models.CommitmentOpen {
		return v
	}
	loc, err := row.Who.Prospect.Location()
	if err != nil {
		loc = t.mine
	}
	today := models.DateOf(t.now, loc)
	switch {
	case row.DueOn < today:
		v.State = "late"
	case row.DueOn == today:
		v.State = "today"
	case row.DueOn <= today.AddDays(7):
		v.State = "soon"
	default:
		v.State = "coming"
	}
	return v
}

// commitments is the board: who promised what, by when, worth how much; and
// beside it whoever has nothing dated ahead.
func (s *site) commitments(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	u := userOf(r)
	v, err := s.seenBy(r)
	if err != nil {
		return err
	}
	p := commitmentsPage{page: s.page(r, "Commitments", "commitments"), Shelf: store.CommitmentShelf(q.Get("shelf")), Mine: q.Get("whose") != "all", Back: r.URL.RequestURI()}
	p.Wide = true
	of := int64(0)
	if p.Mine {
		of = u.ID
	}
	if p.List, err = s.Store.ViewCommitments(r.Context(), v, of, p.Shelf, models.Page{After: q.Get("after")}); err != nil {
		return err
	}
	for _, row := range p.List.Rows {
		p.Rows = append(p.Rows, viewCommitment(p.times, row))
	}
	if err := s.suggestMore(r, p.Rows); err != nil {
		return err
	}
	if p.Drifting, err = s.Store.ViewDrifting(r.Context(), v, of, models.Page{After: q.Get("idle"), Limit: 20}, s.Clock()); err != nil {
		return err
	}
	turn := func(key, value string) string {
		to := url.Values{}
		for _, k := range []string{"shelf", "whose", "after", "idle"} {
			if x := q.Get(k); x != "" {
				to.Set(k, x)
			}
		}
		to.Del(key)
		if value != "" {
			to.Set(key, value)
		}
		return "?" + to.Encode()
	}
	if p.List.Next != "" {
		p.More = turn("after", p.List.Next)
	}
	if q.Get("after") != "" {
		p.First = turn("after", "")
	}
	if p.Drifting.Next != "" {
		p.Later = turn("idle", p.Drifting.Next)
	}
	p.Presets = nextStepPresets
	return s.show(w, "commitments", p)
}

// suggestMore puts one more suggestion beside each promise that is late.
func (s *site) suggestMore(r *http.Request, rows []commitmentView) error {
	var late []int64
	for _, row := range rows {
		if row.State == "late" {
			late = append(late, row.ProspectID)
		}
	}
	fresh, err := s.Store.SuggestionsFor(r.Context(), late)
	if err != nil {
		return err
	}
	for i, row := range rows {
		if more := fresh[row.ProspectID]; row.State == "late" && len(more) > 0 {
			rows[i].More = &more[0]
		}
	}
	return nil
}

// nextStepPresets are the days that one click sets; each at ten, their time.
var nextStepPresets = []option{{Value: "1", Label: "Tomorrow"}, {Value: "3", Label: "In 3 days"}, {Value: "7", Label: "In a week"}}

// nextStepAt is the hour of a next step that one click sets.
const nextStepAt = models.TimeOfDay(10 * 60)

// nextStep sets the next step of somebody who has none: a call, dated.
func (s *site) nextStep(w http.ResponseWriter, r *http.Request) error {
	v, err := s.person(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	loc, err := v.Prospect.Location()
	zone := v.Prospect.Zone
	if err != nil {
		zone = userOf(r).Zone
		if loc, err = models.LoadZone(zone); err != nil {
			loc = time.UTC
		}
	}
	days := f.int64("days")
	if days < 1 || days > 365 {
		return models.Errorf(models.CodeInvalid, "Choose when the next step is.")
	}
	day := models.DateOf(s.Clock(), loc).AddDays(int(days))
	// A call on a weekend is no use to most: it waits for Monday.
	for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDays(1)
	}
	at := day.At(nextStepAt, loc)
	if _, err := s.CRM.PlanCall(r.Context(), v.Prospect.ID, userOf(r).ID, at, f.Get("form_token")); err != nil {
		return err
	}
	s.flash(r, "Next step with "+v.Prospect.Name()+": a call, "+newTimes(s.Clock(), userOf(r).Zone).Both(at, zone).Text+".")
	return redirect(w, r, localPath(f.Get("back")))
}
