package web

import (
	"net/http"
	"strconv"

	"followup/models"
	"followup/store"
)

type duplicatesPage struct {
	page
	List  store.DuplicateList
	Pairs []pairView
	More  string
	First string
}

type pairView struct {
	store.DuplicateRow
	Why  string
	Href string
	When moment
}

// duplicates lists records that may be one person.
func (s *site) duplicates(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	sees, err := s.seenBy(r)
	if err != nil {
		return err
	}
	list, err := s.Store.ViewDuplicates(r.Context(), sees, models.Page{After: q.Get("after")})
	if err != nil {
		return err
	}
	p := duplicatesPage{page: s.page(r, "Duplicates", "prospects"), List: list}
	for _, d := range list.Rows {
		p.Pairs = append(p.Pairs, pairView{DuplicateRow: d, Why: twinWords[d.Reason], Href: mergeHref(d.OneID, d.OtherID), When: p.Ago(d.FoundAt)})
	}
	if list.Next != "" {
		p.More = withAfter(q, list.Next)
	}
	if q.Get("after") != "" {
		p.First = "/duplicates"
	}
	return s.show(w, "duplicates", p)
}

type twinsPage struct {
	page
	Preview store.MergePreview
	Swap    string
}

// pairOf reads two people and whether the user may see both.
func (s *site) pairOf(r *http.Request, keep, drop string) (store.MergePreview, error) {
	a, _ := strconv.ParseInt(keep, 10, 64)
	b, _ := strconv.ParseInt(drop, 10, 64)
	if a <= 0 || b <= 0 || a == b {
		return store.MergePreview{}, models.Errorf(models.CodeInvalid, "Choose two records to compare.")
	}
	p, err := s.Store.PreviewMerge(r.Context(), a, b)
	if err != nil {
		return p, err
	}
	sees, err := s.seenBy(r)
	if err != nil {
		return p, err
	}
	for _, side := range []store.MergeSide{p.Keep, p.Drop} {
		may, err := s.Store.MaySee(r.Context(), sees, side.Prospect)
		if err != nil {
			return p, err
		}
		if !may {
			return p, models.Errorf(models.CodeForbidden, "One of the two is a colleague’s, and your workspace shows only your own or your team’s. Ask a manager to merge them.")
		}
	}
	return p, nil
}

// mergeShow shows two records side by side and what merging would do.
func (s *site) mergeShow(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	preview, err := s.pairOf(r, q.Get("keep"), q.Get("drop"))
	if err != nil {
		return err
	}
	for _, side := range []store.MergeSide{preview.Keep, preview.Drop} {
		if side.Prospect.MergedInto != nil {
			return redirect(w, r, idPath("/prospects/", *side.Prospect.MergedInto))
		}
	}
	p := twinsPage{page: s.page(r, "One person or two?", "prospects"), Preview: preview, Swap: mergeHref(preview.Drop.Prospect.ID, preview.Keep.Prospect.ID)}
	return s.show(w, "merge", p)
}

func (s *site) merge(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	preview, err := s.pairOf(r, f.Get("keep"), f.Get("drop"))
	if err != nil {
		return err
	}
	if into := preview.Drop.Prospect.MergedInto; into != nil && *into == preview.Keep.Prospect.ID {
		return redirect(w, r, idPath("/prospects/", *into)) // a second click
	}
	kept, err := s.CRM.Merge(r.Context(), actorOf(r), preview.Keep.Prospect.ID, preview.Drop.Prospect.ID)
	if err != nil {
		return err
	}
	s.flash(r, "The two records are one now. Everything that was said stands here.")
	return redirect(w, r, idPath("/prospects/", kept.ID))
}

func (s *site) distinct(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	preview, err := s.pairOf(r, f.Get("keep"), f.Get("drop"))
	if err != nil {
		return err
	}
	if err := s.CRM.Distinct(r.Context(), actorOf(r), preview.Keep.Prospect.ID, preview.Drop.Prospect.ID); err != nil {
		return err
	}
	s.flash(r, "Two people. You are not asked about them again.")
	return redirect(w, r, "/duplicates")
}
