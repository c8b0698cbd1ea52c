package web

import (
	"fmt"
	"net/http"

	"followup/models"
	"followup/replies"
	"followup/store"
)

// unmatchedOf is whose unmatched messages somebody sees: mail that nobody is
// known for may be a colleague's own, so a rep sees what came to their own and
// to shared senders. 0: everybody's.
func (s *site) unmatchedOf(r *http.Request) int64 {
	if u := userOf(r); !can(u.Role, mayManageSenders) {
		return u.ID
	}
	return 0
}

type matchingPage struct {
	page
	paging
	Rows  []matchingRow
	Total store.Count
}

type matchingRow struct {
	store.UnmatchedRow
	When moment
	Line string
	Kind string // what kind of machine wrote it
}

// matching lists what came from somebody we do not know.
func (s *site) matching(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v, err := s.Store.ViewUnmatched(r.Context(), store.UnmatchedFilter{UserID: s.unmatchedOf(r), Page: models.Page{After: q.Get("after")}})
	if err != nil {
		return err
	}
	p := matchingPage{page: s.page(r, "Needs matching", "inbox"), Total: v.Total}
	for _, row := range v.Rows {
		line := visible(row.Message)
		if line == "" {
			line = heard(row.Message)
		}
		p.Rows = append(p.Rows, matchingRow{UnmatchedRow: row, When: p.Ago(row.Message.CreatedAt), Line: line, Kind: classWords[row.Message.Class]})
	}
	p.paging = pagingOf(q, v.Next)
	return s.show(w, "matching", p)
}

type matchPage struct {
	page
	View    store.UnmatchedView
	Message timelineItem
	Search  string
	Found   []matchChoice
	Same    []matchChoice
	Others  []matchChoice
	Form    form
}

// matchChoice is somebody whom the message may be from.
type matchChoice struct {
	store.ProspectRow
	Picked bool
}

func (s *site) matchShow(w http.ResponseWriter, r *http.Request) error {
	v, err := s.unmatched(r)
	if err != nil {
		return err
	}
	if v.Holder != nil {
		return redirect(w, r, idPath("/prospects/", v.Holder.ID))
	}
	return s.renderMatch(w, r, v, http.StatusOK, newForm())
}

// unmatched loads the message that the address names, for who may see it.
func (s *site) unmatched(r *http.Request) (store.UnmatchedView, error) {
	id, err := pathID(r)
	if err != nil {
		return store.UnmatchedView{}, err
	}
	v, err := s.Store.ViewUnmatchedOne(r.Context(), id)
	if err != nil {
		return v, err
	}
	if u := s.unmatchedOf(r); u != 0 && v.Holder == nil && v.Sender != nil && v.Sender.OwnerID != nil && *v.Sender.OwnerID != u {
		return v, models.Errorf(models.CodeForbidden, "This message came to a colleague’s own %s. They or a manager can say whom it is from.", v.Sender.Address)
	}
	return v, nil
}

func (s *site) renderMatch(w http.ResponseWriter, r *http.Request, v store.UnmatchedView, status int, f form) error {
	p := matchPage{page: s.page(r, "Whom is this from?", "inbox"), View: v, Form: f, Search: r.URL.Query().Get("q")}
	at := v.Message.CreatedAt
	if v.Message.SentAt != nil {
		at = *v.Message.SentAt
	}
	p.Message = timelineItem{When: p.Clock(at), Day: p.day(at.In(p.mine)), Message: viewMessage(v.Message)}
	picked := f.int64("prospect")
	if picked == 0 && len(v.Same) == 1 {
		picked = v.Same[0].Prospect.ID
	}
	sees, err := s.seenBy(r)
	if err != nil {
		return err
	}
	shown := map[int64]bool{}
	choices := func(rows []store.ProspectRow) (out []matchChoice) {
		for _, row := range rows {
			if may, err := s.Store.MaySee(r.Context(), sees, row.Prospect); err == nil && may && !shown[row.Prospect.ID] {
				shown[row.Prospect.ID] = true
				out = append(out, matchChoice{ProspectRow: row, Picked: row.Prospect.ID == picked})
			}
		}
		return out
	}
	if p.Search != "" {
		found, err := s.Store.ViewProspects(r.Context(), store.ProspectFilter{Sees: sees, Query: p.Search, Page: models.Page{Limit: 20}})
		if err != nil {
			return err
		}
		p.Found = choices(found.Rows)
	}
	p.Same, p.Others = choices(v.Same), choices(v.Colleagues)
	return s.views.render(w, status, "match", p)
}

// matchAttach gives the message to a prospect: from then on it is their reply.
func (s *site) matchAttach(w http.ResponseWriter, r *http.Request) error {
	v, err := s.unmatched(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	to := f.int64("prospect")
	if to == 0 {
		f.Errors["prospect"] = "Choose whom it is from, or search for them."
		return s.renderMatch(w, r, v, http.StatusUnprocessableEntity, f)
	}
	if err := s.maySee(r, store.SubjectProspect, to); err != nil {
		return err
	}
	rec, err := s.Replies.Attach(r.Context(), replies.AttachRequest{
		MessageID: v.Message.ID, ProspectID: to, UserID: userOf(r).ID, AddAddress: f.Get("add_address") != "",
	})
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "prospect"); err != nil {
			return err
		}
		return s.renderMatch(w, r, v, status, f)
	}
	s.flash(r, attached(rec))
	return redirect(w, r, idPath("/prospects/", to))
}

// attached says what giving the message to somebody has done.
func attached(rec models.Recorded) string {
	words := "The message is part of this conversation now."
	count := func(n int, did string) {
		switch {
		case n == 1:
			words += " One sequence was " + did + "."
		case n > 1:
			words += fmt.Sprintf(" %d sequences were %s.", n, did)
		}
	}
	count(len(rec.Paused), "paused")
	count(len(rec.Finished), "ended")
	return words
}

func (s *site) matchDismiss(w http.ResponseWriter, r *http.Request) error {
	v, err := s.unmatched(r)
	if err != nil {
		return err
	}
	if err := s.Replies.Dismiss(r.Context(), v.Message.ID, userOf(r).ID); err != nil {
		return err
	}
	s.flash(r, "Set aside. It stays stored and is not shown again.")
	return redirect(w, r, "/inbox/matching")
}

// addressAdd keeps an address that a prospect wrote from as one of theirs.
func (s *site) addressAdd(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	cp, err := s.Replies.AddAddress(r.Context(), id, userOf(r).ID)
	if err != nil {
		return err
	}
	s.flash(r, phoneText(cp.Value)+" is one of their contact points now.")
	return redirect(w, r, idPath("/prospects/", cp.ProspectID))
}
