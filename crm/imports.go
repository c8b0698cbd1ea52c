package crm

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"followup/models"
)

// ImportStore is what an import in the background needs beside the Store.
type ImportStore interface {
	AcquireLease(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (bool, error)
	ReleaseLease(ctx context.Context, name, holder string) error
	WorkingBatches(ctx context.Context, kind models.BatchKind) ([]models.Batch, error)
	Batch(ctx context.Context, id int64) (models.Batch, error)
	RecordRows(ctx context.Context, id int64, in models.BatchState, rows []models.BatchRow, now time.Time) (bool, error)
	ChangeBatch(ctx context.Context, id int64, now time.Time, change func(*models.Batch) error) (models.Batch, error)
	LastPlace(ctx context.Context, id int64) (int, error)
	PruneBatches(ctx context.Context, now time.Time) error
}

// Imports works through files that were uploaded: first every line is looked
// at, then a person says go. It goes on where a process ended.
type Imports struct {
	Store   ImportStore
	Service *Service
	Holder  string // of its leases: new with each process
}

const (
	importSlice = 50
	importLease = time.Minute
)

// errStopped ends an import whose batch was canceled meanwhile, or whose
// slice is over.
var errStopped = errors.New("stopped")

// Work goes on with every file there is, each to its end.
func (m *Imports) Work(ctx context.Context, now time.Time) error {
	all, err := m.Store.WorkingBatches(ctx, models.BatchImport)
	if err != nil {
		return fmt.Errorf("imports: %w", err)
	}
	for _, b := range all {
		if err := m.Go(ctx, b.ID, 0); err != nil {
			return fmt.Errorf("import %d: %w", b.ID, err)
		}
	}
	return nil
}

// Go works on one file: to its end, or at most limit lines of it.
func (m *Imports) Go(ctx context.Context, id int64, limit int) (err error) {
	lease := fmt.Sprintf("batch:%d", id)
	held, err := m.Store.AcquireLease(ctx, lease, m.Holder, m.Service.Clock(), importLease)
	if err != nil || !held {
		return err
	}
	defer func() { err = errors.Join(err, m.Store.ReleaseLease(context.WithoutCancel(ctx), lease, m.Holder)) }()
	b, err := m.Store.Batch(ctx, id)
	if err != nil || !b.State.Working() || b.Kind != models.BatchImport {
		return err
	}
	after, err := m.Store.LastPlace(ctx, id)
	if err != nil {
		return err
	}
	run := importBatch{Imports: m, batch: b, lease: lease, limit: limit}
	_, err = m.Service.Import(ctx, bytes.NewReader(b.Content), ImportOptions{
		Actor: models.UserActor(b.UserID), OwnerID: b.Options.OwnerID, DryRun: b.State == models.BatchChecking,
		ConsentBasis: b.Options.Consent, ConsentSource: b.Options.ConsentSource, Country: b.Options.Country, Mapping: b.Options.Mapping,
		CallZone: b.Options.CallZone, After: after, Row: func(r RowResult) error { return run.add(ctx, r) },
	})
	if ferr := run.flush(context.WithoutCancel(ctx)); ferr != nil && !errors.Is(ferr, errStopped) {
		return errors.Join(err, ferr)
	}
	switch {
	case errors.Is(err, errStopped):
		return nil
	case models.CodeOf(err) == models.CodeInvalid:
		return m.end(ctx, b, models.BatchFailed, err.Error())
	case err != nil:
		return err
	}
	end := models.BatchChecked
	if b.State == models.BatchRunning {
		end = models.BatchDone
	}
	return m.end(ctx, b, end, "")
}

func (m *Imports) end(ctx context.Context, b models.Batch, to models.BatchState, why string) error {
	now := m.Service.Clock()
	_, err := m.Store.ChangeBatch(ctx, b.ID, now, func(cur *models.Batch) error {
		if cur.State != b.State {
			return nil
		}
		cur.Error = why
		return cur.Move(to, now)
	})
	return err
}

// Prune forgets what is long over.
func (m *Imports) Prune(ctx context.Context, now time.Time) error {
	return m.Store.PruneBatches(ctx, now)
}

// importBatch records lines some at a time.
type importBatch struct {
	*Imports
	batch models.Batch
	lease string
	limit int
	seen  int
	rows  []models.BatchRow
}

func (r *importBatch) add(ctx context.Context, res RowResult) error {
	row := models.BatchRow{Place: res.Line, Name: res.Name, State: models.RowReady, Reason: importWords[res.Status]}
	if r.batch.State == models.BatchRunning {
		row.State = models.RowDone
	}
	if res.Status == RowRejected {
		row.State, row.Reason = models.RowRefused, res.Reason
	}
	if res.ProspectID != 0 {
		row.ProspectID = &res.ProspectID
	}
	if row.State != models.RowRefused {
		row.CallAt, row.CallZone = res.CallAt, res.Zone
	}
	r.rows = append(r.rows, row)
	r.seen++
	if len(r.rows) >= importSlice {
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
	if r.limit > 0 && r.seen >= r.limit {
		return errStopped
	}
	return nil
}

var importWords = map[string]string{RowAdded: "new", RowChanged: "known, with something new", RowUnchanged: "known, nothing new"}

func (r *importBatch) flush(ctx context.Context) error {
	if len(r.rows) == 0 {
		return nil
	}
	now := r.Service.Clock()
	goOn, err := r.Store.RecordRows(ctx, r.batch.ID, r.batch.State, r.rows, now)
	r.rows = nil
	if err != nil {
		return err
	}
	held, err := r.Store.AcquireLease(ctx, r.lease, r.Holder, now, importLease)
	if err == nil && !(goOn && held) {
		err = errStopped
	}
	return err
}

// Sheet is the beginning of a file as the page for choosing columns shows it.
type Sheet struct {
	Columns []SheetColumn
	Rows    int // lines below the header
}

// SheetColumn is a column with the field it probably holds.
type SheetColumn struct {
	Name   string
	Field  string // by its name; custom.x where nobody knows it
	Sample []string
}

// sheetSample is how many values of a column are shown.
const sheetSample = 3

// ReadSheet looks at a file: its columns, what they may hold, and how many
// lines there are. A file with lines that cannot be read is read all the same.
func ReadSheet(content []byte) (Sheet, error) {
	var sheet Sheet
	src, err := openCSV(bytes.NewReader(content))
	if err != nil {
		return sheet, err
	}
	header, err := src.Read()
	if err != nil {
		return sheet, &models.Error{Code: models.CodeInvalid, Field: "file", Message: "the header line is not readable as CSV; check its quotes", Err: err}
	}
	taken := map[string]bool{}
	for _, h := range header {
		c := SheetColumn{Name: h, Field: fieldOf(h)}
		if taken[c.Field] {
			c.Field = skipField
		}
		taken[c.Field] = true
		sheet.Columns = append(sheet.Columns, c)
	}
	for {
		record, err := src.Read()
		if errors.Is(err, io.EOF) {
			sheet.guess(taken)
			return sheet, nil
		}
		var broken *csv.ParseError
		if err != nil && !errors.As(err, &broken) {
			return sheet, fmt.Errorf("reading the file: %w", err)
		}
		sheet.Rows++
		for i, cell := range record {
			if err == nil && i < len(sheet.Columns) && cell != "" && len(sheet.Columns[i].Sample) < sheetSample {
				sheet.Columns[i].Sample = append(sheet.Columns[i].Sample, cell)
			}
		}
	}
}

// guess says what a column with a name nobody knows probably holds, by what
// stands in it.
func (s *Sheet) guess(taken map[string]bool) {
	for i := range s.Columns {
		c := &s.Columns[i]
		if !strings.HasPrefix(c.Field, "custom.") || len(c.Sample) == 0 {
			continue
		}
		for _, g := range []struct {
			field string
			fits  func(string) bool
		}{{"email", looksLikeEmail}, {"phone", looksLikePhone}} {
			if !taken[g.field] && !slices.ContainsFunc(c.Sample, func(v string) bool { return !g.fits(v) }) {
				taken[g.field] = true
				c.Field = g.field
				break
			}
		}
	}
}

func looksLikeEmail(v string) bool {
	_, domain, ok := strings.Cut(strings.TrimSpace(v), "@")
	return ok && strings.Contains(domain, ".") && !strings.ContainsAny(v, " \t")
}

func looksLikePhone(v string) bool {
	digits := 0
	for _, r := range strings.TrimSpace(v) {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("+-()./ ", r):
			return false
		}
	}
	// A year, a number of customers or an amount is no phone.
	return digits >= 9 && digits <= 15
}

// ImportField is something a column can fill.
type ImportField struct{ Key, Label string }

// ImportFields are what a column can fill, in the order in which they are
// offered; a column may also be left out, or kept as a field of one's own.
func ImportFields() []ImportField {
	return []ImportField{
		{"first_name", "First name"}, {"last_name", "Last name"}, {"name", "Whole name"}, {"title", "Job title"},
		{"company", "Company"}, {"domain", "Company's domain"}, {"email", "Email"}, {"email_home", "Private email"},
		{"phone", "Phone"}, {"cell", "Cell phone"}, {"home", "Home phone"}, {"zone", "Time zone"}, {"locale", "Language"},
		{"country", "Country"}, {"region", "Region or state"}, {"owner", "Owner (a rep's address)"}, {"consent", "Consent"},
		{"consent_source", "Where the consent comes from"}, {"notes", "Notes"},
		{fieldCallAt, "Booked call: day and time"}, {fieldCallDate, "Booked call: day"}, {fieldCallTime, "Booked call: time"}, {fieldCallZone, "Booked call: time zone"},
	}
}

// SkipColumn is what leaves a column out.
const SkipColumn = skipField

// CustomField is the field of one's own that a column would fill.
func CustomField(header string) string {
	if f := fieldOf("x " + header); strings.HasPrefix(f, "custom.x_") {
		return "custom." + strings.TrimPrefix(f, "custom.x_")
	}
	return "custom.column"
}

// CheckMapping says what is wrong with a choice of columns.
func CheckMapping(content []byte, mapping map[string]string) error {
	src, err := openCSV(bytes.NewReader(content))
	if err != nil {
		return err
	}
	cols, err := readHeader(src, mapping)
	if err != nil {
		return err
	}
	has := func(field string) bool { return slices.Contains(cols.fields, field) }
	switch {
	case has(fieldCallAt) && (has(fieldCallDate) || has(fieldCallTime)):
		return models.Invalid("file", "one column holds the day and the time of the call, others hold them apart; leave one of the two out")
	case has(fieldCallDate) != has(fieldCallTime):
		return models.Invalid("file", "a booked call needs its day and its time: map both columns, or leave both out")
	}
	return nil
}
