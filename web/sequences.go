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
	View  store.SequenceView
	Def   models.Definition
	Steps []describedStep
}

// Inside counts those who have not finished.
func (p sequencePage) Inside() int64 { return p.View.Active + p.View.Paused }

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
	p := sequencePage{page: s.page(r, v.Sequence.Name, "sequences"), View: v}
	if v.Version != nil {
		p.Def = v.Version.Definition
		p.Steps = describeSteps(p.Def)
	}
	return s.show(w, "sequence", p)
}

func describeSteps(d models.Definition) []describedStep {
	steps := make([]describedStep, 0, len(d.Steps))
	for i, step := range d.Steps {
		steps = append(steps, describedStep{Step: step, N: i + 1, Text: scheduler.Describe(step)})
	}
	return steps
}
