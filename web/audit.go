package web

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"followup/models"
	"followup/store"
)

type auditPage struct {
	page
	Rows    []auditRow
	Several []auditPerson // whom the words for a person fit
	Form    form
	By      []option
	Kinds   []option
	Person  string // whose events are shown
	Filters bool
	First   string
	More    string
	CSV     string
	JSON    string
}

// auditPerson is somebody whose events could be meant.
type auditPerson struct{ Name, Company, Href string }

// auditRow is an event in words.
type auditRow struct {
	When   moment
	By     string
	What   string
	Why    string
	Detail string
	Who    *store.Who
	Of     string // the user, sequence or sender it is about
	Href   string
}

// auditNamed finds the person whom words name: by a name, an address or a
// number, as the list of prospects does. Where one is meant the address says
// it by number from then on.
func (s *site) auditNamed(r *http.Request, v url.Values, f form) ([]auditPerson, error) {
	words := f.Get("who")
	if words == "" || v.Get("person") != "" {
		return nil, nil
	}
	found, err := s.Store.ViewProspects(r.Context(), store.ProspectFilter{Sees: store.Everything, Query: words, Page: models.Page{Limit: 10}})
	if err != nil {
		return nil, err
	}
	switch len(found.Rows) {
	case 0:
		f.Errors["who"] = "nobody is called so, or has this address or number"
	case 1:
		v.Set("person", strconv.FormatInt(found.Rows[0].Prospect.ID, 10))
		return nil, nil
	}
	several := make([]auditPerson, len(found.Rows))
	for i, row := range found.Rows {
		to := maps.Clone(v)
		to.Del("who")
		to.Set("person", strconv.FormatInt(row.Prospect.ID, 10))
		several[i] = auditPerson{row.Prospect.Name(), row.Company, "/audit?" + to.Encode()}
	}
	return several, nil
}

// auditQuery reads the filters; to is a day that is included.
func (s *site) auditQuery(v url.Values, t times) (store.AuditQuery, form, error) {
	f := form{Values: v, Errors: map[string]string{}}
	q := store.AuditQuery{Actor: f.Get("by"), Kind: models.EventKind(f.Get("kind")), Cursor: v.Get("after")}
	if text := f.Get("person"); text != "" {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id <= 0 {
			return q, f, models.Errorf(models.CodeNotFound, "There is no such person.")
		}
		q.ProspectID = id
	}
	for _, day := range []struct {
		name string
		into *time.Time
		add  int
	}{{"from", &q.From, 0}, {"to", &q.To, 1}} {
		text := f.Get(day.name)
		if text == "" {
			continue
		}
		d, err := models.ParseDate(text)
		if err != nil {
			f.Errors[day.name] = "choose a day"
			continue
		}
		*day.into = d.AddDays(day.add).At(0, t.mine)
	}
	return q, f, nil
}

func (s *site) audit(w http.ResponseWriter, r *http.Request) error {
	p := auditPage{page: s.page(r, "Audit", "audit")}
	v := r.URL.Query()
	named := form{Values: v, Errors: map[string]string{}}
	var err error
	if p.Several, err = s.auditNamed(r, v, named); err != nil {
		return err
	}
	q, f, err := s.auditQuery(v, p.times)
	if err != nil {
		return err
	}
	maps.Copy(f.Errors, named.Errors)
	p.Form = f
	who, err := s.names(r)
	if err != nil {
		return err
	}
	var found store.AuditPage
	if len(p.Several) == 0 && f.Errors["who"] == "" {
		if found, err = s.Store.ViewAudit(r.Context(), q); err != nil {
			return err
		}
	}
	for _, row := range found.Rows {
		p.Rows = append(p.Rows, p.auditRow(row, who))
	}
	if q.ProspectID != 0 {
		p.Person = "Person " + strconv.FormatInt(q.ProspectID, 10)
		if len(found.Rows) > 0 && found.Rows[0].Who != nil {
			p.Person = found.Rows[0].Who.Prospect.Name()
		}
	}
	p.By, p.Kinds = auditActors(who, q.Actor), auditKinds(q.Kind)
	p.links(v, found.Next)
	return s.show(w, "audit", p)
}

// links of the page: the next one, the first, and the exports with the same filters.
func (p *auditPage) links(v url.Values, next string) {
	after := v.Get("after")
	v.Del("after")
	if v.Get("person") != "" {
		v.Del("who")
	}
	for name, values := range v {
		if len(values) == 0 || strings.TrimSpace(values[0]) == "" {
			v.Del(name)
		}
	}
	p.Filters = len(v) > 0
	if after != "" {
		p.First = "/audit?" + v.Encode()
	}
	if next != "" {
		v.Set("after", next)
		p.More = "/audit?" + v.Encode()
		v.Del("after")
	}
	v.Set("as", "csv")
	p.CSV = "/audit/export?" + v.Encode()
	v.Set("as", "jsonl")
	p.JSON = "/audit/export?" + v.Encode()
}

// auditRow says an event in words: who, what, why, and about whom.
func (t times) auditRow(row store.AuditRow, who names) auditRow {
	e := row.Event
	out := auditRow{When: t.Mine(e.At), By: who.Actor(e.Actor), What: wordOr(eventWords[e.Kind], string(e.Kind)), Who: row.Who}
	out.When.Text = e.At.In(t.mine).Format("Mon 2 Jan 2006 15:04:05")
	if e.Code != "" {
		out.Why = codeText(e.Code)
	}
	if e.Kind == models.EventPublished {
		out.Why = "version " + e.Code
	}
	if reason := e.Data["reason"]; reason != "" && reasonText(models.Reason(reason)) != out.Why {
		if out.Why != "" {
			out.Why += ": "
		}
		out.Why += reasonText(models.Reason(reason))
	}
	var more []string
	if e.Channel != "" {
		more = append(more, strings.ToLower(lookOf(e.Channel).Name))
	}
	for _, key := range slices.Sorted(maps.Keys(e.Data)) {
		if key != "reason" && (key != "version" || e.Kind != models.EventPublished) { // that is its id, not its number
			more = append(more, sentence(plain(spaced(key)))+": "+e.Data[key])
		}
	}
	if row.Task != "" {
		more = append(more, sentence(reasonText(row.Task)))
	}
	if row.Why != "" {
		more = append(more, sentence(row.Why))
	}
	out.Detail = strings.Join(more, " · ")
	switch {
	case row.Who != nil:
		out.Href, out.Of = idPath("/prospects/", row.Who.Prospect.ID), cmp.Or(row.Who.Prospect.Name(), "Somebody")
	case row.Sequence != nil:
		out.Href, out.Of = "/sequences/"+row.Sequence.Key, row.Sequence.Name
	case e.SequenceID != nil:
		out.Of = "Sequence " + strconv.FormatInt(*e.SequenceID, 10)
	case row.Sender != "":
		out.Href, out.Of = idPath("/accounts/", *e.SenderID), phoneText(row.Sender)
	case e.UserID != nil:
		out.Of = who.User(*e.UserID)
	}
	return out
}

func auditActors(who names, chosen string) []option {
	all := []option{{Value: "", Label: "Anybody"}}
	for _, id := range slices.SortedFunc(maps.Keys(who), func(a, b int64) int { return strings.Compare(who[a], who[b]) }) {
		all = append(all, option{Value: models.UserActor(id), Label: who[id]})
	}
	for _, actor := range []string{models.ActorScheduler, models.ActorCustomer, models.ActorProvider, models.ActorSystem} {
		all = append(all, option{Value: actor, Label: actorWords[actor]})
	}
	return choose(chosen, all)
}

func auditKinds(chosen models.EventKind) []option {
	all := []option{{Value: "", Label: "Everything"}}
	for _, k := range slices.SortedFunc(maps.Keys(eventWords), func(a, b models.EventKind) int { return strings.Compare(eventWords[a], eventWords[b]) }) {
		all = append(all, option{Value: string(k), Label: eventWords[k]})
	}
	return choose(string(chosen), all)
}

// auditExport streams what the filters find: nothing of it is held in memory.
func (s *site) auditExport(w http.ResponseWriter, r *http.Request) error {
	t := newTimes(s.Clock(), userOf(r).Zone)
	q, _, err := s.auditQuery(r.URL.Query(), t)
	if err != nil {
		return err
	}
	q.Cursor = ""
	// A long export outlives the server's limit for a page.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	out := bufio.NewWriterSize(w, 64<<10)
	name := "audit-" + t.now.UTC().Format("2006-01-02")
	var give func(models.Event) error
	switch r.URL.Query().Get("as") {
	case "jsonl":
		w.Header().Set("Content-Type", "application/jsonl")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.jsonl"`)
		enc := json.NewEncoder(out)
		give = func(e models.Event) error { return enc.Encode(exportedEvent(e)) }
	case "csv":
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
		rows := csv.NewWriter(out)
		if err := rows.Write(auditColumns); err != nil {
			return err
		}
		give = func(e models.Event) error {
			if err := rows.Write(exportedRow(e)); err != nil {
				return err
			}
			rows.Flush()
			return rows.Error()
		}
	default:
		return models.Errorf(models.CodeNotFound, "An export is a CSV file or JSON Lines.")
	}
	if err := s.Store.ExportAudit(r.Context(), q, give); err != nil {
		// The head is gone already: a broken transfer is what the reader can notice.
		s.Log.Error("an export of the audit trail ended early", "error", err)
		panic(http.ErrAbortHandler)
	}
	return out.Flush()
}

var auditColumns = []string{"id", "at", "actor", "kind", "code", "channel", "prospect", "company", "enrollment", "touch", "message", "task", "appointment", "sequence", "sender", "user", "data"}

// exportedEvent has the columns' names; what is empty is left out.
func exportedEvent(e models.Event) map[string]any {
	row := exportedRow(e)
	out := map[string]any{}
	for i, name := range auditColumns {
		if row[i] != "" && name != "data" && name != "id" {
			out[name] = row[i]
		}
	}
	out["id"] = e.ID
	if len(e.Data) > 0 {
		out["data"] = e.Data
	}
	return out
}

func exportedRow(e models.Event) []string {
	id := func(n *int64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatInt(*n, 10)
	}
	data := ""
	if len(e.Data) > 0 {
		b, _ := json.Marshal(e.Data) // a map of texts always marshals
		data = string(b)
	}
	return []string{strconv.FormatInt(e.ID, 10), e.At.UTC().Format(time.RFC3339Nano), e.Actor, string(e.Kind), e.Code, string(e.Channel),
		id(e.ProspectID), id(e.CompanyID), id(e.EnrollmentID), id(e.TouchID), id(e.MessageID), id(e.TaskID), id(e.AppointmentID), id(e.SequenceID), id(e.SenderID), id(e.UserID), data}
}
