package web

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"followup/crm"
	"followup/models"
	"followup/scheduler"
	"followup/store"
)

// manyRoutes are what is done to many people at once.
func (s *site) manyRoutes(page register) {
	page("GET /enroll", s.batchList)
	page("POST /enroll", s.batchCreate)
	page("GET /enroll/{id}", s.batchShow)
	page("POST /enroll/{id}/check", s.batchCheck)
	page("GET /imports", s.importNew)
	page("POST /imports", s.importUpload)
	page("GET /imports/{id}", s.importShow)
	page("POST /imports/{id}/check", s.importCheck)
	page("POST /imports/{id}/enroll", s.importEnroll)
	for path, kind := range map[string]models.BatchKind{"/enroll": models.BatchEnroll, "/imports": models.BatchImport} {
		page("POST "+path+"/{id}/choose", s.batchTo(kind, models.BatchDraft))
		page("POST "+path+"/{id}/start", s.batchTo(kind, models.BatchRunning))
		page("POST "+path+"/{id}/cancel", s.batchTo(kind, models.BatchCanceled))
	}
}

// background are the two that work on many beside the pages.
func (opt *Options) background() {
	if opt.Batches == nil {
		opt.Batches = &scheduler.Batches{Store: opt.Store, Scheduler: opt.Scheduler, Holder: "page-" + newToken()}
	}
	if opt.Imports == nil {
		opt.Imports = &crm.Imports{Store: opt.Store, Service: opt.CRM, Holder: "page-" + newToken()}
	}
}

// atOnce is how many slices of a batch are done before its page is shown: a
// dozen people are through before anybody sees a progress bar.
const atOnce = 2

func (s *site) workAtOnce(ctx context.Context, id int64) error {
	for range atOnce {
		if more, err := s.Batches.Slice(ctx, id); err != nil || !more {
			return err
		}
	}
	return nil
}

type batchListPage struct {
	page
	Batches []batchLine
}

type batchLine struct {
	models.Batch
	Href string
	When moment
}

// batchList is what one did to many lately.
func (s *site) batchList(w http.ResponseWriter, r *http.Request) error {
	all, err := s.Store.BatchList(r.Context(), userOf(r).ID, 30)
	if err != nil {
		return err
	}
	p := batchListPage{page: s.page(r, "Enroll many", "prospects")}
	for _, b := range all {
		p.Batches = append(p.Batches, batchLine{Batch: b, Href: batchPath(b), When: p.Ago(b.CreatedAt)})
	}
	return s.show(w, "batches", p)
}

func batchPath(b models.Batch) string {
	if b.Kind == models.BatchImport {
		return idPath("/imports/", b.ID)
	}
	return idPath("/enroll/", b.ID)
}

// batchCreate takes a selection, or everybody whom a saved filter finds.
// Nobody is enrolled yet.
func (s *site) batchCreate(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	ids, name, err := s.chosenPeople(r, f)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return models.Errorf(models.CodeInvalid, "Nobody was chosen. Go back, mark the people to enroll and try again.")
	}
	if len(ids) == 1 {
		path := idPath("/prospects/", ids[0]) + "/enroll"
		if reason := f.int64("talking_point"); reason != 0 {
			path += idPath("?talking_point=", reason)
		}
		return redirect(w, r, path)
	}
	b := models.Batch{Kind: models.BatchEnroll, UserID: userOf(r).ID, Name: name, Options: models.BatchOptions{TalkingPointID: f.ptr("talking_point")}}
	if _, err := s.enrollReason(r, f); err != nil {
		return err
	}
	if token := f.Get("form_token"); token != "" {
		// The list's page may be gone back to and others marked on it: the same
		// form with other people is another order.
		token = fmt.Sprintf("%s-%x", clipped(token), sha256.Sum256(fmt.Append(nil, ids)))
		b.FormToken = &token
	}
	v, err := s.seenBy(r)
	if err != nil {
		return err
	}
	if b, err = s.Store.CreateBatch(r.Context(), b, ids, v, s.Clock()); err != nil {
		return err
	}
	return redirect(w, r, idPath("/enroll/", b.ID))
}

// clipped bounds what a form may give as its token.
func clipped(token string) string { return token[:min(len(token), 64)] }

// selected reads the ids that a list posts, one field each or with commas.
func selected(f form) []int64 {
	var ids []int64
	for _, name := range []string{"id", "ids"} {
		for _, value := range f.Values[name] {
			for _, part := range strings.Split(value, ",") {
				if id, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64); err == nil && id > 0 {
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}

// batch loads one that the user may see: their own, or anybody's for a manager.
func (s *site) batch(r *http.Request, kind models.BatchKind) (models.Batch, error) {
	id, err := pathID(r)
	if err != nil {
		return models.Batch{}, err
	}
	b, err := s.Store.Batch(r.Context(), id)
	if err != nil {
		return b, err
	}
	if u := userOf(r); b.Kind != kind || b.UserID != u.ID && !can(u.Role, maySeeTeam) {
		return b, models.Errorf(models.CodeNotFound, "There is nothing at this address, or it belongs to somebody else.")
	}
	return b, nil
}

type batchPage struct {
	page
	Batch     models.Batch
	Form      form
	Sequences []sequenceChoice
	Sequence  *sequenceChoice
	Show      models.RowState
	Rows      []rowView
	More      string
	First     string
	Ready     int
	Texts     string // about what the texts cost
	Look      *batchLook
	Reason    *models.TalkingPoint // of the library: why they are enrolled
	Calls     int64                // how many rows name a booked call
	Warned    int64                // how many of these overlap another one
}

// batchLook is what one of many would get.
type batchLook struct {
	Prospect models.Prospect
	Lacks    []lackView // what one records here, in one step
	ID       int64
	Name     string
	Steps    []stepView
	No       []string
	Warning  string
}

// batchRowsPage is how many rows a page of a batch shows.
const batchRowsPage = 100

func (s *site) batchShow(w http.ResponseWriter, r *http.Request) error {
	b, err := s.batch(r, models.BatchEnroll)
	if err != nil {
		return err
	}
	return s.renderBatch(w, r, b, http.StatusOK, newForm())
}

func (s *site) renderBatch(w http.ResponseWriter, r *http.Request, b models.Batch, status int, f form) error {
	p := batchPage{page: s.page(r, "Enroll "+b.Name, "prospects"), Batch: b, Form: f, Ready: b.Done - b.Refused}
	owners, err := s.Store.BatchOwners(r.Context(), b.ID)
	if err != nil {
		return err
	}
	rows, err := s.Store.SequencesFor(r.Context(), teamsOf(owners...)...)
	if err != nil {
		return err
	}
	if b.Options.TalkingPointID != nil {
		reason, err := s.Store.TalkingPoint(r.Context(), *b.Options.TalkingPointID)
		if err != nil {
			return err
		}
		p.Reason = &reason
	}
	var picked int64
	if b.SequenceID != nil {
		picked = *b.SequenceID
	}
	p.Sequences = sequenceChoices(rows, store.PersonView{}, picked)
	for i := range p.Sequences {
		if p.Sequences[i].Picked {
			p.Sequence = &p.Sequences[i]
		}
	}
	if b.State == models.BatchChecked {
		p.Texts = s.textsOfMany(r, b, p.Ready)
	}
	if p.Calls, err = s.Store.BatchCalls(r.Context(), b.ID); err != nil {
		return err
	}
	if p.Warned, err = s.Store.BatchWarnings(r.Context(), b.ID); err != nil {
		return err
	}
	p.Show = shownRows(r, b)
	if p.Warned > 0 && p.Show == "" && b.State == models.BatchChecked && !r.URL.Query().Has("show") {
		p.Show = models.RowWarned
	}
	if p.Rows, p.More, p.First, err = s.batchRows(r, b, p.times, p.Show); err != nil {
		return err
	}
	if p.Look, err = s.lookAt(r, p.times, b); err != nil {
		return err
	}
	return s.views.render(w, status, "batch", p)
}

// shownRows is which part of a batch is listed: first those who were refused,
// for they are what one can mend.
func shownRows(r *http.Request, b models.Batch) models.RowState {
	q := r.URL.Query()
	if q.Has("show") {
		return models.RowState(q.Get("show"))
	}
	if b.Refused > 0 && b.State != models.BatchDraft {
		return models.RowRefused
	}
	return ""
}

// rowView is a row with its booked call in both zones.
type rowView struct {
	models.BatchRow
	Call *moment
}

func (s *site) batchRows(r *http.Request, b models.Batch, t times, show models.RowState) (views []rowView, more, first string, err error) {
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	rows, err := s.Store.BatchRows(r.Context(), b.ID, show, after, batchRowsPage+1)
	if err != nil {
		return nil, "", "", err
	}
	if len(rows) > batchRowsPage {
		rows = rows[:batchRowsPage]
		more = fmt.Sprintf("?show=%s&after=%d", show, rows[len(rows)-1].Place)
	}
	if after > 0 {
		first = "?show=" + string(show)
	}
	for _, row := range rows {
		v := rowView{BatchRow: row}
		if row.CallAt != nil {
			call := t.Both(*row.CallAt, row.CallZone)
			v.Call = &call
		}
		views = append(views, v)
	}
	return views, more, first, nil
}

// lookAt previews the sequence for the one person asked for.
func (s *site) lookAt(r *http.Request, t times, b models.Batch) (*batchLook, error) {
	id, _ := strconv.ParseInt(r.URL.Query().Get("look"), 10, 64)
	if id == 0 || b.SequenceID == nil {
		return nil, nil
	}
	person, err := s.Store.Person(r.Context(), id)
	if err != nil {
		return nil, err
	}
	row, err := s.Store.BatchRowOf(r.Context(), b.ID, id)
	if err != nil || row == nil {
		return nil, err
	}
	steps, refusals, err := s.Scheduler.Preview(r.Context(), scheduler.RequestOf(b, *row))
	if err != nil {
		return nil, err
	}
	look := &batchLook{ID: id, Name: person.Prospect.Name(), No: refusals, Warning: row.Warning}
	for _, step := range steps {
		look.Steps = append(look.Steps, viewStep(t, step, person.Prospect.Zone))
	}
	look.Prospect = person.Prospect
	if b.State == models.BatchChecked {
		look.Lacks, err = s.lacksOf(r, person.Prospect, person.ContactPoints, *b.SequenceID)
	}
	return look, err
}

// batchCheck takes the sequence and looks at everybody; nobody is enrolled.
func (s *site) batchCheck(w http.ResponseWriter, r *http.Request) error {
	b, err := s.batch(r, models.BatchEnroll)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	id := f.int64("sequence")
	if id == 0 {
		f.Errors["sequence"] = "Choose the sequence they are to be enrolled in."
		return s.renderBatch(w, r, b, http.StatusUnprocessableEntity, f)
	}
	seq, err := s.Store.SequenceVersion(r.Context(), id, 0)
	if err != nil {
		return err
	}
	return s.changeBatch(w, r, b, func(b *models.Batch) error {
		b.SequenceID, b.Options.BookCalls = &id, seq.Definition.Anchor == models.AnchorAppointment
		if b.State == models.BatchChecking {
			return nil // a second click
		}
		return b.Move(models.BatchChecking, s.Clock())
	})
}

// batchTo moves one on: back to what is chosen, go, or never mind. A second
// click on go finds it going.
func (s *site) batchTo(kind models.BatchKind, to models.BatchState) action {
	return func(w http.ResponseWriter, r *http.Request) error {
		b, err := s.batch(r, kind)
		if err != nil {
			return err
		}
		return s.changeBatch(w, r, b, func(b *models.Batch) error {
			if to == models.BatchRunning && (b.State == models.BatchRunning || b.State == models.BatchDone) {
				return nil
			}
			return b.Move(to, s.Clock())
		})
	}
}

// changeBatch changes one, does what can be done at once and shows it.
func (s *site) changeBatch(w http.ResponseWriter, r *http.Request, b models.Batch, change func(*models.Batch) error) error {
	b, err := s.Store.ChangeBatch(r.Context(), b.ID, s.Clock(), change)
	if err != nil {
		return err
	}
	if b.State.Working() {
		if b.Kind == models.BatchImport {
			err = s.Imports.Go(r.Context(), b.ID, importAtOnce)
		} else {
			err = s.workAtOnce(r.Context(), b.ID)
		}
		if err != nil {
			return err
		}
	}
	return redirect(w, r, batchPath(b))
}
