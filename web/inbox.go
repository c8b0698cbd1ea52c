package web

import (
	"net/http"
	"net/url"
	"slices"

	"followup/models"
	"followup/store"
)

type inboxPage struct {
	page
	View     store.InboxView
	Rows     []inboxRow
	Mine     bool
	Shows    []inboxTab
	Owners   []inboxTab
	Channels []option
	Channel  string
	Self     string // this list's own address
	More     string
	First    string
}

// inboxTab is one of several ways to look at the inbox.
type inboxTab struct {
	Label string
	Href  string
	On    bool
	Count store.Count
}

type inboxRow struct {
	store.InboxRow
	When    moment
	Unread  bool
	Waits   bool
	Line    string
	Inbound bool
}

// inbox lists conversations, one a person: whoever waits for us first.
func (s *site) inbox(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	sees, err := s.seenBy(r)
	if err != nil {
		return err
	}
	u := userOf(r)
	f := store.InboxFilter{
		Sees: sees, Reader: u.ID, Show: inboxShow(q), Channel: models.ChannelKind(q.Get("channel")),
		UnmatchedFor: s.unmatchedOf(r), Page: models.Page{After: q.Get("after")},
	}
	mine := q.Get("owner") != "all"
	if mine {
		f.OwnerID = u.ID
	}
	v, err := s.Store.ViewInbox(r.Context(), f)
	if err != nil {
		return err
	}
	p := inboxPage{page: s.page(r, "Inbox", "inbox"), View: v, Mine: mine, Channel: string(f.Channel), Self: inboxHref(q, "", "")}
	for _, row := range v.Rows {
		p.Rows = append(p.Rows, viewInboxRow(p.times, row))
	}
	p.Owners = []inboxTab{{Label: "Mine", Href: inboxHref(q, "owner", ""), On: mine}, {Label: everybodys(sees), Href: inboxHref(q, "owner", "all"), On: !mine}}
	p.Shows = []inboxTab{
		{Label: "Everyone who wrote", Href: inboxHref(q, "show", ""), On: f.Show == store.InboxWritten},
		{Label: "Waiting", Href: inboxHref(q, "show", "waiting"), On: f.Show == store.InboxWaiting, Count: v.Waiting},
		{Label: "Unread", Href: inboxHref(q, "show", "unread"), On: f.Show == store.InboxUnread, Count: v.Unread},
		{Label: "All, also unanswered", Href: inboxHref(q, "show", "all"), On: f.Show == store.InboxAll},
	}
	p.Channels = s.channelOptions(p.Channel)
	if v.Next != "" {
		p.More = inboxHref(q, "after", v.Next)
	}
	if f.Page.After != "" {
		p.First = inboxHref(q, "after", "")
	}
	return s.show(w, "inbox", p)
}

// inboxShow also understands the older address of those who wait.
func inboxShow(q url.Values) store.InboxShow {
	if q.Get("waiting") != "" {
		return store.InboxWaiting
	}
	switch show := store.InboxShow(q.Get("show")); show {
	case store.InboxWaiting, store.InboxUnread, store.InboxAll:
		return show
	}
	return store.InboxWritten
}

// inboxHref is the inbox's address with one thing changed; another view
// begins at its first page.
func inboxHref(q url.Values, name, value string) string {
	c := url.Values{}
	for _, k := range []string{"owner", "show", "channel"} {
		if v := q.Get(k); v != "" && k != name {
			c.Set(k, v)
		}
	}
	if name != "" && value != "" {
		c.Set(name, value)
	}
	if len(c) == 0 {
		return "/inbox"
	}
	return "/inbox?" + c.Encode()
}

func everybodys(v store.Visibility) string {
	switch {
	case v.All:
		return "Everybody’s"
	case v.TeamID != 0:
		return "My team’s"
	}
	return "All I see"
}

func (s *site) channelOptions(selected string) []option {
	kinds := s.Channels.Kinds()
	slices.Sort(kinds)
	all := []option{{Value: "", Label: "Every channel"}}
	for _, k := range kinds {
		all = append(all, option{Value: string(k), Label: lookOf(k).Name})
	}
	return choose(selected, all)
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
	if raw.MessageID != nil {
		m, sender, err := s.Store.MessageWithSender(r.Context(), *raw.MessageID)
		if err != nil {
			return err
		}
		if err := s.mayRead(r, m, sender); err != nil {
			return err
		}
	} else if s.unmatchedOf(r) != 0 && raw.SenderID != nil {
		return models.Errorf(models.CodeForbidden, "What could not be read yet may be a colleague’s own mail. Ask a manager to look at it.")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", "inline")
	_, _ = w.Write(raw.Content)
	return nil
}

// unread sets a conversation back to unread and leaves it.
func (s *site) unread(w http.ResponseWriter, r *http.Request) error {
	v, err := s.person(r)
	if err != nil {
		return err
	}
	if err := s.CRM.Unseen(r.Context(), actorOf(r), v.Prospect.ID); err != nil {
		return err
	}
	s.flash(r, v.Prospect.Name()+" stands among the unread again.")
	return redirect(w, r, "/inbox")
}
