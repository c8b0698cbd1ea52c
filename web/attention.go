package web

import (
	"net/http"

	"followup/models"
	"followup/store"
)

type attentionPage struct {
	page
	Incidents []incident
	View      store.Attention
	Stopped   []stoppedRow // accounts that no incident is about
	Unmatched []matchRow
	Nothing   bool
	Everybody bool
}

// stoppedRow is an account that does not send.
type stoppedRow struct {
	models.Sender
	May bool // the signed-in user may start it
}

// attention lists what a person must resolve: everybody's for managers, else
// one's own.
func (s *site) attention(w http.ResponseWriter, r *http.Request) error {
	u := userOf(r)
	of := u.ID
	if reach(u.Role, mayResolve) == everywhere {
		of = 0
	}
	p := attentionPage{page: s.page(r, "Needs attention", "attention"), Everybody: of == 0}
	v, err := s.Store.ViewAttention(r.Context(), of, p.now)
	if err != nil {
		return err
	}
	p.View, p.Incidents = v, incidents(v, u)
	p.Stopped = stoppedApart(v, p.Incidents, u)
	for _, row := range v.Unmatched.Rows {
		p.Unmatched = append(p.Unmatched, p.matchRow(row))
	}
	p.Nothing = len(p.Incidents)+len(v.Reviews)+v.Unmatched.Total.N+len(v.Failed)+len(p.Stopped)+len(v.Imports) == 0
	return s.show(w, "attention", p)
}

// matchRow is a message from somebody we do not know.
type matchRow struct {
	store.UnmatchedRow
	When moment
}

func (t times) matchRow(row store.UnmatchedRow) matchRow {
	return matchRow{row, t.Ago(row.Message.CreatedAt)}
}
