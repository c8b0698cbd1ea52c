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
	List   store.ProspectList
	Filter store.ProspectFilter
	Owners []option
	States []option
	Sorts  []option
	More   string // address of the next page
	First  string // address of the first page, where this is not it
}

func (s *site) prospectList(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := store.ProspectFilter{
		Query: q.Get("q"), State: store.ProspectState(q.Get("state")), Sort: store.ProspectSort(q.Get("sort")),
		Page: models.Page{After: q.Get("after")},
	}
	f.OwnerID, _ = strconv.ParseInt(q.Get("owner"), 10, 64)
	if len(f.Query) > 200 {
		return models.Invalid("q", "the search is longer than 200 characters; a name, a company or a number is enough")
	}
	list, err := s.Store.ViewProspects(r.Context(), f)
	if err != nil {
		return err
	}
	owners, err := s.ownerOptions(r, strconv.FormatInt(f.OwnerID, 10), true)
	if err != nil {
		return err
	}
	p := prospectListPage{page: s.page(r, "Prospects", "prospects"), List: list, Filter: f, Owners: owners}
	p.Query = f.Query
	p.States = choose(string(f.State), []option{
		{Value: "", Label: "Everyone"}, {Value: string(store.ProspectWaiting), Label: "Waiting for us"},
		{Value: string(store.ProspectInSequence), Label: "In a sequence"}, {Value: string(store.ProspectPaused), Label: "Paused"},
		{Value: string(store.ProspectIdle), Label: "In no sequence"}, {Value: string(store.ProspectSuppressed), Label: "Do not contact"},
	})
	p.Sorts = choose(string(f.Sort), []option{
		{Value: "", Label: "Newest first"}, {Value: string(store.SortNext), Label: "Next step first"}, {Value: string(store.SortLast), Label: "Last touched first"},
	})
	if list.Next != "" {
		p.More = withAfter(q, list.Next)
	}
	if f.Page.After != "" {
		p.First = withAfter(q, "")
	}
	return s.show(w, "prospects", p)
}

func withAfter(q url.Values, after string) string {
	c := url.Values{}
	for _, k := range []string{"q", "owner", "state", "sort", "waiting"} {
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
		out = append(out, option{Value: "", Label: "Everybody's"})
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
