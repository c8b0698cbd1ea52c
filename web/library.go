package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"followup/models"
	"followup/store"
)

// shelf is one kind of entry of the library.
type shelf struct {
	Path  string // under /library
	Name  string
	One   string
	Lead  string
	Empty string // why one would add the first
	Icon  string
}

var shelves = []shelf{
	{"points", "Talking points", "talking point", "Reasons for calling that are worth the customer's time. Each is told to a person at most once.", "A new rule, a price that moved, something you can do now and could not before: each is a reason to call again.", "flag"},
	{"stories", "Client stories", "client story", "What a client had before, has now, and how many days lay between. Told only with their permission.", "One honest before and after says more than a page of claims.", "people"},
	{"suggestions", "Suggestions", "suggestion", "Ideas of use to somebody with an obstacle, whether they buy or not. Each is given to a person at most once.", "Write down what helped a client over an obstacle: the next one has it too.", "check-circle"},
	{"snippets", "Snippets", "snippet", "Texts to put into an answer: type / and the name.", "Whatever you type twice a week belongs here.", "text"},
	{"voicemails", "Voicemail scripts", "voicemail script", "What a voicemail says, with a recording in your own voice where you like.", "Half a minute: who, why, one reason to call back, the number twice.", "voicemail"},
}

func shelfAt(path string) (shelf, error) {
	for _, s := range shelves {
		if s.Path == path {
			return s, nil
		}
	}
	return shelf{}, models.Errorf(models.CodeNotFound, "The library has no such shelf. Go back to the library and choose one of the tabs.")
}

// libraryRoutes are what the team knows and says: everybody adds, managers publish.
func (s *site) libraryRoutes(page register) {
	page("GET /library", s.libraryHome)
	page("GET /library/brainstorm", s.brainstorm)
	page("POST /library/brainstorm", s.brainstormAdd)
	page("GET /library/points/{id}/answers", s.pointAnswers)
	page("POST /library/voicemails/{id}/recording", s.recordingAdd)
	page("GET /recordings/{token}", s.recordingPlay)
	page("GET /library/{shelf}", s.libraryShelf)
	page("GET /library/{shelf}/new", s.entryNew)
	page("POST /library/{shelf}", s.entrySave)
	page("GET /library/{shelf}/{id}", s.entryShow)
	page("POST /library/{shelf}/{id}", s.entrySave)
	page("POST /messages/{id}/mark", s.replyMark)
}

type libraryPage struct {
	page
	Shelf   shelf
	Tabs    []tab
	Rows    []entryRow
	Asked   store.ShelfFilter
	Total   store.Count
	Retired bool
	Kinds   []option
	First   string // addresses of the first page and of the next one
	More    string
}

// Narrowed tells whether less than the whole shelf is asked for.
func (p libraryPage) Narrowed() bool { return p.Asked.Words != "" || p.Asked.Kind != "" }

type tab struct {
	Href, Label string
	On          bool
}

// entryRow is an entry in its shelf's list.
type entryRow struct {
	ID    int64
	Title string
	Text  string
	Tags  []entryTag
	Side  string // how many have heard it
	Audio *recordingView
}

type entryTag struct{ Text, Tone, Icon string }

func libraryTabs(on string) []tab {
	tabs := make([]tab, 0, len(shelves)+1)
	for _, sh := range shelves {
		tabs = append(tabs, tab{"/library/" + sh.Path, sh.Name, sh.Path == on})
		if sh.Path == "points" {
			tabs = append(tabs, tab{"/library/brainstorm", "Brainstorm", on == "brainstorm"})
		}
	}
	return tabs
}

func (s *site) libraryHome(w http.ResponseWriter, r *http.Request) error {
	return redirect(w, r, "/library/points")
}

func (s *site) libraryShelf(w http.ResponseWriter, r *http.Request) error {
	sh, err := shelfAt(r.PathValue("shelf"))
	if err != nil {
		return err
	}
	p := libraryPage{page: s.page(r, sh.Name, "library"), Shelf: sh, Tabs: libraryTabs(sh.Path)}
	p.Retired = r.URL.Query().Get("retired") != ""
	p.Asked = shelfFilter(r)
	next, err := s.entryRows(r, sh, &p)
	if err != nil {
		return err
	}
	p.First, p.More = turns(r, p.Asked.After, next)
	if sh.Path == "points" {
		p.Kinds = choose(p.Asked.Kind, append([]option{{Label: "Every kind"}}, pointKinds...))
	}
	return s.show(w, "library", p)
}

// searchLength is the longest search that is read.
const searchLength = 200

func shelfFilter(r *http.Request) store.ShelfFilter {
	q := r.URL.Query()
	return store.ShelfFilter{Words: searched(q.Get("find")), Kind: q.Get("kind"), Retired: q.Get("retired") != "", After: q.Get("after")}
}

// searched are the words of a search.
func searched(text string) string {
	if text = strings.TrimSpace(text); len(text) > searchLength {
		text = text[:searchLength]
	}
	return strings.ToValidUTF8(text, "")
}

// turns are the addresses of the first page and of the next one, with
// everything else that the address asks for.
func turns(r *http.Request, after, next string) (first, more string) {
	q := r.URL.Query()
	if after != "" {
		q.Del("after")
		first = "?" + q.Encode()
	}
	if next != "" {
		q.Set("after", next)
		more = "?" + q.Encode()
	}
	return first, more
}

// entryRows lists a page of a shelf and says where the next one begins.
func (s *site) entryRows(r *http.Request, sh shelf, p *libraryPage) (next string, err error) {
	ctx := r.Context()
	switch sh.Path {
	case "points":
		found, err := s.Store.ViewTalkingPoints(ctx, p.Asked)
		return listed(p, found, func(tp store.PointRow) entryRow { return talkingRow(tp, p.times) }), err
	case "stories":
		found, err := s.Store.ViewStories(ctx, p.Asked)
		return listed(p, found, storyRow), err
	case "suggestions":
		found, err := s.Store.ViewSuggestions(ctx, p.Asked)
		return listed(p, found, suggestionRow), err
	case "snippets":
		found, err := s.Store.ViewSnippets(ctx, p.User.ID, p.Asked)
		return listed(p, found, snippetRow), err
	}
	found, err := s.Store.ViewVoicemails(ctx, p.Asked)
	return listed(p, found, voicemailRow), err
}

func listed[T any](p *libraryPage, found store.ShelfPage[T], show func(T) entryRow) string {
	p.Rows, p.Total = eachRow(found.Rows, show), found.Total
	return found.Next
}

func eachRow[T any](rows []T, show func(T) entryRow) []entryRow {
	out := make([]entryRow, len(rows))
	for i, r := range rows {
		out[i] = show(r)
	}
	return out
}

func suggestionRow(g store.SuggestionRow) entryRow {
	row := entryRow{ID: g.ID, Title: g.Text, Tags: stateTags(g.State), Side: times2(g.Given, "given")}
	if g.Obstacle != "" {
		row.Tags = append(row.Tags, entryTag{Text: "for " + strings.ToLower(objectionWord(g.Obstacle))})
	}
	return row
}

func snippetRow(sn models.Snippet) entryRow {
	row := entryRow{ID: sn.ID, Title: "/" + sn.Name, Text: sn.Text, Tags: stateTags(sn.State)}
	if sn.OwnerID != nil {
		row.Tags = append(row.Tags, entryTag{Text: "only yours", Icon: "lock"})
	}
	return row
}

func voicemailRow(v store.ScriptView) entryRow {
	row := entryRow{ID: v.ID, Title: v.Name, Text: v.Text, Tags: stateTags(v.State), Audio: recordingOf(v.Recording)}
	row.Side = spokenLength(v.Text) + " spoken"
	if row.Audio != nil {
		row.Side = row.Audio.Length + " recorded"
	}
	return row
}

func talkingRow(tp store.PointRow, t times) entryRow {
	row := entryRow{ID: tp.ID, Title: tp.Text, Text: tp.Source, Side: times2(tp.Heard, "heard")}
	row.Tags = append(stateTags(tp.State), entryTag{Text: wordOf(pointKinds, tp.Kind)})
	if tp.Owner != "" {
		row.Text = strings.TrimPrefix(row.Text+" · "+tp.Owner, " · ")
	}
	if tp.ExpiresOn != "" {
		tag := entryTag{Text: "until " + dateWords(tp.ExpiresOn), Icon: "clock"}
		if tp.ExpiresOn < models.DateOf(t.now, t.mine) {
			tag = entryTag{Text: "expired " + dateWords(tp.ExpiresOn), Tone: "warn", Icon: "clock"}
		}
		row.Tags = append(row.Tags, tag)
	}
	return row
}

func storyRow(st models.Story) entryRow {
	row := entryRow{ID: st.ID, Title: st.Title, Text: st.BeforeText + " → " + st.AfterText, Tags: stateTags(st.State)}
	if st.Days > 0 {
		row.Side = strconv.Itoa(st.Days) + " days"
	}
	if st.Permission == models.PermissionNone {
		row.Tags = append(row.Tags, entryTag{Text: "no permission yet", Tone: "warn", Icon: "lock"})
	} else {
		row.Tags = append(row.Tags, entryTag{Text: "told of " + st.Teller()})
	}
	return row
}

func stateTags(state models.LibraryState) []entryTag {
	if state == models.LibraryDraft {
		return []entryTag{{Text: "proposed", Tone: "accent", Icon: "edit"}}
	}
	return nil
}

// times2 counts: "heard by 3", "heard by nobody yet".
func times2(n int, verb string) string {
	to := " by "
	if verb == "given" {
		to = " to "
	}
	switch n {
	case 0:
		return verb + to + "nobody yet"
	case 1:
		return verb + to + "1 person"
	}
	return verb + to + strconv.Itoa(n) + " people"
}

func wordOf(options []option, value string) string {
	for _, o := range options {
		if o.Value == value {
			return o.Label
		}
	}
	return sentence(plain(value))
}

func dateWords(d models.Date) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return t.Format("2 Jan 2006")
}
