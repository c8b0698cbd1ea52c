package web

import (
	"net/http"

	"followup/models"
)

type placePage struct {
	page
	Plan models.PlanInput
	Form form
	Last string // what they got last, in words
}

// placeShow asks where somebody goes on whose last step the new version does
// not have.
func (s *site) placeShow(w http.ResponseWriter, r *http.Request) error {
	return s.renderPlace(w, r, http.StatusOK, newForm())
}

func (s *site) renderPlace(w http.ResponseWriter, r *http.Request, status int, f form) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	in, err := s.Store.PlanOf(r.Context(), id)
	if err != nil {
		return err
	}
	if in.Pending == nil || !in.Enrollment.Live() {
		s.flash(r, "Nothing waits here any more: they have moved meanwhile, or the sequence has ended for them.")
		return redirect(w, r, idPath("/prospects/", in.Prospect.ID))
	}
	p := placePage{page: s.page(r, "Where does "+in.Prospect.Name()+" go on?", "sequences"), Plan: in, Form: f}
	for _, t := range in.Touches {
		if t.State.Counted() && t.StepKey != "" {
			p.Last = stepTitle(&in.Version, t.StepKey)
		}
	}
	return s.views.render(w, status, "sequence_place", p)
}

func (s *site) place(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in, err := s.Store.PlanOf(r.Context(), id)
	if err != nil {
		return err
	}
	at := f.Get("go_on_at")
	switch at {
	case "":
		f.Errors["go_on_at"] = "Choose a step, or let them stay on their version."
		return s.renderPlace(w, r, http.StatusUnprocessableEntity, f)
	case "stay":
		at = ""
	}
	if err := s.CRM.PlaceEnrollment(r.Context(), actorOf(r), id, at); err != nil {
		status := statusOf(err)
		if err := f.take(err, "go_on_at"); err != nil {
			return err
		}
		return s.renderPlace(w, r, status, f)
	}
	s.flash(r, "Settled. The sequence goes on for "+in.Prospect.Name()+".")
	return redirect(w, r, idPath("/prospects/", in.Prospect.ID))
}
