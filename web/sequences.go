package web

import (
	"net/http"

	"followup/models"
	"followup/scheduler"
	"followup/store"
)

type sequenceListPage struct {
	page
	Rows []store.SequenceRow
}

func (s *site) sequenceList(w http.ResponseWriter, r *http.Request) error {
	rows, err := s.Store.ViewSequences(r.Context())
	if err != nil {
		return err
	}
	return s.show(w, "sequences", sequenceListPage{page: s.page(r, "Sequences", "sequences"), Rows: rows})
}

type sequencePage struct {
	page
	View   store.SequenceView
	Def    models.Definition
	Steps  []describedStep
	Form   form
	Move   *store.MoveProgress // a version move that is not through yet
	Trials []trialView
	Teams  []models.Team
}

// Inside counts those who have not finished.
func (p sequencePage) Inside() int64 { return p.View.Inside() }

// describedStep is a step in plain language.
type describedStep struct {
	models.Step
	N    int
	Text string
}

// sequenceShow reads a sequence as a timeline in plain language.
func (s *site) sequenceShow(w http.ResponseWriter, r *http.Request) error {
	v, err := s.Store.ViewSequence(r.Context(), r.PathValue("key"))
	if err != nil {
		return err
	}
	return s.renderSequence(w, r, v, http.StatusOK, newForm())
}

func (s *site) renderSequence(w http.ResponseWriter, r *http.Request, v store.SequenceView, status int, f form) error {
	p := sequencePage{page: s.page(r, v.Sequence.Name, "sequences"), View: v, Form: f}
	move, err := s.Store.ViewMove(r.Context(), v.Sequence.ID)
	if err != nil {
		return err
	}
	if move != nil && (move.State == models.MoveRunning || move.Waiting > 0) {
		p.Move = move
	}
	if v.Version != nil {
		p.Def = v.Version.Definition
		p.Steps = describeSteps(p.Def)
		if p.Trials, err = s.trials(r, v.Sequence.ID, p.Def); err != nil {
			return err
		}
	}
	if p.Can(string(mayPublish)) {
		if p.Teams, err = s.Store.Teams(r.Context()); err != nil {
			return err
		}
	}
	return s.views.render(w, status, "sequence", p)
}

// TeamName is whom it is shared with; "" for everybody.
func (p sequencePage) TeamName() string {
	for _, t := range p.Teams {
		if p.View.Sequence.TeamID != nil && t.ID == *p.View.Sequence.TeamID {
			return t.Name
		}
	}
	return ""
}

func describeSteps(d models.Definition) []describedStep {
	steps := make([]describedStep, 0, len(d.Steps))
	for i, step := range d.Steps {
		steps = append(steps, describedStep{Step: step, N: i + 1, Text: scheduler.DescribeIn(d, step)})
	}
	return steps
}
