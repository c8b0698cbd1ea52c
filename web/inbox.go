package web

import (
	"net/http"

	"followup/models"
	"followup/store"
)

type inboxPage struct {
	page
	View    store.InboxView
	Rows    []inboxRow
	Mine    bool
	Waiting bool
	More    string
	First   string
}

type inboxRow struct {
	store.InboxRow
	When    moment
	Unread  bool
	Waits   bool
	Line    string
	Inbound bool
}

// inbox lists conversations: whoever waits for us first.
func (s *site) inbox(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := store.InboxFilter{Waiting: q.Get("waiting") != "", Page: models.Page{After: q.Get("after")}}
	mine := q.Get("owner") != "all"
	f.UnmatchedFor = s.unmatchedOf(r)
	if mine {
		f.OwnerID = userOf(r).ID
	}
	v, err := s.Store.ViewInbox(r.Context(), f)
	if err != nil {
		return err
	}
	p := inboxPage{page: s.page(r, "Inbox", "inbox"), View: v, Mine: mine, Waiting: f.Waiting}
	for _, row := range v.Rows {
		p.Rows = append(p.Rows, viewInboxRow(p.times, row))
	}
	if v.Next != "" {
		p.More = withAfter(q, v.Next)
	}
	if f.Page.After != "" {
		p.First = withAfter(q, "")
	}
	return s.show(w, "inbox", p)
}

func viewInboxRow(t times, row store.InboxRow) inboxRow {
	out := inboxRow{InboxRow: row, Waits: row.Conversation.WaitingSince != nil, Unread: row.Conversation.UnreadCount > 0,
		Line: visible(row.Last), Inbound: row.Last.Direction == models.Inbound}
	if out.Line == "" && out.Inbound {
		out.Line = heard(row.Last)
	}
	switch {
	case row.Conversation.WaitingSince != nil:
		out.When = t.Since(*row.Conversation.WaitingSince)
	case row.Conversation.LastMessageAt != nil:
		out.When = t.Ago(*row.Conversation.LastMessageAt)
	}
	return out
}

// heard says what came without a word in writing.
func heard(m models.Message) string {
	for _, media := range viewMedia(m) {
		return media.Name
	}
	return "They called us."
}

// inboxRaw shows an inbound as it came, as text: nothing in it can act.
func (s *site) inboxRaw(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	raw, err := s.Store.ViewRaw(r.Context(), id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", "inline")
	_, _ = w.Write(raw.Content)
	return nil
}
