package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"followup/crm"
	"followup/models"
	"followup/scheduler"
)

// Account is a user of the play, with the password to sign in with.
type Account struct {
	Email, Name, Password string
	Role                  models.Role
}

// Everything here is invented; addresses are at example.com and numbers are
// 555-01xx, which belong to nobody (RFC 2606, NANPA).

var staff = []models.User{
	{Email: "morgan@example.com", Name: "Morgan Hale", Role: models.RoleManager, Zone: "America/New_York", Phone: "+12125550181"},
	{Email: "rae@example.com", Name: "Rae Moss", Role: models.RoleRep, Zone: "America/New_York", Phone: "+12125550182"},
	{Email: "ilya@example.com", Name: "Ilya Brandt", Role: models.RoleRep, Zone: "America/Chicago", Phone: "+13125550183"},
}

var senders = []struct {
	owner string
	kind  models.SenderKind
	addr  string
}{
	{"rae@example.com", models.SenderMailbox, "rae.moss@example.com"},
	{"rae@example.com", models.SenderPhone, "+12125550110"},
	{"ilya@example.com", models.SenderMailbox, "ilya.brandt@example.com"},
	{"ilya@example.com", models.SenderPhone, "+13125550111"},
}

var companies = []string{
	"Alder Freight", "Brightwater Labs", "Cobalt Works", "Dunmore Foods", "Elmside Clinics", "Fjord Analytics", "Granite Supply",
	"Harbor Lane Hotels", "Ivory Dental", "Juniper Farms", "Larkspur Print", "Mistral Cooling", "Northgate Dairy", "Oakhurst Schools",
	"Pinecrest Water", "Quarry Street Brewing", "Redwood Rail", "Silverline Glass", "Thornbury Paper", "Umber Ceramics",
}

var firstNames = []string{
	"Dana", "Joe", "Priya", "Marcus", "Elena", "Tomas", "Aisha", "Ben", "Chloe", "Diego", "Farah", "Grace", "Hugo", "Ines", "Jonas", "Keiko", "Lena", "Mateo", "Nora", "Omar",
}

var lastNames = []string{
	"Reyes", "Park", "Nair", "Webb", "Rossi", "Novak", "Khan", "Doyle", "Martin", "Silva", "Aziz", "Lind", "Keller", "Costa", "Berg", "Sato", "Vogel", "Cruz", "Holm", "Haddad",
}

// place is where a prospect lives.
type place struct {
	zone, country, region string
	area                  string // of the 555-01xx number; "": no number
}

var places = []place{
	{"America/New_York", "US", "NY", "212"},
	{"America/Chicago", "US", "IL", "312"},
	{"America/Denver", "US", "CO", "303"},
	{"America/Los_Angeles", "US", "CA", "415"},
	{"America/Phoenix", "US", "AZ", "602"},
	{"America/New_York", "US", "MA", "617"},
}

// Cast hires the staff, meets the prospects and enrolls them as their parts
// say. It needs the built-in sequences.
func (w *World) Cast(ctx context.Context) ([]Account, error) {
	accounts, err := w.hire(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if a.Role != models.RoleRep {
			continue
		}
		u, err := w.Store.UserByEmail(ctx, a.Email)
		if err != nil {
			return nil, err
		}
		w.reps = append(w.reps, u.ID)
	}
	w.firstNames, w.lastNames = w.shuffled(firstNames), w.shuffled(lastNames)
	w.byID = map[int64]*person{}
	for i, part := range parts() {
		p, err := w.meet(ctx, i, part, w.firstNames[i%len(w.firstNames)], w.lastNames[i%len(w.lastNames)], w.reps[i%len(w.reps)])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		w.people = append(w.people, p)
		w.byID[p.prospect.ID] = p
		w.after(dayOne, p.prospect.Name()+" is enrolled", func(ctx context.Context) error { return w.enroll(ctx, p) })
	}
	return accounts, nil
}

func (w *World) shuffled(words []string) []string {
	out := append([]string(nil), words...)
	w.Rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func (w *World) hire(ctx context.Context) ([]Account, error) {
	ids := map[string]int64{}
	var accounts []Account
	for _, u := range staff {
		u.Locale = "en-US"
		saved, password, err := w.CRM.AddUser(ctx, models.ActorSystem, u, "")
		if err != nil {
			return nil, err
		}
		ids[u.Email] = saved.ID
		accounts = append(accounts, Account{Email: saved.Email, Name: saved.Name, Role: saved.Role, Password: password})
	}
	for _, s := range senders {
		owner := ids[s.owner]
		_, err := w.Store.SaveSender(ctx, models.Sender{
			OwnerID: &owner, Kind: s.kind, Provider: models.ProviderSandbox, Address: s.addr, State: models.SenderActive, Inbound: models.InboundNone,
		}, models.ActorSystem, w.Clock.Now())
		if err != nil {
			return nil, err
		}
	}
	if err := w.arrange(ctx, ids); err != nil {
		return nil, err
	}
	settings, err := w.Store.Settings(ctx)
	if err != nil {
		return nil, err
	}
	settings.Workspace = "Meridian Pumps"
	settings.PostalAddress = "Meridian Pumps, 1 Example Street, New York, NY 10001"
	return accounts, w.Store.SaveSettings(ctx, settings, models.ActorSystem, w.Clock.Now())
}

// meet creates the prospect of a part.
func (w *World) meet(ctx context.Context, i int, part part, first, last string, rep int64) (*person, error) {
	where := places[i%len(places)]
	if part.place != nil {
		where = *part.place
	}
	company := companies[i%len(companies)]
	if part.company != "" {
		company = part.company
	}
	domain := strings.ToLower(strings.ReplaceAll(company, " ", "")) + ".example.com"
	in := crm.ProspectInput{
		FirstName: first, LastName: last, Title: titles[i%len(titles)], Company: company, Domain: domain,
		Zone: where.zone, Country: where.country, Region: where.region, Locale: "en-US", OwnerID: rep,
		ConsentBasis: models.ConsentWritten, ConsentSource: "signed form",
	}
	if part.consent != "" {
		in.ConsentBasis = part.consent
	}
	in.Points = append(in.Points, crm.PointInput{Kind: models.ContactEmail, Value: strings.ToLower(first+"."+last) + "@" + domain, Label: models.LabelWork})
	if part.homeEmail {
		in.Points = append(in.Points, crm.PointInput{Kind: models.ContactEmail, Value: strings.ToLower(first+last) + "@home.example.com", Label: models.LabelHome})
	}
	if where.area != "" {
		in.Points = append(in.Points, crm.PointInput{Kind: models.ContactPhone, Value: fmt.Sprintf("+1%s55501%02d", where.area, 20+i), Label: models.LabelCell})
	}
	saved, err := w.CRM.CreateProspect(ctx, models.ActorSystem, in)
	if err != nil {
		return nil, err
	}
	return &person{prospect: saved, part: part, reached: map[models.ChannelKind]int{}}, nil
}

var titles = []string{"Head of Operations", "Plant Manager", "Owner", "Purchasing Lead", "Facilities Director"}

// enroll puts the person into the sequences of their part.
func (w *World) enroll(ctx context.Context, p *person) error {
	now := w.Clock.Now()
	for _, key := range p.part.sequences {
		seq, err := w.Store.SequenceByKey(ctx, key)
		if err != nil {
			return err
		}
		req := scheduler.EnrollRequest{
			ProspectID: p.prospect.ID, SequenceID: seq.ID, RepID: p.prospect.OwnerID, By: models.UserActor(p.prospect.OwnerID),
		}
		switch key {
		case bookedCallBack:
			loc, err := p.prospect.Location()
			if err != nil {
				return err
			}
			at := nextWorkday(now, loc, 2).At(15*60, loc)
			req.CallAt = &at
		case commitmentFollowUp:
			c, err := w.promise(ctx, p)
			if err != nil {
				return err
			}
			req.CommitmentID = &c.ID
		}
		if _, err := w.Scheduler.Enroll(ctx, req); err != nil {
			return fmt.Errorf("enrolling in %s: %w", key, err)
		}
	}
	return nil
}

// promise records what the person committed to.
func (w *World) promise(ctx context.Context, p *person) (models.Commitment, error) {
	loc, err := p.prospect.Location()
	if err != nil {
		return models.Commitment{}, err
	}
	return w.CRM.RecordCommitment(ctx, models.UserActor(p.prospect.OwnerID), models.Commitment{
		ProspectID: p.prospect.ID, RepID: p.prospect.OwnerID,
		Outcome: "send the flow readings of the old line", Value: "a quote that fits the plant",
		Words: "You will have the readings by then.", DueOn: nextWorkday(w.Clock.Now(), loc, 3),
		CostPerDay: "$400 a day in energy",
	})
}

// The built-in sequences that the parts use.
const (
	bookedCallBack     = "booked-call-back"
	sevenTouch         = "seven-touch-follow-up"
	commitmentFollowUp = "commitment-follow-up"
	regularCustomer    = "regular-customer"
)

// Length of the play.
const Length = 14 * 24 * time.Hour
