package crm

import (
	"context"
	"net/url"
	"strings"
	"time"

	"followup/models"
)

// Upkeep is what keeping companies, lists and records in order needs of the
// database.
type Upkeep interface {
	Unseen(ctx context.Context, prospectID int64, by string, now time.Time) error
	// SaveCompany creates one (id 0) or changes one that nobody changed since seen.
	SaveCompany(ctx context.Context, c models.Company, seen time.Time, by string, now time.Time) (models.Company, error)
	HoldCompany(ctx context.Context, companyID int64, until *time.Time, by string, now time.Time) error
	ReleaseCompany(ctx context.Context, companyID int64, by string, now time.Time) error
	// Merge makes one record of two; what is drop's becomes keep's.
	Merge(ctx context.Context, keepID, dropID int64, by string, now time.Time) (models.Prospect, error)
	// Unmerge makes two records again of a merge; it gives the one that comes back.
	Unmerge(ctx context.Context, id int64, by string, now time.Time) (models.Prospect, error)
	Distinct(ctx context.Context, one, other int64, by string, now time.Time) error
	SaveFilter(ctx context.Context, f models.SavedFilter, now time.Time) (models.SavedFilter, error)
	DropFilter(ctx context.Context, id, userID int64) error
}

// Unseen marks a conversation as unread.
func (s *Service) Unseen(ctx context.Context, actor string, prospectID int64) error {
	return s.Store.Unseen(ctx, prospectID, actor, s.Clock())
}

// SaveCompany checks, tidies and saves a company.
func (s *Service) SaveCompany(ctx context.Context, actor string, c models.Company, seen time.Time) (models.Company, error) {
	c.Name, c.City = clean(c.Name), clean(c.City)
	c.Country, c.Region = strings.ToUpper(strings.TrimSpace(c.Country)), strings.ToUpper(strings.TrimSpace(c.Region))
	c.Domain = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(c.Domain), "."))
	c.Website = strings.TrimSpace(c.Website)
	switch {
	case c.Name == "":
		return c, models.Invalid("name", "a company needs a name")
	case len(c.Name) > maxName:
		return c, models.Invalid("name", "is longer than %d characters; shorten it", maxName)
	case c.Domain != "" && (strings.ContainsAny(c.Domain, "@/: ") || !strings.Contains(c.Domain, ".")):
		return c, models.Invalid("domain", "%q is no domain; write it as it stands after the @, such as example.com", c.Domain)
	case c.Country != "" && len(c.Country) != 2:
		return c, models.Invalid("country", "%q is not a two-letter country code such as US or DE", c.Country)
	}
	if c.Website != "" {
		if !strings.Contains(c.Website, "://") {
			c.Website = "https://" + c.Website
		}
		if u, err := url.Parse(c.Website); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return c, models.Invalid("website", "%q is no address of a website", c.Website)
		}
	}
	return s.Store.SaveCompany(ctx, c, seen, actor, s.Clock())
}

// HoldCompany stops automatic touches to everybody there.
func (s *Service) HoldCompany(ctx context.Context, actor string, id int64, until *time.Time) error {
	now := s.Clock()
	if until != nil && !until.After(now) {
		return models.Invalid("until", "choose a day that is still to come, or leave it empty to hold until it is lifted")
	}
	return s.Store.HoldCompany(ctx, id, until, actor, now)
}

// ReleaseCompany lifts its holds; what waited goes on.
func (s *Service) ReleaseCompany(ctx context.Context, actor string, id int64) error {
	err := s.Store.ReleaseCompany(ctx, id, actor, s.Clock())
	if err == nil {
		s.wake()
	}
	return err
}

// Merge makes one record of two.
func (s *Service) Merge(ctx context.Context, actor string, keepID, dropID int64) (models.Prospect, error) {
	p, err := s.Store.Merge(ctx, keepID, dropID, actor, s.Clock())
	if err == nil {
		s.wake()
	}
	return p, err
}

// Unmerge makes two records again of two that were merged.
func (s *Service) Unmerge(ctx context.Context, actor string, id int64) (models.Prospect, error) {
	p, err := s.Store.Unmerge(ctx, id, actor, s.Clock())
	if err == nil {
		s.wake()
	}
	return p, err
}

// Distinct: two alike records are two people.
func (s *Service) Distinct(ctx context.Context, actor string, one, other int64) error {
	return s.Store.Distinct(ctx, one, other, actor, s.Clock())
}

// SaveFilter keeps a list of prospects under a name.
func (s *Service) SaveFilter(ctx context.Context, f models.SavedFilter) (models.SavedFilter, error) {
	f.Name = clean(f.Name)
	switch {
	case f.Name == "":
		return f, models.Invalid("name", "give the list a name")
	case len(f.Name) > maxName:
		return f, models.Invalid("name", "is longer than %d characters; shorten it", maxName)
	case len(f.Query) > 2000:
		return f, models.Invalid("query", "the filter is too long to be kept")
	}
	return s.Store.SaveFilter(ctx, f, s.Clock())
}

// DropFilter forgets a list.
func (s *Service) DropFilter(ctx context.Context, id, userID int64) error {
	return s.Store.DropFilter(ctx, id, userID)
}
