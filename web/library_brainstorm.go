package web

import (
	"net/http"

	"followup/models"
	"followup/store"
)

type brainstormPage struct {
	page
	Tabs  []tab
	Form  form
	Kinds []option
	Mine  store.Count
	Rows  []entryRow
	Total store.Count
	First string // addresses of the first page and of the next one
	More  string
}

// brainstorm is one line to write and what the team has written: quick, for
// many ideas at once; sorting comes later.
func (s *site) brainstorm(w http.ResponseWriter, r *http.Request) error {
	f := newForm()
	f.Values.Set("kind", r.URL.Query().Get("kind"))
	return s.renderBrainstorm(w, r, http.StatusOK, f)
}

func (s *site) renderBrainstorm(w http.ResponseWriter, r *http.Request, status int, f form) error {
	p := brainstormPage{page: s.page(r, "The reason I’m calling is …", "library"), Tabs: libraryTabs("brainstorm"), Form: f}
	p.Kinds = choose(f.Get("kind"), append([]option(nil), pointKinds...))
	after := r.URL.Query().Get("after")
	points, err := s.Store.ViewTalkingPoints(r.Context(), store.ShelfFilter{After: after})
	if err != nil {
		return err
	}
	p.Rows, p.Total = eachRow(points.Rows, func(tp store.PointRow) entryRow { return talkingRow(tp, p.times) }), points.Total
	p.First, p.More = turns(r, after, points.Next)
	if p.Mine, err = s.Store.PointsWrittenBy(r.Context(), p.User.ID); err != nil {
		return err
	}
	return s.views.render(w, status, "brainstorm", p)
}

func (s *site) brainstormAdd(w http.ResponseWriter, r *http.Request) error {
	u := userOf(r)
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	tp := models.TalkingPoint{Kind: f.Get("kind"), Text: f.Get("text"), OwnerID: &u.ID, State: models.LibraryDraft}
	if _, err := s.CRM.SaveTalkingPoint(r.Context(), actorOf(r), tp); err != nil {
		status := statusOf(err)
		if err := f.take(err, "text", "kind"); err != nil {
			return err
		}
		return s.renderBrainstorm(w, r, status, f)
	}
	s.flash(r, "Added. And what else?")
	return redirect(w, r, "/library/brainstorm?kind="+tp.Kind)
}

type answersPage struct {
	page
	Tabs   []tab
	Point  models.TalkingPoint
	Kind   string
	People []answerableRow
	Total  store.Count
	Idle   store.Count
	First  string // addresses of the first page and of the next one
	More   string
	Token  string
}

type answerableRow struct {
	store.Answerable
	Why  string
	When moment
}

// pointAnswers lists everybody whose objection or loss a talking point
// answers, to be enrolled at once.
func (s *site) pointAnswers(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	tp, err := s.Store.TalkingPoint(r.Context(), id)
	if err != nil {
		return err
	}
	seen, err := s.seenBy(r)
	if err != nil {
		return err
	}
	after := r.URL.Query().Get("after")
	found, err := s.Store.AnsweredBy(r.Context(), tp, seen, after)
	if err != nil {
		return err
	}
	p := answersPage{page: s.page(r, "Whom it answers", "library"), Tabs: libraryTabs("points"), Point: tp, Kind: wordOf(pointKinds, tp.Kind),
		Total: found.Total, Idle: found.Idle, Token: newToken()}
	p.First, p.More = turns(r, after, found.Next)
	for _, a := range found.Rows {
		why := "Objection: " + objectionWord(a.Kind)
		switch a.Kind {
		case models.AnswersLost:
			why = "We lost them"
		case "obstacle":
			why = "What stood in the way"
		}
		p.People = append(p.People, answerableRow{Answerable: a, Why: why, When: p.Ago(a.At)})
	}
	return s.show(w, "library_answers", p)
}
