package web

import (
	"net/http"
	"net/url"
	"strconv"

	"followup/models"
	"followup/store"
)

type prospectListPage struct {
	page
	paging
	List      store.ProspectList
	Filter    store.ProspectFilter
	Narrowed  bool
	Address   string // the filter as an address, for what is done with everybody found
	Owners    []option
	States    []option
	Sequences []option
	Nexts     []option
	Sorts     []option
	Saved     []savedView
	Token     string
}

// savedView is one of the user's own lists.
type savedView struct {
	models.SavedFilter
	Href string
	On   bool
}

func (s *site) prospectList(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := store.ParseProspectFilter(q)
	f.Page.After, f.Now = q.Get("after"), s.Clock()
	if len(f.Query) > 200 {
		return models.Invalid("q", "the search is longer than 200 characters; a name, a company or a number is enough")
	}
	var err error
	if f.Sees, err = s.seenBy(r); err != nil {
		return err
	}
	list, err := s.Store.ViewProspects(r.Context(), f)
	if err != nil {
		return err
	}
	p := prospectListPage{page: s.page(r, "Prospects", "prospects"), List: list, Filter: f, Narrowed: f.Narrowed(), Address: f.Values().Encode(), Token: newToken()}
	p.Query = f.Query
	if err := s.listChoices(r, &p); err != nil {
		return err
	}
	p.paging = pagingOf(q, list.Next)
	return s.show(w, "prospects", p)
}

// listChoices fills what the list can be narrowed and ordered by.
func (s *site) listChoices(r *http.Request, p *prospectListPage) error {
	f := p.Filter
	var err error
	if p.Owners, err = s.ownerOptions(r, strconv.FormatInt(f.OwnerID, 10), true); err != nil {
		return err
	}
	p.States = choose(string(f.State), []option{
		{Value: "", Label: "Everyone"}, {Value: string(store.ProspectWaiting), Label: "Waiting for us"},
		{Value: string(store.ProspectInSequence), Label: "In a sequence"}, {Value: string(store.ProspectPaused), Label: "Paused"},
		{Value: string(store.ProspectIdle), Label: "In no sequence"}, {Value: string(store.ProspectSuppressed), Label: "Do not contact"},
	})
	p.Nexts = choose(string(f.Next), []option{
		{Value: "", Label: "Any next step"}, {Value: string(store.NextNone), Label: "No next step"}, {Value: string(store.NextLate), Label: "Next step overdue"},
		{Value: string(store.NextDay), Label: "Next step within a day"}, {Value: string(store.NextWeek), Label: "Next step within a week"},
	})
	p.Sorts = choose(string(f.Sort), []option{
		{Value: "", Label: "Newest first"}, {Value: string(store.SortName), Label: "By last name"},
		{Value: string(store.SortNext), Label: "Next step first"}, {Value: string(store.SortLast), Label: "Last touched first"},
	})
	sequences, err := s.Store.SequenceNames(r.Context())
	if err != nil {
		return err
	}
	all := []option{{Value: "", Label: "Any sequence"}}
	for _, seq := range sequences {
		all = append(all, option{Value: strconv.FormatInt(seq.ID, 10), Label: seq.Name})
	}
	picked := ""
	if f.SequenceID != 0 {
		picked = strconv.FormatInt(f.SequenceID, 10)
	}
	p.Sequences = choose(picked, all)
	saved, err := s.Store.SavedFilters(r.Context(), userOf(r).ID)
	for _, sf := range saved {
		p.Saved = append(p.Saved, savedView{SavedFilter: sf, Href: "/prospects?" + sf.Query, On: sf.Query == p.Address})
	}
	return err
}

// filterSave keeps the list under a name.
func (s *site) filterSave(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	filter, err := filterOf(f)
	if err != nil {
		return err
	}
	saved, err := s.CRM.SaveFilter(r.Context(), models.SavedFilter{UserID: userOf(r).ID, Name: f.Get("name"), Query: filter.Values().Encode()})
	if err != nil {
		return err
	}
	s.flash(r, "The list is kept as "+saved.Name+".")
	return redirect(w, r, "/prospects?"+saved.Query)
}

// filterOf reads the filter that a list's form carries.
func filterOf(f form) (store.ProspectFilter, error) {
	q, err := url.ParseQuery(f.Get("filter"))
	if err != nil {
		return store.ProspectFilter{}, models.Invalid("filter", "the list's address is damaged; open the list again")
	}
	return store.ParseProspectFilter(q), nil
}

func (s *site) filterDrop(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := s.CRM.DropFilter(r.Context(), id, userOf(r).ID); err != nil {
		return err
	}
	s.flash(r, "The list is forgotten; its people stay.")
	return redirect(w, r, "/prospects")
}

// paging are the addresses around a page of a list.
type paging struct {
	More  string // the next page; "": this is the last
	First string // the first page, where this is not it
}

func pagingOf(q url.Values, next string) (p paging) {
	if next != "" {
		p.More = withAfter(q, next)
	}
	if q.Get("after") != "" {
		p.First = withAfter(q, "")
	}
	return p
}

func withAfter(q url.Values, after string) string {
	c := url.Values{}
	for _, k := range []string{"q", "owner", "state", "sequence", "company", "next", "sort", "waiting"} {
		if v := q.Get(k); v != "" {
			c.Set(k, v)
		}
	}
	if after != "" {
		c.Set("after", after)
	}
	return "?" + c.Encode()
}

func choose(selected string, options []option) []option {
	for i := range options {
		options[i].Selected = options[i].Value == selected
	}
	return options
}

// ownerOptions lists whom a prospect can belong to.
func (s *site) ownerOptions(r *http.Request, selected string, everybody bool) ([]option, error) {
	users, err := s.Store.ViewUsers(r.Context())
	if err != nil {
		return nil, err
	}
	var out []option
	if everybody {
		out = append(out, option{Value: "", Label: "Everybody’s"})
	}
	me := userOf(r).ID
	for _, u := range users {
		if u.DisabledAt != nil {
			continue
		}
		o := option{Value: strconv.FormatInt(u.ID, 10), Label: u.Name}
		if u.ID == me {
			o.Label += " (you)"
		}
		out = append(out, o)
	}
	if selected == "0" {
		selected = ""
	}
	return choose(selected, out), nil
}
