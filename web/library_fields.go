package web

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"followup/models"
)

var pointKinds = []option{
	{Value: "industry_news", Label: "Industry news"}, {Value: "new_policy", Label: "New policy"}, {Value: "new_regime", Label: "New regime"},
	{Value: "new_capability", Label: "New capability"}, {Value: "new_you", Label: "New you"},
}

var permissionChoices = []option{
	{Value: "", Label: "Not asked yet, or refused"}, {Value: "anonymous", Label: "Without their name"}, {Value: "named", Label: "With their name"},
}

// objectionChoices are what an entry may answer.
var objectionChoices = []option{
	{Value: "price", Label: "Price"}, {Value: "timing", Label: "Timing"}, {Value: "authority", Label: "Somebody else decides"},
	{Value: "need", Label: "No need seen"}, {Value: "trust", Label: "Trust"}, {Value: "other", Label: "Something else"},
}

func objectionWord(kind string) string {
	if kind == models.AnswersLost {
		return "People whom we lost"
	}
	return wordOf(objectionChoices, kind)
}

// entryField is one question of an entry's form.
type entryField struct {
	fieldView
	Checks []option // several may be marked
}

// asked builds the form of a shelf's entry.
func (sh shelf) asked(f form) []entryField {
	text := func(name, label string, rows int, hint string, required bool) entryField {
		v, _ := newField(f, name, label, "rows", rows, "hint", hint, "required", required, "autocomplete", "off")
		return entryField{fieldView: v}
	}
	pick := func(name, label, hint string, choices []option) entryField {
		v, _ := newField(f, name, label, "options", choices, "hint", hint)
		return entryField{fieldView: v}
	}
	typed := func(name, label, kind, hint string) entryField {
		v, _ := newField(f, name, label, "type", kind, "hint", hint)
		return entryField{fieldView: v}
	}
	checks := func(name, label, hint string, choices []option) entryField {
		e := entryField{fieldView: fieldView{Name: name, Label: label, Hint: hint, Err: f.Err(name)}}
		for _, c := range choices {
			c.Selected = slices.Contains(f.Values[name], c.Value)
			e.Checks = append(e.Checks, c)
		}
		return e
	}
	answers := checks("answers", "What it answers", "People with such an objection are listed once it is published.", objectionChoices)
	switch sh.Path {
	case "points":
		answers.Checks = append(answers.Checks, option{Value: models.AnswersLost, Label: "We lost them", Selected: slices.Contains(f.Values["answers"], models.AnswersLost)})
		return []entryField{
			text("text", "The reason I’m calling is …", 3, "One sentence that is worth their time even if they never buy.", true),
			pick("kind", "Kind", "", slices.Clone(pointKinds)),
			text("source", "Where it is from", 0, "A link, a paper, a person: what you say when they ask.", false),
			typed("expires_on", "Until", "date", "After this day it is no news any more. Left empty it does not expire."),
			answers,
			text("words", "Or words that they used", 0, "Separated by commas: an objection or an obstacle in which one of them stands is answered too.", false),
		}
	case "stories":
		return []entryField{
			text("title", "Title", 0, "As you would begin to tell it.", true),
			text("before", "Before", 3, "What it was like, with a number.", true),
			text("after", "After", 3, "What it is like now, with the same number.", true),
			typed("days", "Days between", "number", ""),
			text("client", "Client", 0, "Told only where they permit their name.", false),
			pick("permission", "Their permission", "", slices.Clone(permissionChoices)),
			text("permission_note", "Who gave it, and when", 0, "Such as: Ana Ruiz, by email, 3 March.", false),
			answers,
		}
	case "suggestions":
		return []entryField{
			text("text", "Suggestion", 3, "Of use to them even if they never buy.", true),
			pick("obstacle", "For whom", "", append([]option{{Label: "Anybody"}}, objectionChoices...)),
			text("words", "Or words that they used", 0, "Separated by commas: an obstacle in which one of them stands.", false),
		}
	case "snippets":
		return []entryField{
			text("name", "Name", 0, "One word. Typing / and this name puts the text in.", true),
			text("text", "Text", 6, "", true),
			checks("mine", "Who uses it", "", []option{{Value: "yes", Label: "Only I"}}),
		}
	}
	return []entryField{
		text("name", "Name", 0, "", true),
		text("text", "What it says", 5, "Read aloud where there is no recording. Thirty seconds are about 75 words.", true),
	}
}

// entry is an entry of any shelf, as its form has it.
type entry struct {
	ID, Revision int64
	State        models.LibraryState
	Retired      *time.Time
	Owner        *int64
	Recording    *int64
	Values       url.Values
}

func (e entry) word(name string) string { return strings.TrimSpace(e.Values.Get(name)) }

// loadEntry reads an entry into its form's fields.
func (s *site) loadEntry(ctx context.Context, sh shelf, id int64) (entry, error) {
	switch sh.Path {
	case "points":
		tp, err := s.Store.TalkingPoint(ctx, id)
		return pointEntry(tp), err
	case "stories":
		st, err := s.Store.Story(ctx, id)
		return storyEntry(st), err
	case "suggestions":
		g, err := s.Store.Suggestion(ctx, id)
		return suggestionEntry(g), err
	case "snippets":
		sn, err := s.Store.Snippet(ctx, id)
		return snippetEntry(sn), err
	}
	v, err := s.Store.LibraryScript(ctx, id)
	return scriptEntry(v), err
}

func pointEntry(tp models.TalkingPoint) entry {
	return entry{tp.ID, tp.Revision, tp.State, tp.RetiredAt, tp.OwnerID, nil, url.Values{
		"text": {tp.Text}, "kind": {tp.Kind}, "source": {tp.Source}, "expires_on": {string(tp.ExpiresOn)}, "answers": tp.Answers, "words": {tp.Words},
	}}
}

func storyEntry(st models.Story) entry {
	v := url.Values{
		"title": {st.Title}, "client": {st.Client}, "before": {st.BeforeText}, "after": {st.AfterText},
		"permission": {string(st.Permission)}, "permission_note": {st.PermissionNote}, "answers": st.Answers,
	}
	if st.Days > 0 {
		v.Set("days", strconv.Itoa(st.Days))
	}
	return entry{st.ID, st.Revision, st.State, st.RetiredAt, st.OwnerID, nil, v}
}

func suggestionEntry(g models.Suggestion) entry {
	return entry{g.ID, g.Revision, g.State, g.RetiredAt, g.OwnerID, nil, url.Values{"text": {g.Text}, "obstacle": {g.Obstacle}, "words": {g.Words}}}
}

func snippetEntry(sn models.Snippet) entry {
	v := url.Values{"name": {sn.Name}, "text": {sn.Text}}
	owner := sn.CreatedBy
	if sn.OwnerID != nil {
		v.Set("mine", "yes")
		owner = sn.OwnerID
	}
	return entry{sn.ID, sn.Revision, sn.State, sn.RetiredAt, owner, nil, v}
}

func scriptEntry(v models.VoicemailScript) entry {
	return entry{v.ID, v.Revision, v.State, v.RetiredAt, v.OwnerID, v.RecordingID, url.Values{"name": {v.Name}, "text": {v.Text}}}
}

// keepEntry saves what the form says.
func (s *site) keepEntry(ctx context.Context, u models.User, sh shelf, e entry) (entry, error) {
	by := models.UserActor(u.ID)
	switch sh.Path {
	case "points":
		tp, err := s.CRM.SaveTalkingPoint(ctx, by, models.TalkingPoint{
			ID: e.ID, Revision: e.Revision, State: e.State, RetiredAt: e.Retired, OwnerID: e.Owner, Kind: e.word("kind"), Text: e.word("text"),
			Source: e.word("source"), ExpiresOn: models.Date(e.word("expires_on")), Answers: e.Values["answers"], Words: e.word("words"),
		})
		return pointEntry(tp), err
	case "stories":
		days, err := strconv.Atoi(e.word("days"))
		if err != nil && e.word("days") != "" {
			return e, models.Invalid("days", "%q is no number of days", e.word("days"))
		}
		st, err := s.CRM.SaveStory(ctx, by, models.Story{
			ID: e.ID, Revision: e.Revision, State: e.State, RetiredAt: e.Retired, OwnerID: e.Owner, Title: e.word("title"), Client: e.word("client"),
			BeforeText: e.word("before"), AfterText: e.word("after"), Days: days, Permission: models.Permission(e.word("permission")),
			PermissionNote: e.word("permission_note"), Answers: e.Values["answers"],
		})
		return storyEntry(st), err
	case "suggestions":
		g, err := s.CRM.SaveSuggestion(ctx, by, models.Suggestion{
			ID: e.ID, Revision: e.Revision, State: e.State, RetiredAt: e.Retired, OwnerID: e.Owner, Text: e.word("text"),
			Obstacle: e.word("obstacle"), Words: e.word("words"),
		})
		return suggestionEntry(g), err
	case "snippets":
		sn := models.Snippet{ID: e.ID, Revision: e.Revision, State: e.State, RetiredAt: e.Retired, CreatedBy: e.Owner, Name: e.word("name"), Text: e.word("text")}
		if e.word("mine") != "" {
			sn.OwnerID = e.Owner
		}
		sn, err := s.CRM.SaveSnippet(ctx, by, sn)
		return snippetEntry(sn), err
	}
	v, err := s.CRM.SaveVoicemailScript(ctx, by, models.VoicemailScript{
		ID: e.ID, Revision: e.Revision, State: e.State, RetiredAt: e.Retired, OwnerID: e.Owner, RecordingID: e.Recording, Name: e.word("name"), Text: e.word("text"),
	})
	return scriptEntry(v), err
}

// recordingView is a recording to listen to.
type recordingView struct {
	Href, Length string
	Address      string // for a step, where the provider can reach us
}

func recordingOf(r *models.Recording) *recordingView {
	if r == nil {
		return nil
	}
	return &recordingView{Href: "/recordings/" + r.Token, Length: seconds(time.Duration(r.Millis) * time.Millisecond)}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Round(time.Second).Seconds())) + " s" }

// spokenLength guesses how long a text takes to say: two and a half words a second.
func spokenLength(text string) string {
	return "about " + seconds(time.Duration(len(strings.Fields(text)))*400*time.Millisecond)
}
