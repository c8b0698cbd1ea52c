package web

import (
	"hash/fnv"
	"io"
	"net/http"
	"strconv"
	"strings"

	"followup/models"
	"followup/store"
)

// promiseView is an open promise with what waiting costs them.
type promiseView struct {
	models.Commitment
	Due   string
	Delay models.Delay
}

func openPromises(t times, v store.PersonView) []promiseView {
	today := models.DateOf(t.now, t.mine)
	if loc, err := v.Prospect.Location(); err == nil {
		today = models.DateOf(t.now, loc)
	}
	var open []promiseView
	for _, c := range v.Commitments {
		if c.State == models.CommitmentOpen {
			open = append(open, promiseView{Commitment: c, Due: dayText(c.DueOn), Delay: models.DelayOf(c, v.Discovery, today)})
		}
	}
	return open
}

func discoveryFrom(f form, prospectID int64) models.Discovery {
	return models.Discovery{
		ProspectID: prospectID, Goal: f.Get("goal"), GoalValue: f.Get("goal_value"), GoalDate: models.Date(f.Get("goal_date")), StretchGoal: f.Get("stretch_goal"),
		Obstacle: f.Get("obstacle"), DailyCost: f.Get("daily_cost"), TriedBefore: f.Get("tried_before"), WhyItFailed: f.Get("why_it_failed"),
		Common: f.Get("common"), Revision: f.int64("discovery_revision"),
	}
}

// sameDiscovery tells whether two records say the same.
func sameDiscovery(a, b models.Discovery) bool {
	a.Revision, a.UpdatedAt, a.UpdatedBy = b.Revision, b.UpdatedAt, b.UpdatedBy
	return a == b
}

// fingerprint tells whether a record was touched since its page was made.
func fingerprint(d models.Discovery) string {
	h := fnv.New64a()
	for _, f := range discoveryTexts(d) {
		_, _ = io.WriteString(h, strings.TrimSpace(f)+"\x00")
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

var discoveryFields = []string{"goal", "goal_value", "goal_date", "stretch_goal", "obstacle", "daily_cost", "tried_before", "why_it_failed", "common"}

// discoveryTexts are what stands in the discoveryFields, in their order.
func discoveryTexts(d models.Discovery) []string {
	return []string{d.Goal, d.GoalValue, string(d.GoalDate), d.StretchGoal, d.Obstacle, d.DailyCost, d.TriedBefore, d.WhyItFailed, d.Common}
}

type discoveryPage struct {
	page
	Prospect  models.Prospect
	Discovery models.Discovery
	Form      form
	Variables []string
}

// discoveryShow is what is known of a prospect's aims, on a page of its own.
func (s *site) discoveryShow(w http.ResponseWriter, r *http.Request) error {
	v, err := s.person(r)
	if err != nil {
		return err
	}
	return s.renderDiscovery(w, r, v, http.StatusOK, newForm())
}

func (s *site) renderDiscovery(w http.ResponseWriter, r *http.Request, v store.PersonView, status int, f form) error {
	p := discoveryPage{page: s.page(r, "Discovery", "prospects"), Prospect: v.Prospect, Form: f}
	if v.Discovery != nil {
		p.Discovery = *v.Discovery
	}
	for _, name := range discoveryFields {
		p.Variables = append(p.Variables, "discovery."+name)
	}
	return s.views.render(w, status, "discovery", p)
}

func (s *site) discoverySave(w http.ResponseWriter, r *http.Request) error {
	v, f, err := s.personForm(r)
	if err != nil {
		return err
	}
	err = s.CRM.SaveDiscovery(r.Context(), userOf(r).ID, discoveryFrom(f, v.Prospect.ID))
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, discoveryFields...); err != nil {
			return err
		}
		if status == http.StatusConflict && v.Discovery != nil {
			// Saving again puts what is typed here over what somebody else wrote.
			f.Values.Set("discovery_revision", strconv.FormatInt(v.Discovery.Revision, 10))
			f.General = "Somebody else changed this meanwhile. What you typed stands here still; saving it again puts it over theirs."
		}
		return s.renderDiscovery(w, r, v, status, f)
	}
	s.flash(r, "Saved.")
	return redirect(w, r, idPath("/prospects/", v.Prospect.ID))
}
