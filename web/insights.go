package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"followup/models"
	"followup/store"
)

// insightViews are the questions, the first asked first.
var insightViews = []option{
	{Value: "followups", Label: "Follow-ups"}, {Value: "rates", Label: "Rates"}, {Value: "voicemails", Label: "Voicemails"},
	{Value: "answers", Label: "Our answers"}, {Value: "calls", Label: "Booked calls"}, {Value: "promises", Label: "Promises"}, {Value: "people", Label: "Reps and teams"},
}

var insightPeriods = []option{
	{Value: "30", Label: "30 days"}, {Value: "90", Label: "90 days"}, {Value: "365", Label: "12 months"}, {Value: "all", Label: "Since the beginning"}, {Value: "own", Label: "From … to …"},
}

var insightBys = []option{
	{Value: "sequence", Label: "Sequence"}, {Value: "version", Label: "Version"}, {Value: "step", Label: "Step"}, {Value: "variant", Label: "Variant"},
	{Value: "channel", Label: "Channel"}, {Value: "weekday", Label: "Weekday"}, {Value: "hour", Label: "Hour"}, {Value: "rep", Label: "Rep"},
}

// insightMeasures are the shares, by what the whole is made of.
var insightMeasures = []option{
	{Value: "replied", Label: "Replies"}, {Value: "positive", Label: "Positive replies"}, {Value: "met", Label: "Meetings"}, {Value: "opted_out", Label: "Opt-outs"},
}

var closeMeasures = []option{
	{Value: "closed", Label: "Closed: a call booked or a deal won"}, {Value: "won", Label: "Won"}, {Value: "replied", Label: "Replied"}, {Value: "opted_out", Label: "Opted out"},
}

// insightQuestion is what the address asks for.
type insightQuestion struct {
	View, Period, By, Measure string
	Rep, Team                 int64
	Filter                    store.InsightFilter
	Seen                      store.Visibility
}

type insightsPage struct {
	page
	Tabs     []tab
	Q        insightQuestion
	Lead     string
	Periods  []option
	Bases    []option
	Bys      []option
	Measures []option
	Seqs     []option
	Versions []option
	Steps    []option
	Channels []option
	Reps     []option
	Teams    []option
	insightAnswer
	AsOf   moment
	Counts bool // anything was counted yet
	Export string
	Asked  []string // the filters in words, for the printed page
}

// insightAnswer is a chart with the table behind it.
type insightAnswer struct {
	Chart  *chart
	Table  figureTable
	Totals []total
	Note   string
}

type total struct{ Label, Value string }

// figureTable is shown and exported alike.
type figureTable struct {
	Name    string
	Columns []string
	Rows    [][]string
}

func (s *site) insightRoutes(page register) {
	page("GET /insights", s.insights)
	page("GET /insights/export", s.insightsExport)
}

func (s *site) insights(w http.ResponseWriter, r *http.Request) error {
	names, err := s.Store.InsightNames(r.Context())
	if err != nil {
		return err
	}
	q, err := s.insightQuestion(r, names)
	if err != nil {
		return err
	}
	p := insightsPage{page: s.page(r, "Insights", "insights"), Q: q}
	if p.insightAnswer, err = s.answerInsight(r.Context(), q, names); err != nil {
		return err
	}
	asOf, err := s.Store.InsightsAsOf(r.Context())
	if err != nil {
		return err
	}
	p.Counts, p.AsOf = !asOf.IsZero(), p.Mine(asOf)
	p.choices(r.URL.Query(), names)
	p.Asked = p.askedWords()
	return s.show(w, "insights", p)
}

// askedWords says which of the filters are set: on paper the menus are gone.
func (p *insightsPage) askedWords() []string {
	var words []string
	add := func(options []option) {
		for _, o := range options {
			if o.Selected && o.Value != "" && o.Value != "0" {
				words = append(words, o.Label)
			}
		}
	}
	switch f := p.Q.Filter; {
	case p.Q.Period != "own":
		add(p.Periods)
	case f.From != "" || f.To != "":
		words = append(words, "from "+cmp.Or(string(f.From), "the beginning")+" to "+cmp.Or(string(f.To), "today"))
	}
	for _, options := range [][]option{p.Bases, p.Seqs, p.Versions, p.Steps, p.Channels, p.Reps, p.Teams} {
		add(options)
	}
	return words
}

// insightQuestion reads the filters; what does not exist is left out.
func (s *site) insightQuestion(r *http.Request, names store.InsightNames) (insightQuestion, error) {
	v, u := r.URL.Query(), userOf(r)
	seen, err := s.seenBy(r)
	if err != nil {
		return insightQuestion{}, err
	}
	q := insightQuestion{
		View: oneOf(v.Get("view"), insightViews), Period: oneOf(v.Get("period"), insightPeriods), By: oneOf(v.Get("by"), insightBys),
		Measure: v.Get("measure"), Rep: number(v, "rep"), Team: number(v, "team"), Seen: seen,
	}
	if v.Get("period") == "" {
		q.Period = "90"
	}
	f := &q.Filter
	f.Cohort = v.Get("basis") == "cohort"
	f.Sequence, f.Version, f.Step, f.Channel = number(v, "sequence"), number(v, "version"), v.Get("step"), models.ChannelKind(v.Get("channel"))
	if version, ok := names.Versions[f.Version]; !ok || f.Sequence != 0 && version.SequenceID != f.Sequence {
		f.Version = 0 // of another sequence, chosen before
	}
	today := models.DateOf(s.Clock(), newTimes(s.Clock(), u.Zone).mine)
	switch q.Period {
	case "own":
		f.From, f.To = dateOr(v.Get("from")), dateOr(v.Get("to"))
	case "all":
	default:
		days, _ := strconv.Atoi(q.Period)
		f.From = today.AddDays(1 - days)
	}
	f.Reps = q.reps(names)
	if f.Cohort && (q.By == "weekday" || q.By == "hour") {
		q.By = "step"
	}
	return q, nil
}

// reps are whose figures are asked for and may be seen; nil: everybody's.
func (q insightQuestion) reps(names store.InsightNames) []int64 {
	if q.Seen.All && q.Rep == 0 && q.Team == 0 {
		return nil
	}
	reps := []int64{}
	for _, u := range names.Users {
		if q.Seen.Sees(u) && (q.Rep == 0 || u.ID == q.Rep) && (q.Team == 0 || u.TeamID != nil && *u.TeamID == q.Team) {
			reps = append(reps, u.ID)
		}
	}
	return reps
}

func oneOf(value string, options []option) string {
	for _, o := range options {
		if o.Value == value {
			return value
		}
	}
	return options[0].Value
}

func number(v url.Values, name string) int64 {
	n, _ := strconv.ParseInt(v.Get(name), 10, 64)
	return n
}

func dateOr(text string) models.Date {
	d, err := models.ParseDate(text)
	if err != nil {
		return ""
	}
	return d
}

// choices fills the filters' menus.
func (p *insightsPage) choices(v url.Values, names store.InsightNames) {
	q := p.Q
	for _, view := range insightViews {
		to := url.Values{}
		for k, values := range v {
			if k != "view" && k != "measure" {
				to[k] = values
			}
		}
		to.Set("view", view.Value)
		p.Tabs = append(p.Tabs, tab{"/insights?" + to.Encode(), view.Label, view.Value == q.View})
	}
	id := func(n int64) string { return strconv.FormatInt(n, 10) }
	p.Periods = choose(q.Period, slices.Clone(insightPeriods))
	basis := ""
	if q.Filter.Cohort {
		basis = "cohort"
	}
	p.Bases = choose(basis, []option{{Value: "", Label: "made in that time"}, {Value: "cohort", Label: "to people enrolled in those months"}})
	p.Bys = slices.Clone(insightBys)
	if q.Filter.Cohort {
		p.Bys = slices.DeleteFunc(p.Bys, func(o option) bool { return o.Value == "weekday" || o.Value == "hour" })
	}
	choose(q.By, p.Bys)
	p.Measures = choose(q.Measure, slices.Clone(insightMeasures))
	if q.View == "followups" {
		p.Measures = choose(q.Measure, slices.Clone(closeMeasures))
	}
	p.Seqs = []option{{Label: "Every sequence"}}
	for _, sq := range names.Sequences {
		p.Seqs = append(p.Seqs, option{Value: id(sq.ID), Label: sq.Name})
	}
	choose(id(q.Filter.Sequence), p.Seqs)
	if q.Filter.Sequence != 0 {
		p.ofSequence(names, id)
	}
	p.Channels = choose(string(q.Filter.Channel), []option{{Label: "Every channel"}, {Value: "email", Label: "Email"}, {Value: "sms", Label: "Text"}, {Value: "voicemail", Label: "Voicemail"}, {Value: "call", Label: "Call"}})
	p.Reps, p.Teams = []option{{Label: "Every rep"}}, []option{{Label: "Every team"}}
	for _, u := range names.Users {
		if q.Seen.Sees(u) {
			p.Reps = append(p.Reps, option{Value: id(u.ID), Label: u.Name})
		}
	}
	for _, t := range names.Teams {
		p.Teams = append(p.Teams, option{Value: id(t.ID), Label: t.Name})
	}
	choose(id(q.Rep), p.Reps)
	choose(id(q.Team), p.Teams)
	p.Export = "/insights/export?" + v.Encode()
	p.Lead = insightLeads[q.View]
}

func (p *insightsPage) ofSequence(names store.InsightNames, id func(int64) string) {
	f := p.Q.Filter
	p.Versions, p.Steps = []option{{Label: "Every version"}}, []option{{Label: "Every step"}}
	var versions []models.SequenceVersion
	for _, v := range names.Versions {
		if v.SequenceID == f.Sequence {
			versions = append(versions, v)
		}
	}
	slices.SortFunc(versions, func(a, b models.SequenceVersion) int { return b.Number - a.Number })
	for _, v := range versions {
		p.Versions = append(p.Versions, option{Value: id(v.ID), Label: "v" + strconv.Itoa(v.Number) + ", " + v.PublishedAt.Format("2 Jan 2006")})
	}
	for _, k := range names.Steps {
		if k.Sequence == f.Sequence {
			p.Steps = append(p.Steps, option{Value: k.Step, Label: k.Step})
		}
	}
	choose(id(f.Version), p.Versions)
	choose(f.Step, p.Steps)
}

var insightLeads = map[string]string{
	"followups":  "Of the people who were followed up at least that often, how many closed at that very follow-up? Where the bars end, one more stops paying.",
	"rates":      "What each follow-up brought within 30 days: what the customer did counts for the last one before it.",
	"voicemails": "How many called back within 7 days of a voicemail.",
	"answers":    "How long customers waited until one of us answered.",
	"calls":      "Booked calls by how long after the agreed minute they were dialled.",
	"promises":   "What customers promised, by the day on which it was due, and what it was worth in their words.",
	"people":     "Each rep’s follow-ups, what came of them, and how they kept their word.",
}

// hours of a day as the pages write them.
func hourLabel(h int) string { return time.Date(2000, 1, 1, h, 0, 0, 0, time.UTC).Format("15") }
