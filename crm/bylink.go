package crm

import (
	"context"
	"strings"
	"time"

	"followup/models"
	"followup/templates"
)

// LinkBooking is what a customer chose on a booking page.
type LinkBooking struct {
	Rep        models.User
	ProspectID int64 // 0: whoever gives name and email
	StartsAt   time.Time
	Name       string
	Email      string
	Phone      string // to call; "": the one we have
	Zone       string // in which they saw the times
	Note       string
	FormToken  string
}

// notOnline is what a customer is told where a rule of ours forbids: it says
// nothing of what is known of them.
var notOnline = models.Errorf(models.CodeRefused, "This call cannot be booked here. Please answer the message that brought you, and we will find a time.")

// BookByLink books one of the times that a rep's page offers. Who came without
// a link of their own is found by their email address, else recorded anew.
func (s *Service) BookByLink(ctx context.Context, req LinkBooking) (models.Appointment, error) {
	loc, err := models.LoadZone(req.Rep.Zone)
	if err != nil {
		return models.Appointment{}, err
	}
	prospectID, err := s.whoBooks(ctx, req)
	if err != nil {
		return models.Appointment{}, err
	}
	page, err := s.Store.BookingPage(ctx, req.Rep.ID)
	if err != nil {
		return models.Appointment{}, err
	}
	b := models.Booking{
		ProspectID: prospectID, RepID: req.Rep.ID, StartsAt: req.StartsAt, Minutes: page.Minutes,
		Title: "Booked by link", Note: clip(strings.TrimSpace(req.Note), maxName*5), By: models.ActorCustomer,
	}
	if req.FormToken != "" {
		b.FormToken = &req.FormToken
	}
	if b, err = s.prepareCall(ctx, b, templates.NoticeBooked, TellBest, false, 0); err != nil {
		return models.Appointment{}, outward(err)
	}
	a, err := s.Store.BookByLink(ctx, b, loc)
	if err != nil {
		return a, outward(err)
	}
	s.wake()
	return a, nil
}

// outward keeps what we know of a person from whoever holds a link.
func outward(err error) error {
	if models.CodeOf(err) == models.CodeRefused || models.CodeOf(err) == models.CodeNotFound {
		return notOnline
	}
	return err
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// whoBooks is the prospect that the link names, or that has the address; else
// a new one, who asked us to call.
func (s *Service) whoBooks(ctx context.Context, req LinkBooking) (int64, error) {
	if req.ProspectID != 0 {
		return req.ProspectID, s.numberFor(ctx, req.ProspectID, req.Phone)
	}
	email, err := normaliseEmail(req.Email)
	if err != nil {
		return 0, models.Invalid("email", "write your address as name@company.com")
	}
	if clean(req.Name) == "" {
		return 0, models.Invalid("name", "say who we should ask for")
	}
	found, err := s.Store.FindProspects(ctx, []string{email})
	if err != nil {
		return 0, err
	}
	if id, ok := found[email]; ok {
		return id, s.numberFor(ctx, id, req.Phone)
	}
	if strings.TrimSpace(req.Phone) == "" {
		return 0, models.Invalid("phone", "say which number we should call")
	}
	first, last, _ := strings.Cut(clean(req.Name), " ")
	p, err := s.CreateProspect(ctx, models.ActorCustomer, ProspectInput{
		FirstName: first, LastName: strings.TrimSpace(last), Zone: req.Zone, OwnerID: req.Rep.ID, Country: countryOf(req.Phone),
		Points:       []PointInput{{models.ContactEmail, email, models.LabelWork}, {models.ContactPhone, req.Phone, models.LabelOther}},
		ConsentBasis: models.ConsentInquiry, ConsentSource: "booking page: asked for a call",
	})
	var wrong *models.Error
	if asError(err, &wrong) && wrong.Code == models.CodeInvalid && wrong.Field != "email" {
		return 0, models.Invalid("phone", "write the number with its country code, such as +1 312 555 0100")
	}
	return p.ID, err
}

// countryOf: numbers without a code are taken as American, as imports do.
func countryOf(phone string) string {
	if strings.HasPrefix(strings.TrimSpace(phone), "+") {
		return ""
	}
	return "US"
}

// numberFor adds the number that somebody without a working one wants to be
// called at. Where there is one it stays the one that is called: whoever holds
// a link may not lead our calls elsewhere.
func (s *Service) numberFor(ctx context.Context, prospectID int64, phone string) error {
	person, err := s.Store.Person(ctx, prospectID)
	if err != nil {
		return err
	}
	for _, cp := range person.ContactPoints {
		if cp.Kind == models.ContactPhone && cp.Usable() {
			return nil
		}
	}
	if strings.TrimSpace(phone) == "" {
		return models.Invalid("phone", "say which number we should call")
	}
	country := person.Prospect.Country
	if country == "" {
		country = "US"
	}
	value, err := normalisePhone(phone, country)
	if err != nil {
		return models.Invalid("phone", "write the number with its country code, such as +1 312 555 0100")
	}
	points := append(person.ContactPoints, models.ContactPoint{
		Kind: models.ContactPhone, Value: value, Label: models.LabelOther, Position: len(person.ContactPoints), Validity: models.ValidityUnknown,
	})
	_, err = s.Store.UpdateProspect(ctx, person.Prospect, nil, points, models.ActorCustomer, s.Clock())
	return err
}

// MoveByLink gives a call another of the times that the rep's page offers.
func (s *Service) MoveByLink(ctx context.Context, rep models.User, a models.Appointment, startsAt time.Time, revision int) error {
	loc, err := models.LoadZone(rep.Zone)
	if err != nil {
		return err
	}
	b := models.Booking{ProspectID: a.ProspectID, RepID: a.RepID, StartsAt: startsAt, Minutes: a.Minutes, Revision: revision, By: models.ActorCustomer}
	if b, err = s.prepareCall(ctx, b, templates.NoticeMoved, TellBest, false, a.ID); err != nil {
		return outward(err)
	}
	if _, err := s.Store.MoveByLink(ctx, a.ID, b, loc); err != nil {
		return outward(err)
	}
	s.wake()
	return nil
}

// CancelByLink withdraws a call for its customer and asks the rep to see to it.
func (s *Service) CancelByLink(ctx context.Context, a models.Appointment, revision int) error {
	return outward(s.Cancel(ctx, models.ActorCustomer, CancelRequest{ID: a.ID, ProspectID: a.ProspectID, Revision: revision}))
}
