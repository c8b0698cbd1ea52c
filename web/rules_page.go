package web

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"followup/crm"
	"followup/laws"
	"followup/models"
)

// rulesPage shows what the law asks, row by row, and the limits of one's own.
type rulesPage struct {
	page
	Matters []ruleMatter
	Form    form // what was entered and failed
	Failed  string
	Limits  []limitField
	Texts   string // what texts cost this month
	Lists   []models.SuppressionList
	Report  *crm.ListReport
	Stale   bool // the latest list is too old to rely on
}

type ruleMatter struct {
	Name, Title, Where string
	Rows               []ruleRow
}

type ruleRow struct {
	laws.Row
	Place, For string
	Error      string // of what was entered
	Entered    string
}

type limitField struct{ Name, Label, Hint, Value string }

// matters say what each is and where it is enforced.
var matters = map[laws.Matter]ruleMatter{
	laws.Hours:    {Title: "Hours for calls, texts and recorded messages", Where: "Judged as each is claimed and as a rep dials, in every time zone in which the person may be. All rows that apply hold at once."},
	laws.Caps:     {Title: "How often", Where: "Judged as each is claimed: calls, texts and recorded messages of all sequences are counted together."},
	laws.Consents: {Title: "Consent", Where: "Judged as each is claimed, for the very number or address. The row that names the country holds, else the one for any country."},
	laws.Holidays: {Title: "Holidays", Where: "Count where a row of the hours says “not on holidays”. On a weekend the Friday before or the Monday after counts too."},
}

var limitLabels = map[string][2]string{
	"person_day":     {"Touches of one person a day", "Over all channels and sequences, by their calendar."},
	"person_gap":     {"Minutes between two touches of one person", ""},
	"company_day":    {"Messages to one company a day", "By UTC."},
	"active_per_rep": {"People of one rep in sequences", "Enrolling more is refused."},
	"failed_days":    {"Days of failing until a number or address rests", ""},
	"rest_days":      {"Days for which it rests", ""},
	"spread":         {"Minutes over which messages are spread", "Emails of a sequence, from the time of day that their step names; texts where it names none. Each person's part stays the same. Promises, reminders, answers and calls are never moved. 0: all in the same minute."},
	"text_budget":    {"Budget for texts a month", "In the currency of the rates in the configuration; by UTC. Used up, automatic texts wait for the next month."},
}

func (s *site) rulesShow(w http.ResponseWriter, r *http.Request) error {
	return s.renderRules(w, r, http.StatusOK, rulesPage{Form: newForm()})
}

func (s *site) renderRules(w http.ResponseWriter, r *http.Request, status int, p rulesPage) error {
	p.page = s.page(r, "Rules of the law", "settings")
	set, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	if p.Lists, err = s.Store.SuppressionLists(r.Context()); err != nil {
		return err
	}
	p.Stale = len(p.Lists) > 0 && p.Lists[0].Stale(s.Clock())
	for _, m := range laws.Matters {
		matter := matters[m]
		matter.Name = string(m)
		for _, row := range laws.For(set.Rules).Rows() {
			if row.Matter == m {
				matter.Rows = append(matter.Rows, p.row(row))
			}
		}
		p.Matters = append(p.Matters, matter)
	}
	if p.Texts, err = s.textsLine(r.Context(), set.Caps.TextBudget); err != nil {
		return err
	}
	caps := set.Caps
	for _, f := range crm.CapFields {
		label := limitLabels[f.Name]
		p.Limits = append(p.Limits, limitField{Name: f.Name, Label: label[0], Hint: label[1], Value: strconv.Itoa(*f.In(&caps))})
	}
	return s.views.render(w, status, "rules", p)
}

func (p rulesPage) row(row laws.Row) ruleRow {
	out := ruleRow{Row: row, Entered: row.Value, Place: strings.ReplaceAll(row.Country, ",", " ")}
	if row.Country == "*" {
		out.Place = "Any country"
	}
	switch row.Region {
	case "*":
	case "?":
		out.Place += ", state not known"
	default:
		out.Place += " " + row.Region
	}
	words := make([]string, len(row.Channels))
	for i, ch := range row.Channels {
		words[i] = lookOf(ch).Name
	}
	out.For = strings.Join(words, ", ")
	if p.Failed == row.ID {
		out.Error, out.Entered = p.Form.Err("rules"), p.Form.Get("value")
	}
	return out
}

// ruleSave puts one's own value in the place of a rule's, or takes it away.
func (s *site) ruleSave(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	value := f.Get("value")
	if f.Get("default") != "" {
		value = ""
	}
	id := f.Get("id")
	if err := s.CRM.SetLaw(r.Context(), actorOf(r), id, value); err != nil {
		status := statusOf(err)
		if err := f.take(err, "rules"); err != nil {
			return err
		}
		return s.renderRules(w, r, status, rulesPage{Form: f, Failed: id})
	}
	s.flash(r, "Saved. It holds from now on, for what is planned already too.")
	return redirect(w, r, "/settings/rules#"+id)
}

// capsSave saves the limits.
func (s *site) capsSave(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	if err := s.CRM.SetCaps(r.Context(), actorOf(r), f.Get); err != nil {
		status := statusOf(err)
		names := make([]string, len(crm.CapFields))
		for i, c := range crm.CapFields {
			names[i] = c.Name
		}
		if err := f.take(err, names...); err != nil {
			return err
		}
		return s.renderRules(w, r, status, rulesPage{Form: f, Failed: "caps"})
	}
	s.flash(r, "Saved. The limits hold from now on.")
	return redirect(w, r, "/settings/rules#limits")
}

// listImport takes a do-not-call list. Longer ones come by the command line.
func (s *site) listImport(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseMultipartForm(maxBody); err != nil { //nolint:gosec // G120: limitBody bounds what this path may hold
		return models.Errorf(models.CodeInvalid, "The list did not arrive whole. Send it again; one of more than 20 MB comes by followup suppress import.")
	}
	f := form{Values: r.PostForm, Errors: map[string]string{}}
	var list io.Reader = strings.NewReader(f.Get("numbers"))
	name := f.Get("name")
	if file, head, err := r.FormFile("file"); err == nil {
		defer func() { _ = file.Close() }()
		list = file
		if name == "" {
			name = head.Filename
		}
	}
	report, err := s.CRM.ImportSuppressions(r.Context(), list, crm.ListOptions{Actor: actorOf(r), Name: name, AsOf: models.Date(f.Get("as_of")), Country: "US"})
	if err != nil {
		status := statusOf(err)
		if err := f.take(err, "name", "as_of"); err != nil {
			return err
		}
		return s.renderRules(w, r, status, rulesPage{Form: f, Failed: "list"})
	}
	return s.renderRules(w, r, http.StatusOK, rulesPage{Form: newForm(), Report: &report})
}

// In is the form as a section sees it: what failed in another is not its.
func (p rulesPage) In(section string) form {
	if section == p.Failed {
		return p.Form
	}
	return newForm()
}
