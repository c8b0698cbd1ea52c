package web

import (
	"net/http"
	"strconv"

	"followup/models"
	"followup/store"
)

type personChoice struct {
	ID       int64
	Name     string
	Company  string
	Selected bool
}

// previewFor is for whom the preview is filled in: anybody, found by a search.
type previewFor struct {
	Key    string
	Query  string
	Within bool // the choices are people inside
	People []personChoice
	ID     int64
}

// peopleOffered is how many the search offers; more letters narrow it down.
const peopleOffered = 30

// chooseFor offers people to preview for. The one that is asked for stays
// chosen, whoever else is offered; else it is the first.
func (s *site) chooseFor(r *http.Request, v store.SequenceView, query string, asked int64) (previewFor, error) {
	p := previewFor{Key: v.Sequence.Key, Query: query}
	seen, err := s.seenBy(r)
	if err != nil {
		return p, err
	}
	people, within, err := s.Store.PreviewPeople(r.Context(), v.Sequence.ID, query, seen, peopleOffered)
	if err != nil {
		return p, err
	}
	p.Within = within
	for _, w := range people {
		p.People = append(p.People, personChoice{ID: w.Prospect.ID, Name: w.Prospect.Name(), Company: w.Company, Selected: w.Prospect.ID == asked})
		if w.Prospect.ID == asked {
			p.ID = asked
		}
	}
	if p.ID == 0 && asked != 0 && query == "" {
		who, err := s.Store.Person(r.Context(), asked)
		if err == nil {
			err = s.maySeePersonOf(r, who.Prospect)
		}
		switch models.CodeOf(err) {
		case models.CodeNotFound, models.CodeForbidden: // gone, or not theirs to see: somebody else then
		default:
			if err != nil {
				return p, err
			}
			p.People = append([]personChoice{{ID: asked, Name: who.Prospect.Name(), Selected: true}}, p.People...)
			p.ID = asked
		}
	}
	if p.ID == 0 && len(p.People) > 0 {
		p.ID, p.People[0].Selected = p.People[0].ID, true
	}
	return p, nil
}

// maySeePersonOf refuses somebody whom the user does not see.
func (s *site) maySeePersonOf(r *http.Request, p models.Prospect) error {
	seen, err := s.seenBy(r)
	if err != nil || seen.All {
		return err
	}
	return s.maySeePerson(r, seen, p)
}

// editorPeople finds people for the preview while one types.
func (s *site) editorPeople(w http.ResponseWriter, r *http.Request) error {
	v, err := s.Store.ViewSequence(r.Context(), r.PathValue("key"))
	if err != nil {
		return err
	}
	asked, _ := strconv.ParseInt(r.URL.Query().Get("for"), 10, 64)
	query := r.URL.Query().Get("who")
	if query != "" {
		asked = 0 // who is searched for takes the place of whom was looked at
	}
	p, err := s.chooseFor(r, v, query, asked)
	if err != nil {
		return err
	}
	return s.views.fragment(w, "sequence_editor", "people-found", p)
}
