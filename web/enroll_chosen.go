package web

import (
	"fmt"
	"net/http"

	"followup/store"
)

// mostFound is how many people of a list are enrolled at once.
const mostFound = 10_000

// chosenPeople are those whom a form names: marked one by one, or everybody
// whom a filter finds or a talking point answers.
func (s *site) chosenPeople(r *http.Request, f form) (ids []int64, name string, err error) {
	if f.Get("all") != "" {
		filter, err := filterOf(f)
		if err != nil {
			return nil, "", err
		}
		filter.Now = s.Clock()
		if filter.Sees, err = s.seenBy(r); err != nil {
			return nil, "", err
		}
		if ids, err = s.Store.ProspectIDsByFilter(r.Context(), filter, mostFound); err != nil {
			return nil, "", err
		}
		return ids, fmt.Sprintf("%d people of a list", len(ids)), nil
	}
	if f.Get("everybody") != "" {
		tp, err := s.Store.TalkingPoint(r.Context(), f.int64("talking_point"))
		if err != nil {
			return nil, "", err
		}
		seen, err := s.seenBy(r)
		if err != nil {
			return nil, "", err
		}
		if ids, err = s.Store.AnsweredIDs(r.Context(), tp, seen, mostFound); err != nil {
			return nil, "", err
		}
		return ids, fmt.Sprintf("%d people whom a reason answers", len(ids)), nil
	}
	ids = selected(f)
	name = fmt.Sprintf("%d people", len(ids))
	return ids, name, nil
}

// seenBy is whose prospects the signed-in user sees: their own share, and
// that of whom they stand in for now.
func (s *site) seenBy(r *http.Request) (store.Visibility, error) {
	u := userOf(r)
	set, err := s.settings(r)
	v := visibility(u, set)
	if err != nil || v.All {
		return v, err
	}
	away, err := s.Store.StandsInFor(r.Context(), u.ID, s.Clock())
	for _, colleague := range away {
		v = v.With(visibility(colleague, set))
	}
	return v, err
}
