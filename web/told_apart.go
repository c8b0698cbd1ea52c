package web

import (
	"net/http"
	"strconv"

	"followup/models"
	"followup/store"
)

type apartPage struct {
	page
	store.UnmergePreview
	Brought string
	Merged  moment
	Until   moment
	Path    string
}

func apartPath(m models.Merge) string {
	return idPath("/prospects/", m.KeepID) + idPath("/apart/", m.ID)
}

// apartOf reads the merge that a path names.
func (s *site) apartOf(r *http.Request) (store.UnmergePreview, error) {
	keep, err := pathID(r)
	if err != nil {
		return store.UnmergePreview{}, err
	}
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil {
		return store.UnmergePreview{}, models.Errorf(models.CodeNotFound, "There is no such merge of this record. Load the person’s page again.")
	}
	return s.Store.PreviewUnmerge(r.Context(), keep, n, s.Clock())
}

// apartShow says what undoing a merge would give back and what would stay.
func (s *site) apartShow(w http.ResponseWriter, r *http.Request) error {
	preview, err := s.apartOf(r)
	if err != nil {
		return err
	}
	p := apartPage{page: s.page(r, "Two people after all?", "prospects"), UnmergePreview: preview, Brought: brought(preview.Merge), Path: apartPath(preview.Merge)}
	p.Merged, p.Until = p.Ago(preview.Merge.At), p.Mine(preview.Until)
	return s.show(w, "apart", p)
}

// apart makes two records again of two that were merged.
func (s *site) apart(w http.ResponseWriter, r *http.Request) error {
	preview, err := s.apartOf(r)
	if err != nil {
		return err
	}
	if preview.Merge.UndoneAt != nil {
		return redirect(w, r, idPath("/prospects/", preview.Drop.ID)) // a second click
	}
	back, err := s.CRM.Unmerge(r.Context(), actorOf(r), preview.Merge.ID)
	if err != nil {
		return err
	}
	s.flash(r, "They are two records again. This is "+back.Name()+"’s.")
	return redirect(w, r, idPath("/prospects/", back.ID))
}
