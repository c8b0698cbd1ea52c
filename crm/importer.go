package crm

import (
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

// ImportOptions of one CSV import.
type ImportOptions struct {
	Actor   string
	OwnerID int64
	DryRun  bool
	// ConsentBasis: imports must state it ("none" is a statement too); a
	// column named consent overrides it row by row.
	ConsentBasis  models.ConsentBasis
	ConsentSource string
	Country       string            // for numbers without + and rows without a country; "": US
	Mapping       map[string]string // column header → field; empty: by the headers' names
	Progress      func(rows int)    // called after each row; may be nil
	CallZone      string            // what the times of calls are in; "": each person's own zone
	// After is the last line worked through before: the file is read again from
	// its beginning, and what lies up to there only remembered.
	After int
	// Row is told what became of each row; its error ends the import. May be nil.
	Row func(RowResult) error
}

// What became of one row.
const (
	RowAdded     = "added"
	RowChanged   = "changed"
	RowUnchanged = "unchanged"
	RowRejected  = "rejected"
)

// RowResult is what became of one row.
type RowResult struct {
	Line       int    `json:"line"` // where the row begins in the file, 1-based
	Status     string `json:"status"`
	ProspectID int64  `json:"prospect_id,omitempty"`
	Name       string `json:"name,omitempty"`
	Reason     string `json:"reason,omitempty"` // what is wrong and how to mend it
	// CallAt is the booked call that the row names; Zone the person's.
	CallAt *time.Time `json:"call_at,omitempty"`
	Zone   string     `json:"zone,omitempty"`
}

// ImportReport sums an import up.
type ImportReport struct {
	Rows                                []RowResult
	Added, Changed, Unchanged, Rejected int
}

func (r *ImportReport) add(row RowResult) {
	r.Rows = append(r.Rows, row)
	switch row.Status {
	case RowAdded:
		r.Added++
	case RowChanged:
		r.Changed++
	case RowUnchanged:
		r.Unchanged++
	case RowRejected:
		r.Rejected++
	}
}

// Import reads a CSV file with a header. Each row is its own transaction: one
// bad row never stops the rest, and what was imported before an interruption
// stays; running the same file again changes nothing twice. The error is for
// files that cannot be read at all.
func (s *Service) Import(ctx context.Context, r io.Reader, opt ImportOptions) (ImportReport, error) {
	if opt.ConsentBasis != models.ConsentNone && opt.ConsentBasis.Level() == 0 {
		return ImportReport{}, models.Invalid("consent", "say on what basis these people may be contacted: written, oral, business_relationship, inquiry or none")
	}
	src, err := openCSV(r)
	if err != nil {
		return ImportReport{}, err
	}
	cols, err := readHeader(src, opt.Mapping)
	if err != nil {
		return ImportReport{}, err
	}
	owners, err := s.owners(ctx)
	if err != nil {
		return ImportReport{}, err
	}
	run := importRun{service: s, opt: opt, cols: cols, owners: owners, seen: map[string]int{}}
	var report ImportReport
	for {
		record, err := src.Read()
		if errors.Is(err, io.EOF) {
			return report, nil
		}
		if err != nil {
			var pe *csv.ParseError
			if !errors.As(err, &pe) {
				return report, fmt.Errorf("reading the file: %w", err)
			}
			if pe.StartLine <= opt.After {
				continue
			}
			res := RowResult{Line: pe.StartLine, Status: RowRejected, Reason: fmt.Sprintf("not readable as CSV: %v; check the quotes", pe.Err)}
			report.add(res)
			if opt.Row != nil {
				if err := opt.Row(res); err != nil {
					return report, err
				}
			}
			continue
		}
		if err := ctx.Err(); err != nil {
			return report, err
		}
		line, _ := src.FieldPos(0)
		if line <= opt.After {
			run.remember(line, record)
			continue
		}
		res := run.row(ctx, line, record)
		report.add(res)
		if opt.Row != nil {
			if err := opt.Row(res); err != nil {
				return report, err
			}
		}
		if opt.Progress != nil {
			opt.Progress(len(report.Rows))
		}
	}
}

func (s *Service) owners(ctx context.Context) (map[string]int64, error) {
	users, err := s.Store.Users(ctx)
	if err != nil {
		return nil, err
	}
	owners := make(map[string]int64, len(users))
	for _, u := range users {
		if u.DisabledAt == nil {
			owners[u.Email] = u.ID
		}
	}
	return owners, nil
}

type importRun struct {
	service *Service
	opt     ImportOptions
	cols    columns
	owners  map[string]int64
	seen    map[string]int // contact point → line of its first row in this file
}

func (run *importRun) row(ctx context.Context, line int, record []string) RowResult {
	res := RowResult{Line: line}
	in, err := run.input(record)
	res.Name = strings.TrimSpace(in.FirstName + " " + in.LastName)
	if err == nil {
		err = run.save(ctx, in, &res)
	}
	if err != nil {
		res.Status, res.Reason = RowRejected, reasonOf(err)
	}
	return res
}

// remember notes whose row a line is, as saving it did.
func (run *importRun) remember(line int, record []string) {
	in, err := run.input(record)
	if err != nil {
		return
	}
	_, _, points, err := run.service.check(in)
	if err != nil {
		return
	}
	for _, v := range identity(points) {
		if _, twice := run.seen[v]; !twice {
			run.seen[v] = line
		}
	}
}

// reasonOf keeps the words of errors made for people; anything else is our
// fault and says so.
func reasonOf(err error) string {
	var e *models.Error
	if errors.As(err, &e) {
		return e.Error()
	}
	return "could not be saved: " + err.Error() + "; import the file again, rows that were saved stay as they are"
}

// save looks at a row, and keeps it where this is no look only. What is wrong
// with its call is found before anything is kept.
func (run *importRun) save(ctx context.Context, in ProspectInput, res *RowResult) error {
	p, company, points, err := run.service.check(in)
	if err != nil {
		return err
	}
	if len(points) == 0 {
		return models.Invalid("contact", "no email and no phone; a prospect that nobody can reach is not imported")
	}
	values := identity(points)
	for _, v := range values {
		if first, twice := run.seen[v]; twice {
			return models.Invalid("contact", "%s is in line %d already; merge the two rows", v, first)
		}
	}
	for _, v := range values {
		run.seen[v] = res.Line
	}
	known, err := run.known(ctx, values)
	if err != nil {
		return err
	}
	if res.Zone = p.Zone; res.Zone == "" && known != nil {
		res.Zone = known.Prospect.Zone
	}
	if res.CallAt, err = readCall(in.call, run.opt.CallZone, res.Zone, run.service.Clock()); err != nil {
		return err
	}
	if known != nil {
		res.ProspectID = known.Prospect.ID
		res.Status, err = run.change(ctx, *known, p, company, points)
		return err
	}
	res.Status = RowAdded
	if run.opt.DryRun {
		return nil
	}
	saved, err := run.service.Store.CreateProspect(ctx, p, company, points, consentsFor(in, points, run.opt.Actor), run.opt.Actor, run.service.Clock())
	res.ProspectID = saved.ID
	return err
}

// known is the person whom these contact points belong to already; nil: nobody.
func (run *importRun) known(ctx context.Context, values []string) (*models.Person, error) {
	found, err := run.service.Store.FindProspects(ctx, values)
	if err != nil {
		return nil, err
	}
	ids := map[int64]bool{}
	for _, id := range found {
		ids[id] = true
	}
	if len(ids) > 1 {
		return nil, models.Invalid("contact", "its contact points belong to %d different prospects; merge those first", len(ids))
	}
	for id := range ids {
		person, err := run.service.Store.Person(ctx, id)
		return &person, err
	}
	return nil, nil
}

// identity is what tells who a row is: the email addresses; without any, the
// phone numbers, although colleagues may share a switchboard's.
func identity(points []models.ContactPoint) []string {
	if emails := emailsOf(points); len(emails) > 0 {
		return emails
	}
	values := make([]string, len(points))
	for i, cp := range points {
		values[i] = cp.Value
	}
	return values
}

// change fills in what the row knows better; an empty cell never erases, and
// a known owner stays.
func (run *importRun) change(ctx context.Context, person models.Person, p models.Prospect, company *models.Company, points []models.ContactPoint) (string, error) {
	merged := person.Prospect
	changed := fill(&merged.FirstName, p.FirstName)
	changed = fill(&merged.LastName, p.LastName) || changed
	changed = fill(&merged.Title, p.Title) || changed
	changed = fill(&merged.Zone, p.Zone) || changed
	changed = fill(&merged.Country, p.Country) || changed
	changed = fill(&merged.Region, p.Region) || changed
	changed = fill(&merged.Notes, p.Notes) || changed
	merged.Custom = make(map[string]string, len(person.Prospect.Custom)+len(p.Custom))
	for k, v := range person.Prospect.Custom {
		merged.Custom[k] = v
	}
	for k, v := range p.Custom {
		if v != "" && merged.Custom[k] != v {
			merged.Custom[k], changed = v, true
		}
	}
	fresh := slices.DeleteFunc(slices.Clone(points), func(cp models.ContactPoint) bool {
		return slices.ContainsFunc(person.ContactPoints, func(have models.ContactPoint) bool { return have.Value == cp.Value })
	})
	changed = changed || len(fresh) > 0 || (company != nil && merged.CompanyID == nil)
	if !changed {
		return RowUnchanged, nil
	}
	if run.opt.DryRun {
		return RowChanged, nil
	}
	all := slices.Clone(person.ContactPoints)
	for i, cp := range fresh {
		cp.Position = len(person.ContactPoints) + i
		all = append(all, cp)
	}
	_, err := run.service.Store.UpdateProspect(ctx, merged, company, all, run.opt.Actor, run.service.Clock())
	return RowChanged, err
}

func fill(have *string, want string) bool {
	if want == "" || *have == want {
		return false
	}
	*have = want
	return true
}
