package crm

import (
	"context"
	"fmt"
	"strings"

	"followup/models"
)

// ProspectInput is a prospect as a form or an import row gives it.
type ProspectInput struct {
	FirstName, LastName, Title string
	Company, Domain            string
	Zone, Locale               string
	Country, Region            string
	OwnerID                    int64
	Points                     []PointInput
	Custom                     map[string]string
	Notes                      string
	// ConsentBasis covers texts and voicemail on its phones and email on its
	// addresses; "" or none records nothing.
	ConsentBasis  models.ConsentBasis
	ConsentSource string

	call callCell // of a file's row
}

// PointInput is one contact point as typed.
type PointInput struct {
	Kind  models.ContactPointKind
	Value string
	Label models.ContactLabel
}

// Longest values taken; the columns hold more, the pages do not.
const (
	maxName  = 200
	maxNotes = 20_000
)

// CreateProspect checks, normalises (E.164 by the country, lower-case email,
// a zone from country and region where only one is possible) and saves.
func (s *Service) CreateProspect(ctx context.Context, actor string, in ProspectInput) (models.Prospect, error) {
	p, company, points, err := s.check(in)
	if err != nil {
		return models.Prospect{}, err
	}
	if p.OwnerID == 0 {
		return models.Prospect{}, models.Invalid("owner", "a prospect needs an owner; choose a rep")
	}
	if err := s.refuseTwin(ctx, points); err != nil {
		return models.Prospect{}, err
	}
	now := s.Clock()
	return s.Store.CreateProspect(ctx, p, company, points, consentsFor(in, points, actor), actor, now)
}

// refuseTwin: an email address names one person; a second record with it
// would be written to twice. A phone number may be a switchboard.
func (s *Service) refuseTwin(ctx context.Context, points []models.ContactPoint) error {
	found, err := s.Store.FindProspects(ctx, emailsOf(points))
	if err != nil {
		return err
	}
	for address, id := range found {
		person, err := s.Store.Person(ctx, id)
		if err != nil {
			return err
		}
		return &models.Error{Code: models.CodeConflict, Field: "email",
			Message: fmt.Sprintf("%s belongs to %s already (prospect %d); open that record, or leave the address out", address, person.Prospect.Name(), id)}
	}
	return nil
}

func emailsOf(points []models.ContactPoint) []string {
	var emails []string
	for _, cp := range points {
		if cp.Kind == models.ContactEmail {
			emails = append(emails, cp.Value)
		}
	}
	return emails
}

// UpdateProspect changes a prospect; revision must be the one the form showed,
// else CodeConflict. Contact points not listed stay.
func (s *Service) UpdateProspect(ctx context.Context, actor string, id, revision int64, in ProspectInput) (models.Prospect, error) {
	p, company, points, err := s.check(in)
	if err != nil {
		return models.Prospect{}, err
	}
	p.ID, p.Revision = id, revision
	saved, err := s.Store.UpdateProspect(ctx, p, company, points, actor, s.Clock())
	if err == nil {
		s.wake()
	}
	return saved, err
}

func (s *Service) check(in ProspectInput) (models.Prospect, *models.Company, []models.ContactPoint, error) {
	p := models.Prospect{
		FirstName: clean(in.FirstName), LastName: clean(in.LastName), Title: clean(in.Title),
		Zone: strings.TrimSpace(in.Zone), Locale: strings.TrimSpace(in.Locale),
		Country: strings.ToUpper(strings.TrimSpace(in.Country)), Region: strings.ToUpper(strings.TrimSpace(in.Region)),
		OwnerID: in.OwnerID, Custom: in.Custom, Notes: strings.TrimSpace(in.Notes),
	}
	for field, v := range map[string]string{"first_name": p.FirstName, "last_name": p.LastName, "title": p.Title, "company": in.Company} {
		if len(v) > maxName {
			return p, nil, nil, models.Invalid(field, "is longer than %d characters; shorten it", maxName)
		}
	}
	if len(p.Notes) > maxNotes {
		return p, nil, nil, models.Invalid("notes", "are longer than %d characters; shorten them", maxNotes)
	}
	if p.Country != "" && len(p.Country) != 2 {
		return p, nil, nil, models.Invalid("country", "%q is not a two-letter country code such as US or DE", in.Country)
	}
	if p.Locale == "" {
		p.Locale = "en-US"
	}
	if p.Zone == "" {
		p.Zone = ZoneFor(p.Country, p.Region)
	}
	if p.Zone != "" {
		if _, err := p.Location(); err != nil {
			return p, nil, nil, err
		}
	}
	points, err := normalisePoints(in.Points, p.Country)
	if err != nil {
		return p, nil, nil, err
	}
	if len(points) == 0 && p.FirstName == "" && p.LastName == "" {
		return p, nil, nil, models.Invalid("name", "a prospect needs a name or a contact point")
	}
	return p, companyOf(in, p), points, nil
}

func companyOf(in ProspectInput, p models.Prospect) *models.Company {
	name, domain := clean(in.Company), strings.ToLower(strings.TrimSpace(in.Domain))
	if name == "" && domain == "" {
		return nil
	}
	if name == "" {
		name = domain
	}
	return &models.Company{Name: name, Domain: domain, Country: p.Country, Region: p.Region}
}

func normalisePoints(in []PointInput, country string) ([]models.ContactPoint, error) {
	var points []models.ContactPoint
	seen := map[string]bool{}
	for _, raw := range in {
		if strings.TrimSpace(raw.Value) == "" {
			continue
		}
		value, err := NormalisePoint(raw.Kind, raw.Value, country)
		if err != nil {
			return nil, err
		}
		if seen[value] {
			continue
		}
		seen[value] = true
		label := raw.Label
		if label == "" {
			label = models.LabelWork
		}
		points = append(points, models.ContactPoint{
			Kind: raw.Kind, Value: value, Label: label, Position: len(points), Validity: models.ValidityUnknown,
		})
	}
	return points, nil
}

// consentsFor states the basis for each contact point. The points have no ids
// yet, so a consent names its point by place: ContactPointID is the index in
// points plus one, and the store puts the id there.
func consentsFor(in ProspectInput, points []models.ContactPoint, actor string) []models.Consent {
	if in.ConsentBasis == "" || in.ConsentBasis == models.ConsentNone {
		return nil
	}
	var out []models.Consent
	for i, cp := range points {
		channels := []models.ChannelKind{models.ChannelEmail}
		if cp.Kind == models.ContactPhone {
			channels = []models.ChannelKind{models.ChannelSMS, models.ChannelVoicemail, models.ChannelCall}
		}
		for _, ch := range channels {
			out = append(out, models.Consent{
				ContactPointID: int64(i + 1), Channel: ch, Basis: in.ConsentBasis, Source: in.ConsentSource, RecordedBy: actor,
			})
		}
	}
	return out
}

// RecordConsent notes that the customer permits a channel on a contact point.
func (s *Service) RecordConsent(ctx context.Context, actor string, c models.Consent) (models.Consent, error) {
	if c.Basis.Level() == 0 {
		return c, models.Invalid("basis", "%q is no basis of consent; choose written, oral, business_relationship or inquiry", c.Basis)
	}
	if c.ContactPointID == 0 {
		return c, models.Invalid("contact_point", "choose the number or address the consent is for")
	}
	now := s.Clock()
	if c.GivenAt.IsZero() {
		c.GivenAt = now
	}
	c.RecordedBy, c.CreatedAt = actor, now
	saved, err := s.Store.RecordConsent(ctx, c)
	if err != nil {
		return saved, fmt.Errorf("recording consent: %w", err)
	}
	s.wake()
	return saved, nil
}

// Suppress orders that a person, an address, a domain or a company is not
// contacted. It holds before the next claim on every replica.
func (s *Service) Suppress(ctx context.Context, actor string, sup models.Suppression) (models.Suppression, error) {
	sup.Value = strings.ToLower(strings.TrimSpace(sup.Value))
	switch sup.Scope {
	case models.SuppressPerson:
		if sup.ProspectID == nil {
			return sup, models.Invalid("prospect", "say whom not to contact")
		}
	case models.SuppressCompany:
		if sup.CompanyID == nil {
			return sup, models.Invalid("company", "say which company not to contact")
		}
	case models.SuppressAddress, models.SuppressDomain:
		if sup.Value == "" {
			return sup, models.Invalid("value", "give the address, number or domain not to contact")
		}
	case models.SuppressWorkspace:
	default:
		return sup, models.Invalid("scope", "%q is no scope; use person, address, domain, company or workspace", sup.Scope)
	}
	if sup.Source == "" {
		sup.Source = "hand"
	}
	if sup.Reason == "" {
		sup.Reason = models.FailOptedOut
	}
	sup.By, sup.CreatedAt = actor, s.Clock()
	return s.Store.Suppress(ctx, sup)
}

// clean trims and folds white space, so that a stray line break in a name
// never reaches a header or a subject.
func clean(s string) string { return strings.Join(strings.Fields(s), " ") }
