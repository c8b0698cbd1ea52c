package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"followup/crm"
	"followup/models"
	"followup/store"
)

// pointRows is how many contact points the form offers at least.
const pointRows = 3

type prospectFormPage struct {
	page
	Form     form
	ID       int64
	Revision int64
	Name     string
	Points   []pointRow
	Own      []ownField
	Owners   []option
	Labels   []option
	Kinds    []option
	Bases    []option
	Zones    []string
}

// pointRow is one contact point in the form; what is saved keeps its kind.
type pointRow struct {
	N            int
	Value, Err   string
	Labels       []option
	Saved        bool
	Kind         string
	InvalidSince string
}

var labelOptions = []option{{Value: "work", Label: "Work"}, {Value: "cell", Label: "Cell"}, {Value: "home", Label: "Home"}, {Value: "other", Label: "Other"}}

// commonZones are suggested; any IANA name is taken.
var commonZones = []string{
	"America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu",
	"America/Toronto", "America/Mexico_City", "America/Sao_Paulo", "Europe/London", "Europe/Dublin", "Europe/Madrid", "Europe/Paris", "Europe/Berlin",
	"Europe/Zurich", "Europe/Warsaw", "Europe/Athens", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland",
}

func (s *site) prospectNew(w http.ResponseWriter, r *http.Request) error {
	f := newForm()
	f.Values.Set("owner", strconv.FormatInt(userOf(r).ID, 10))
	// From a message that needs matching come the address, the name, and where to go on.
	q := r.URL.Query()
	f.Values.Set("matching", q.Get("matching"))
	if point := q.Get("point"); point != "" {
		f.Values.Set("point_value", point)
	}
	if words := strings.Fields(q.Get("name")); len(words) > 0 {
		f.Values.Set("first_name", words[0])
		f.Values.Set("last_name", strings.Join(words[1:], " "))
	}
	return s.renderProspectForm(w, r, http.StatusOK, f, nil)
}

func (s *site) prospectCreate(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in, err := s.prospectInput(r, f)
	var created models.Prospect
	if err == nil {
		created, err = s.CRM.CreateProspect(r.Context(), actorOf(r), in)
	}
	if err != nil {
		if err := f.take(err, prospectFields...); err != nil {
			return err
		}
		return s.renderProspectForm(w, r, statusOf(err), f, nil)
	}
	if message := f.int64("matching"); message != 0 {
		s.flash(r, created.Name()+" was added. The message can be given to them now.")
		return redirect(w, r, idPath("/inbox/matching/", message))
	}
	s.flash(r, created.Name()+" was added. Enroll them to begin.")
	return redirect(w, r, idPath("/prospects/", created.ID))
}

func (s *site) prospectEdit(w http.ResponseWriter, r *http.Request) error {
	v, err := s.person(r)
	if err != nil {
		return err
	}
	return s.renderProspectForm(w, r, http.StatusOK, formOf(v), &v)
}

func (s *site) prospectUpdate(w http.ResponseWriter, r *http.Request) error {
	v, err := s.person(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	in, err := s.prospectInput(r, f)
	if !can(userOf(r).Role, mayReassign) {
		in.OwnerID = v.Prospect.OwnerID
	}
	in.Notes = v.Prospect.Notes
	if !f.Values.Has("own_key") {
		in.Custom = v.Prospect.Custom
	}
	if err == nil {
		_, err = s.CRM.UpdateProspect(r.Context(), actorOf(r), v.Prospect.ID, f.int64("revision"), in)
	}
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, prospectFields...); err != nil {
			return err
		}
		return s.renderProspectForm(w, r, status, f, &v)
	}
	s.flash(r, "Saved.")
	return redirect(w, r, idPath("/prospects/", v.Prospect.ID))
}

// prospectFields are the form's fields that an error may name.
var prospectFields = []string{"name", "first_name", "last_name", "title", "company", "domain", "zone", "locale", "country", "region", "owner", "email", "phone", "consent_source", "own"}

func (s *site) renderProspectForm(w http.ResponseWriter, r *http.Request, status int, f form, v *store.PersonView) error {
	p := prospectFormPage{page: s.page(r, "New prospect", "prospects"), Form: f, Labels: labelOptions, Zones: commonZones}
	saved := 0
	if v != nil {
		p.ID, p.Revision, p.Name = v.Prospect.ID, v.Prospect.Revision, v.Prospect.Name()
		p.Title = "Edit " + p.Name
		saved = len(v.Points)
		// A stale form keeps the revision it was opened with, or it would
		// overwrite on the second try what it was refused for on the first.
		if n := f.int64("revision"); n != 0 || f.Failed() {
			p.Revision = n
		}
	}
	for _, b := range consentChoices {
		p.Bases = append(p.Bases, option{Value: string(b), Label: consentWords[b], Selected: f.Get("consent_basis") == string(b)})
	}
	values, labels := f.Values["point_value"], f.Values["point_label"]
	for i := 0; i < max(pointRows, len(values)+1) && i < 20; i++ {
		row := pointRow{N: i + 1, Saved: i < saved, Labels: labelOptions}
		if i < len(values) {
			row.Value = values[i]
		}
		label := "work"
		if i < len(labels) {
			label = labels[i]
		}
		row.Labels = choose(label, append([]option(nil), labelOptions...))
		p.Points = append(p.Points, row)
	}
	p.Own = ownRows(f)
	var err error
	p.Owners, err = s.ownerOptions(r, f.Get("owner"), false)
	if err != nil {
		return err
	}
	return s.views.render(w, status, "prospect_form", p)
}

// prospectInput reads the form; a value with an @ is an address, any other a number.
func (s *site) prospectInput(r *http.Request, f form) (crm.ProspectInput, error) {
	in := crm.ProspectInput{
		FirstName: f.Get("first_name"), LastName: f.Get("last_name"), Title: f.Get("title"),
		Company: f.Get("company"), Domain: f.Get("domain"), Zone: f.Get("zone"), Locale: f.Get("locale"),
		Country: f.Get("country"), Region: f.Get("region"), OwnerID: f.int64("owner"), Notes: f.Get("notes"),
		ConsentBasis: models.ConsentBasis(f.Get("consent_basis")), ConsentSource: f.Get("consent_source"),
	}
	if in.OwnerID == 0 || !can(userOf(r).Role, mayReassign) {
		in.OwnerID = userOf(r).ID
	}
	labels := f.Values["point_label"]
	for i, v := range f.Values["point_value"] {
		v = strings.TrimSpace(v)
		if v == "" {
			continue
		}
		p := crm.PointInput{Kind: models.ContactPhone, Value: v, Label: models.LabelWork}
		if strings.Contains(v, "@") {
			p.Kind = models.ContactEmail
		}
		if i < len(labels) {
			p.Label = models.ContactLabel(labels[i])
		}
		in.Points = append(in.Points, p)
	}
	var err error
	in.Custom, err = readOwn(f)
	return in, err
}

func formOf(v store.PersonView) form {
	p := v.Prospect
	vals := url.Values{
		"first_name": {p.FirstName}, "last_name": {p.LastName}, "title": {p.Title}, "zone": {p.Zone}, "locale": {p.Locale},
		"country": {p.Country}, "region": {p.Region}, "owner": {strconv.FormatInt(p.OwnerID, 10)},
	}
	if v.Company != nil {
		vals.Set("company", v.Company.Name)
		vals.Set("domain", v.Company.Domain)
	}
	for _, c := range v.Points {
		vals.Add("point_value", c.Value)
		vals.Add("point_label", string(c.Label))
	}
	f := form{Values: vals, Errors: map[string]string{}}
	putOwn(f, p.Custom)
	return f
}

// person loads the prospect of the path. One that was merged leads to the
// one that took over.
func (s *site) person(r *http.Request) (store.PersonView, error) {
	id, err := pathID(r)
	if err != nil {
		return store.PersonView{}, err
	}
	var before *time.Time
	if at, err := time.Parse(time.RFC3339Nano, r.URL.Query().Get("before")); err == nil {
		before = &at
	}
	return s.Store.ViewPersonBefore(r.Context(), id, before)
}
