package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

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
	Self     string      // this list's own address
	Open     *personPage // the conversation beside the list
	Reply    int64       // its task that asks for an answer; 0: none
	List     string      // the list without a conversation
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
	Href    string
	Here    bool // its conversation stands open beside the list
	When    moment
	Unread  bool
	Waits   bool
	Line    string
	Inbound bool
}

const inboxPath = "/inbox"

// inbox lists conversations, one a person: whoever waits for us first. One of
// them stands open beside the list, with whom it is about.
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
	open, err := s.opened(r, q.Get("open"))
	if err != nil {
		return err
	}
	v, err := s.Store.ViewInbox(r.Context(), f)
	if err != nil {
		return err
	}
	p := inboxPage{page: s.page(r, "Inbox", "inbox"), View: v, Mine: mine, Channel: string(f.Channel), Self: inboxHref(q, "", "")}
	for _, row := range v.Rows {
		line := viewInboxRow(p.times, row)
		line.Href, line.Here = inboxHref(q, "open", idPath("", row.Prospect.ID)), idPath("", row.Prospect.ID) == q.Get("open")
		p.Rows = append(p.Rows, line)
	}
	p.Wide, p.List = true, inboxHref(q, "open", "")
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
	if open != nil {
		if err := s.beside(r, &p, *open); err != nil {
			return err
		}
	}
	return s.show(w, "inbox", p)
}

// opened is the conversation that stands beside the list, read from now on;
// nil where none does, or where only the list renews itself.
func (s *site) opened(r *http.Request, id string) (*store.PersonView, error) {
	if id == "" || refreshing(r) {
		return nil, nil
	}
	n, _ := strconv.ParseInt(id, 10, 64)
	if err := s.maySee(r, store.SubjectProspect, n); err != nil {
		return nil, err
	}
	v, err := s.Store.ViewPerson(r.Context(), n)
	if err == nil && v.Prospect.MergedInto != nil {
		v, err = s.Store.ViewPerson(r.Context(), *v.Prospect.MergedInto)
	}
	if err != nil {
		return nil, err
	}
	return &v, s.seen(r, v)
}

// beside sets a conversation beside the list.
func (s *site) beside(r *http.Request, p *inboxPage, v store.PersonView) error {
	person, err := s.personPage(r, p.page, v, "", newForm())
	if err != nil {
		return err
	}
	p.Open, p.Title = &person, "Inbox: "+v.Prospect.Name()
	for _, t := range v.Tasks {
		if t.Kind == models.TaskReply && t.State == models.TaskOpen && s.mayMove(r, t) == nil {
			p.Reply = t.ID
		}
	}
	return nil
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
// begins at its first page, with nothing open.
func inboxHref(q url.Values, name, value string) string {
	keep := []string{"owner", "show", "channel"}
	if name == "" || name == "open" {
		keep = append(keep, "after", "open")
	}
	c := url.Values{}
	for _, k := range keep {
		if v := q.Get(k); v != "" && k != name {
			c.Set(k, v)
		}
	}
	if name != "" && value != "" {
		c.Set(name, value)
	}
	if len(c) == 0 {
		return inboxPath
	}
	return inboxPath + "?" + c.Encode()
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
	return redirect(w, r, inboxPath)
}
