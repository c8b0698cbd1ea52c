package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"followup/crm"
	"followup/models"
	"followup/store"
)

// maxImport is the largest file taken, about 200,000 lines.
const maxImport = 20 << 20

// importAtOnce is how many lines are done before the page is shown.
const importAtOnce = 200

type importPage struct {
	page
	Batch   models.Batch
	Form    form
	Sheet   crm.Sheet
	Columns []columnChoice
	Owners  []option
	Zones   []option // what the times of calls are in
	Show    models.RowState
	Rows    []rowView
	More    string
	First   string
	Ready   int
	Calls   int64 // how many lines name a booked call
	Warned  int64 // none: calls are looked at when they are to be booked
	Token   string
	Recent  []batchLine
}

// columnChoice is a column with what it may fill.
type columnChoice struct {
	crm.SheetColumn
	Key     string // the form's field
	Options []option
}

// importNew asks for the file.
func (s *site) importNew(w http.ResponseWriter, r *http.Request) error {
	return s.renderImportNew(w, r, http.StatusOK, newForm())
}

func (s *site) renderImportNew(w http.ResponseWriter, r *http.Request, status int, f form) error {
	p := importPage{page: s.page(r, "Import people", "prospects"), Form: f, Token: newToken()}
	all, err := s.Store.BatchList(r.Context(), userOf(r).ID, 30)
	if err != nil {
		return err
	}
	for _, b := range all {
		if b.Kind == models.BatchImport {
			p.Recent = append(p.Recent, batchLine{Batch: b, Href: batchPath(b), When: p.Ago(b.CreatedAt)})
		}
	}
	return s.views.render(w, status, "import_new", p)
}

// importUpload keeps the file and asks what its columns hold. Nobody is
// imported yet.
func (s *site) importUpload(w http.ResponseWriter, r *http.Request) error {
	name, content, token, err := readUpload(r)
	if err == nil {
		_, err = crm.ReadSheet(content)
	}
	if err != nil {
		f := newForm()
		status := statusOf(err)
		if err := f.take(err, "file"); err != nil {
			return err
		}
		return s.renderImportNew(w, r, status, f)
	}
	b := models.Batch{Kind: models.BatchImport, UserID: userOf(r).ID, Name: name, Content: content}
	if token != "" {
		b.FormToken = &token
	}
	if b, err = s.Store.CreateBatch(r.Context(), b, nil, store.Visibility{}, s.Clock()); err != nil {
		return err
	}
	return redirect(w, r, idPath("/imports/", b.ID))
}

// readUpload reads the form part by part: nothing of it lies on a disk.
func readUpload(r *http.Request) (name string, content []byte, token string, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return "", nil, "", models.Invalid("file", "choose a CSV file first")
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", nil, "", tooLarge(err)
		}
		value, err := readPart(part)
		if err != nil {
			return "", nil, "", err
		}
		switch part.FormName() {
		case "file":
			name, content = filepath.Base(part.FileName()), value
		case "form_token":
			token = string(value)
		}
	}
	if len(content) == 0 {
		return "", nil, "", models.Invalid("file", "choose a CSV file first; this one is empty")
	}
	if !utf8.ValidString(name) || len(name) > 120 || name == "." {
		name = "a file"
	}
	return name, content, token, nil
}

func readPart(part *multipart.Part) ([]byte, error) {
	value, err := io.ReadAll(io.LimitReader(part, maxImport+1))
	if err != nil {
		return nil, tooLarge(err)
	}
	if len(value) > maxImport {
		return nil, models.Invalid("file", "is larger than 20 MB; split it")
	}
	return value, nil
}

func tooLarge(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return models.Invalid("file", "is larger than 20 MB; split it")
	}
	return models.Invalid("file", "did not arrive whole; send it again")
}

func (s *site) importShow(w http.ResponseWriter, r *http.Request) error {
	b, err := s.batch(r, models.BatchImport)
	if err != nil {
		return err
	}
	return s.renderImport(w, r, b, http.StatusOK, newForm())
}

func (s *site) renderImport(w http.ResponseWriter, r *http.Request, b models.Batch, status int, f form) error {
	p := importPage{page: s.page(r, "Import "+b.Name, "prospects"), Batch: b, Form: f, Ready: b.Done - b.Refused}
	var err error
	if b.State == models.BatchDraft {
		if p.Sheet, err = crm.ReadSheet(b.Content); err != nil {
			return err
		}
		p.Columns = columnChoices(p.Sheet, b.Options.Mapping, f)
		owner := f.Get("owner")
		if owner == "" {
			owner = idPath("", userOf(r).ID)
		}
		if p.Owners, err = s.ownerOptions(r, owner, false); err != nil {
			return err
		}
	}
	p.Zones = append([]option{{Value: "", Label: "their own: the zone where each person is"}}, zoneOptions(userOf(r).Zone)...)
	p.Zones = choose(f.Get("call_zone"), p.Zones)
	if p.Calls, err = s.Store.BatchCalls(r.Context(), b.ID); err != nil {
		return err
	}
	p.Show = shownRows(r, b)
	if p.Rows, p.More, p.First, err = s.batchRows(r, b, p.times, p.Show); err != nil {
		return err
	}
	return s.views.render(w, status, "import", p)
}

// columnChoices offers the fields for each column: what was chosen before,
// else what its name says.
func columnChoices(sheet crm.Sheet, chosen map[string]string, f form) []columnChoice {
	var all []columnChoice
	for i, c := range sheet.Columns {
		choice := columnChoice{SheetColumn: c, Key: "column." + idPath("", int64(i))}
		picked := c.Field
		if before := chosen[strings.TrimSpace(c.Name)]; before != "" {
			picked = before
		}
		if f.Values.Has(choice.Key) {
			picked = f.Get(choice.Key)
		}
		own := c.Field
		if !strings.HasPrefix(own, "custom.") {
			own = crm.CustomField(c.Name)
		}
		choice.Options = []option{{Value: crm.SkipColumn, Label: "Leave out"}}
		for _, field := range crm.ImportFields() {
			choice.Options = append(choice.Options, option{Value: field.Key, Label: field.Label})
		}
		choice.Options = append(choice.Options, option{Value: own, Label: "Keep as " + own})
		choice.Options = choose(picked, choice.Options)
		all = append(all, choice)
	}
	return all
}

// importCheck takes the columns and looks at every line; nobody is imported.
func (s *site) importCheck(w http.ResponseWriter, r *http.Request) error {
	b, err := s.batch(r, models.BatchImport)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	if b.State != models.BatchDraft {
		return redirect(w, r, batchPath(b)) // a second click, another tab
	}
	opt, total, err := importOptions(r, b, f)
	if err != nil {
		if err := f.take(err, "consent", "owner", "file", "call_zone"); err != nil {
			return err
		}
		return s.renderImport(w, r, b, http.StatusUnprocessableEntity, f)
	}
	return s.changeBatch(w, r, b, func(b *models.Batch) error {
		b.Options, b.Total = opt, total
		return b.Move(models.BatchChecking, s.Clock())
	})
}

func importOptions(r *http.Request, b models.Batch, f form) (models.BatchOptions, int, error) {
	opt := models.BatchOptions{
		OwnerID: f.int64("owner"), Consent: models.ConsentBasis(f.Get("consent")), ConsentSource: f.Get("consent_source"),
		Country: strings.ToUpper(f.Get("country")), CallZone: f.Get("call_zone"), Mapping: map[string]string{},
	}
	if opt.OwnerID == 0 {
		opt.OwnerID = userOf(r).ID
	}
	if opt.CallZone != "" {
		if _, err := models.LoadZone(opt.CallZone); err != nil {
			return opt, 0, models.Invalid("call_zone", "choose a time zone from the list")
		}
	}
	if f.Get("consent") == "" {
		return opt, 0, models.Invalid("consent", "say on what basis these people may be contacted; \"none\" is an answer too")
	}
	sheet, err := crm.ReadSheet(b.Content)
	if err != nil {
		return opt, 0, err
	}
	for _, c := range columnChoices(sheet, nil, f) {
		for _, o := range c.Options {
			if o.Selected {
				opt.Mapping[strings.TrimSpace(c.Name)] = o.Value
			}
		}
	}
	return opt, sheet.Rows, crm.CheckMapping(b.Content, opt.Mapping)
}

// importEnroll takes those whom the file brought to the choice of a sequence;
// a second click finds the first's.
func (s *site) importEnroll(w http.ResponseWriter, r *http.Request) error {
	b, err := s.batch(r, models.BatchImport)
	if err != nil {
		return err
	}
	if b.State != models.BatchDone {
		return models.Errorf(models.CodeConflict, "The import is not done yet. Wait until it is, then enroll its people.")
	}
	ids, err := s.Store.ImportedPeople(r.Context(), b.ID)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return models.Errorf(models.CodeInvalid, "The file brought nobody who could be enrolled.")
	}
	v, err := s.seenBy(r)
	if err != nil {
		return err
	}
	token := idPath("import-", b.ID)
	many, err := s.Store.CreateBatch(r.Context(), models.Batch{
		Kind: models.BatchEnroll, UserID: userOf(r).ID, Name: "the people of " + b.Name, SourceID: &b.ID, FormToken: &token,
	}, ids, v, s.Clock())
	if err != nil {
		return err
	}
	return redirect(w, r, batchPath(many))
}
