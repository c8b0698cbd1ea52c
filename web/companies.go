package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"followup/models"
	"followup/store"
)

type companiesPage struct {
	page
	paging
	List store.CompanyList
}

// companies lists them by name.
func (s *site) companies(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	sees, err := s.seenBy(r)
	if err != nil {
		return err
	}
	list, err := s.Store.ViewCompanies(r.Context(), sees, excerpt(200, q.Get("q")), models.Page{After: q.Get("after")})
	if err != nil {
		return err
	}
	p := companiesPage{page: s.page(r, "Companies", "prospects"), List: list}
	p.Query = q.Get("q")
	p.paging = pagingOf(q, list.Next)
	return s.show(w, "companies", p)
}

type companyPage struct {
	page
	View  store.CompanyView
	Holds []holdView
	Lines []companyLine
	Older string // the part of the timeline before
	Newer string // its beginning
	Form  form
	Today string
	More  string
	First string
}

type holdView struct {
	models.CompanyHold
	When  moment
	Until string
}

// companyLine is one thing of the company's timeline.
type companyLine struct {
	store.CompanyEntry
	When    moment
	Day     string // set where a new day begins
	Inbound bool
	Text    string
	Line    *lineView
}

func companyLines(t times, entries []store.CompanyEntry) []companyLine {
	lines, day := make([]companyLine, len(entries)), ""
	for i, e := range entries {
		line := companyLine{CompanyEntry: e, When: t.Clock(e.At)}
		switch {
		case e.Message != nil:
			if line.Inbound, line.Text = e.Message.Direction == models.Inbound, visible(*e.Message); line.Text == "" && line.Inbound {
				line.Text = heard(*e.Message)
			}
		case e.Call != nil:
			line.Line = &lineView{Icon: "phone", Text: "Call: " + outcomeLabel(e.Call.Outcome), Why: excerpt(200, e.Call.Notes)}
			if e.Call.State == models.TaskMissed {
				line.Line.Text, line.Line.Tone = "Call missed", "warn"
			}
		default:
			line.Line = companyEventLine(e)
		}
		if d := t.day(e.At.In(t.mine)); d != day {
			day, line.Day = d, d
		}
		lines[i] = line
	}
	return lines
}

func companyEventLine(e store.CompanyEntry) *lineView {
	switch e.Event.Kind {
	case models.EventCompanyHeld:
		return &lineView{Icon: "pause", Text: "Everybody put on hold", Tone: "warn"}
	case models.EventCompanyReleased:
		return &lineView{Icon: "play", Text: "Hold lifted"}
	}
	line := eventLine(*e.Event, store.PersonView{})
	if line != nil && e.Sequence != "" {
		line.Text += ": " + e.Sequence
	}
	return line
}

func (s *site) companyShow(w http.ResponseWriter, r *http.Request) error {
	return s.renderCompany(w, r, http.StatusOK, newForm())
}

func (s *site) renderCompany(w http.ResponseWriter, r *http.Request, status int, f form) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	sees, err := s.seenBy(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	now := s.Clock()
	v, err := s.Store.ViewCompany(r.Context(), id, sees, models.Page{After: q.Get("after")}, now)
	if err != nil {
		return err
	}
	p := companyPage{page: s.page(r, v.Company.Name, "prospects"), View: v, Form: f}
	p.Today = now.In(p.mine).AddDate(0, 0, 1).Format(time.DateOnly)
	for _, h := range v.Holds {
		hv := holdView{CompanyHold: h, When: p.Ago(h.CreatedAt)}
		if h.Until != nil {
			hv.Until = p.Mine(*h.Until).Text
		}
		p.Holds = append(p.Holds, hv)
	}
	entries, older, err := s.Store.CompanyTimeline(r.Context(), id, sees, models.Page{After: q.Get("before")})
	if err != nil {
		return err
	}
	p.Lines = companyLines(p.times, entries)
	if older != "" {
		p.Older = withCursor(q, "before", older) + "#timeline"
	}
	if q.Get("before") != "" {
		p.Newer = withCursor(q, "before", "") + "#timeline"
	}
	if v.People.Next != "" {
		p.More = withCursor(q, "after", v.People.Next)
	}
	if q.Get("after") != "" {
		p.First = withCursor(q, "after", "")
	}
	return s.views.render(w, status, "company", p)
}

// withCursor is the company's address with one of its two lists elsewhere.
func withCursor(q url.Values, list, cursor string) string {
	to := url.Values{}
	for _, k := range []string{"after", "before"} {
		if v := q.Get(k); v != "" && k != list {
			to.Set(k, v)
		}
	}
	if cursor != "" {
		to.Set(list, cursor)
	}
	return "?" + to.Encode()
}

type companyFormPage struct {
	page
	Form form
	ID   int64
	Seen string
}

func (s *site) companyNew(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, "company_form", companyFormPage{page: s.page(r, "New company", "prospects"), Form: newForm()})
}

func (s *site) companyEdit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v, err := s.Store.ViewCompany(r.Context(), id, store.Visibility{}, models.Page{Limit: 1}, s.Clock())
	if err != nil {
		return err
	}
	c, f := v.Company, newForm()
	for name, value := range map[string]string{"name": c.Name, "domain": c.Domain, "country": c.Country, "region": c.Region, "city": c.City, "website": c.Website} {
		f.Values.Set(name, value)
	}
	return s.show(w, "company_form", companyFormPage{page: s.page(r, "Edit "+c.Name, "prospects"), Form: f, ID: id, Seen: c.UpdatedAt.UTC().Format(time.RFC3339Nano)})
}

// companySave creates a company or changes one.
func (s *site) companySave(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	seen, _ := time.Parse(time.RFC3339Nano, f.Get("seen"))
	c, err := s.CRM.SaveCompany(r.Context(), actorOf(r), models.Company{
		ID: id, Name: f.Get("name"), Domain: f.Get("domain"), Country: f.Get("country"), Region: f.Get("region"), City: f.Get("city"), Website: f.Get("website"),
	}, seen)
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "name", "domain", "country", "website"); err != nil {
			return err
		}
		title := "New company"
		if id != 0 {
			title = "Edit " + f.Get("name")
		}
		return s.views.render(w, status, "company_form", companyFormPage{page: s.page(r, title, "prospects"), Form: f, ID: id, Seen: f.Get("seen")})
	}
	s.flash(r, c.Name+" is saved.")
	return redirect(w, r, idPath("/companies/", c.ID))
}

// companyHold stops what is automatic for everybody there, until the end of a
// day of the user's or until it is lifted.
func (s *site) companyHold(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	var until *time.Time
	if day := f.Get("until"); day != "" {
		at, err := time.ParseInLocation(time.DateOnly, day, newTimes(s.Clock(), userOf(r).Zone).mine)
		if err != nil {
			f.Errors["until"] = "Write the day as 2026-12-31, or choose it."
			return s.renderCompany(w, r, http.StatusUnprocessableEntity, f)
		}
		until = &at
	}
	if err := s.CRM.HoldCompany(r.Context(), actorOf(r), id, until); err != nil {
		status := statusOf(err)
		if err := f.take(err, "until"); err != nil {
			return err
		}
		return s.renderCompany(w, r, status, f)
	}
	s.flash(r, "Nothing automatic goes to anybody there until the hold is over.")
	return redirect(w, r, idPath("/companies/", id))
}

func (s *site) companyRelease(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := s.CRM.ReleaseCompany(r.Context(), actorOf(r), id); err != nil {
		return err
	}
	s.flash(r, "The hold is lifted; what waited goes on.")
	return redirect(w, r, idPath("/companies/", id))
}
