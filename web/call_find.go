package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"followup/models"
	"followup/store"
)

// foundShown is how many found reasons a card lists.
const foundShown = 20

// addFound adds to a card the reasons that were searched for, and the one that
// was chosen of them.
func (s *site) addFound(r *http.Request, c *cardView, v store.TaskView, f form, heard []models.HeardReason) (err error) {
	if c.Find = searched(f.Get("find_reason")); c.Find != "" {
		if c.Found, err = s.foundReasons(r, v, c.Find, heard); err != nil {
			return err
		}
	}
	text, point := strings.CutPrefix(f.Get("reason_from"), fromPoint)
	id, err := strconv.ParseInt(text, 10, 64)
	if !point || err != nil || slices.ContainsFunc(c.Reasons, func(o reasonChoice) bool { return o.Value == fromPoint+text }) {
		return nil
	}
	tp, err := s.Store.TalkingPoint(r.Context(), id)
	if err == nil {
		c.Reasons = append(c.Reasons, reasonOf(tp))
	}
	return err
}

// foundReasons are those of the whole library that hold these words and were
// not heard.
func (s *site) foundReasons(r *http.Request, v store.TaskView, words string, heard []models.HeardReason) ([]reasonChoice, error) {
	points, err := s.Store.TalkingPointsFor(r.Context(), v.Person.Prospect.ID, words)
	if err != nil {
		return nil, err
	}
	var found []reasonChoice
	for _, p := range points {
		if _, twice := models.HeardBefore(heard, p.Text); !twice && len(found) < foundShown {
			found = append(found, reasonOf(p))
		}
	}
	return found, nil
}

// reasonsFind gives the script of a call's card the reasons of the library
// that hold what was typed.
func (s *site) reasonsFind(w http.ResponseWriter, r *http.Request) error {
	v, err := s.callAsked(r)
	if err != nil {
		return err
	}
	heard, err := s.Store.HeardReasons(r.Context(), v.Person.Prospect.ID)
	if err != nil {
		return err
	}
	c := cardView{Find: searched(r.URL.Query().Get("find_reason"))}
	if c.Find != "" {
		if c.Found, err = s.foundReasons(r, v, c.Find, heard); err != nil {
			return err
		}
	}
	return s.views.fragment(w, "task", "found-reasons", &c)
}

// recordingsFind gives it the recorded voicemail scripts.
func (s *site) recordingsFind(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.callAsked(r); err != nil {
		return err
	}
	found, _, err := s.recordings(r, searched(r.URL.Query().Get("find_recording")))
	if err != nil {
		return err
	}
	return s.views.fragment(w, "task", "recording-options", found)
}

// callAsked is the call that the address names.
func (s *site) callAsked(r *http.Request) (store.TaskView, error) {
	id, err := pathID(r)
	if err != nil {
		return store.TaskView{}, err
	}
	v, err := s.Store.ViewTask(r.Context(), id)
	if err == nil && (v.Task.Kind != models.TaskCall || v.Person == nil) {
		err = models.Errorf(models.CodeNotFound, "There is no call here. It may have been closed or given to somebody else.")
	}
	return v, err
}
