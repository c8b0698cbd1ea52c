package simulate

import (
	"fmt"
	"slices"
	"time"

	"followup/crm"
	"followup/models"
)

// person is a prospect of the world: what they are like, and where they truly
// live, whatever our database says.
type person struct {
	id       int64
	name     string
	zone     *time.Location // where they truly live
	zoneName string
	country  string // as our database has it
	region   string
	unknown  bool // we do not know their zone
	company  int64
	rep      int64
	emails   []string
	phones   []string
	points   map[string]int64 // value → contact point
	// How they are.
	replies, away, bounces, leaves, returns, callsBack float64
	left                                               bool // has told us to stop
	custom                                             string
}

// place is where people live; areas are of the numbers they have.
type place struct {
	zone, country, region string
	areas                 []string
}

var places = []place{
	{"America/New_York", "US", "NY", []string{"212", "646", "718", "716", "518", "315"}},
	{"America/New_York", "US", "MA", []string{"617", "508", "413", "978", "781"}},
	{"America/Chicago", "US", "IL", []string{"312", "773", "217", "618", "815"}},
	{"America/Denver", "US", "CO", []string{"303", "720", "719", "970"}},
	{"America/Los_Angeles", "US", "CA", []string{"415", "213", "310", "408", "510", "619"}},
	{"America/Phoenix", "US", "AZ", []string{"602", "480", "520"}},
	{"America/Anchorage", "US", "AK", []string{"907"}},
	{"Pacific/Honolulu", "US", "HI", []string{"808"}},
	{"America/St_Johns", "CA", "NL", []string{"709"}},
	{"America/Toronto", "CA", "ON", []string{"416", "647", "613"}},
	{"America/Sao_Paulo", "BR", "", []string{"202"}},
	{"America/Santiago", "CL", "", []string{"301"}},
	{"Europe/London", "GB", "", []string{"207", "603"}},
	{"Europe/Berlin", "DE", "BE", []string{"302", "401"}},
	{"Europe/Helsinki", "FI", "", []string{"406", "605"}},
	{"Africa/Cairo", "EG", "", []string{"701", "702"}},
	{"Africa/Casablanca", "MA", "", []string{"304"}},
	{"Africa/Johannesburg", "ZA", "", []string{"501"}},
	{"Asia/Kolkata", "IN", "", []string{"803", "804"}},
	{"Asia/Kathmandu", "NP", "", []string{"802"}},
	{"Asia/Tokyo", "JP", "", []string{"808"}},
	{"Asia/Jerusalem", "IL", "", []string{"860"}},
	{"Australia/Sydney", "AU", "NSW", []string{"919", "704"}},
	{"Australia/Adelaide", "AU", "SA", []string{"828", "336"}},
	{"Australia/Lord_Howe", "AU", "NSW", []string{"252", "910"}},
	{"Pacific/Auckland", "NZ", "", []string{"405", "918"}},
	{"Pacific/Chatham", "NZ", "", []string{"580"}},
	{"Pacific/Kiritimati", "KI", "", []string{"605"}},
}

// numbers gives each number out once: +1 NXX 555-01xx belongs to nobody.
type numbers map[string]int

func (n numbers) next(w *world, areas []string) string {
	for range 40 {
		area := oneOf(w, areas)
		if n[area] < 100 {
			n[area]++
			return fmt.Sprintf("+1%s55501%02d", area, n[area]-1)
		}
		areas = everyArea
	}
	return ""
}

var everyArea = func() (all []string) {
	for _, p := range places {
		all = append(all, p.areas...)
	}
	return append(all, "205", "251", "256", "334", "209", "323", "424", "530", "559", "626", "650", "661", "707", "714", "760", "805", "818",
		"831", "858", "909", "916", "925", "949", "203", "239", "305", "321", "352", "386", "407", "561", "727", "754", "772", "786", "813")
}()

// build hires the staff, publishes the sequences and meets the prospects.
func (w *world) build() error {
	w.startParts()
	if err := w.hire(); err != nil {
		return err
	}
	if err := w.writeSequences(); err != nil {
		return err
	}
	given := numbers{}
	for i := range w.opt.Prospects {
		if err := w.meet(i, given); err != nil {
			return fmt.Errorf("prospect %d: %w", i, err)
		}
	}
	w.planLife()
	return nil
}

const reps = 5

func (w *world) hire() error {
	for i := range reps + 1 {
		u := models.User{Email: fmt.Sprintf("rep%d@example.com", i), Name: fmt.Sprintf("Rep %d", i), Role: models.RoleRep,
			Zone: oneOf(w, places).zone, Locale: "en-US", Phone: fmt.Sprintf("+1212555018%d", i), PasswordHash: "none"}
		if i == reps {
			u.Role = models.RoleManager
		}
		saved, err := w.store.SaveUser(w.ctx, u, models.ActorSystem, w.now)
		if err != nil {
			return err
		}
		if i == reps {
			w.manager = saved
			continue
		}
		w.reps = append(w.reps, saved)
		for _, kind := range []models.SenderKind{models.SenderMailbox, models.SenderPhone} {
			s := models.Sender{OwnerID: &saved.ID, Kind: kind, Provider: models.ProviderSandbox, State: models.SenderActive,
				Inbound: models.InboundNone, Address: fmt.Sprintf("box%d@example.com", i)}
			if kind == models.SenderPhone {
				s.Address = fmt.Sprintf("+1212555019%d", i)
			} else if i == 0 { // one mailbox is read by us: its answers may be behind
				s.Inbound, s.InboundReadAt = models.InboundPoll, &w.now
			}
			if i == 1 {
				s.RatePerMinute = 30
			}
			if i == 2 && kind == models.SenderMailbox {
				s.DailyCap = mostOfSender
			}
			sender, err := w.store.SaveSender(w.ctx, s, models.ActorSystem, w.now)
			if err != nil {
				return err
			}
			w.senders = append(w.senders, sender)
			if sender.DailyCap > 0 {
				w.capped = sender.ID
				if w.cappedZone, err = time.LoadLocation(u.Zone); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// meet creates a prospect.
func (w *world) meet(i int, given numbers) error {
	where := oneOf(w, places)
	loc, err := time.LoadLocation(where.zone)
	if err != nil {
		return err
	}
	p := &person{
		name: fmt.Sprintf("P%d", i), zone: loc, zoneName: where.zone, points: map[string]int64{}, rep: oneOf(w, w.reps).ID,
		replies: w.rng.Float64() * 0.25, away: w.rng.Float64() * 0.1, bounces: w.rng.Float64() * 0.05, leaves: w.rng.Float64() * 0.03,
		returns: w.rng.Float64() * 0.3, callsBack: w.rng.Float64() * 0.2,
	}
	p.custom = string(models.DateOf(w.now, time.UTC).AddDays(w.rng.IntN(max(w.opt.Days, 2))))
	company := w.rng.IntN(max(1, w.opt.Prospects/3))
	domain := fmt.Sprintf("company%d.example.com", company)
	in := crm.ProspectInput{
		FirstName: p.name, LastName: "Doe", Company: fmt.Sprintf("Company %d", company), Domain: domain, Country: where.country, Region: where.region,
		Zone: where.zone, Locale: "en-US", OwnerID: p.rep, ConsentBasis: models.ConsentWritten, ConsentSource: "form", Custom: map[string]string{"renewal": p.custom},
	}
	if w.chance(0.2) {
		in.ConsentBasis = models.ConsentInquiry
	}
	if where.country == "US" && w.chance(0.1) {
		p.unknown = true
		in.Zone, in.Country, in.Region = "", "", ""
	}
	p.country, p.region = in.Country, in.Region
	p.emails = []string{fmt.Sprintf("p%d@%s", i, domain)}
	if w.chance(0.3) {
		p.emails = append(p.emails, fmt.Sprintf("p%d@home.example.com", i))
	}
	for range 1 + w.rng.IntN(2) {
		if n := given.next(w, where.areas); n != "" && w.chance(0.9) {
			p.phones = append(p.phones, n)
		}
	}
	// A number from elsewhere says nothing of where somebody lives, and nobody can know better.
	if p.unknown && slices.ContainsFunc(p.phones, func(n string) bool { return !slices.Contains(where.areas, n[2:5]) }) {
		p.unknown = false
		in.Zone, in.Country, in.Region = where.zone, where.country, where.region
		p.country, p.region = in.Country, in.Region
	}
	labels := []models.ContactLabel{models.LabelWork, models.LabelHome, models.LabelCell}
	for k, v := range p.emails {
		in.Points = append(in.Points, crm.PointInput{Kind: models.ContactEmail, Value: v, Label: labels[k]})
	}
	for k, v := range p.phones {
		in.Points = append(in.Points, crm.PointInput{Kind: models.ContactPhone, Value: v, Label: labels[2-k]})
	}
	saved, err := w.crm.CreateProspect(w.ctx, models.ActorSystem, in)
	if err != nil {
		return err
	}
	p.id = saved.ID
	if saved.CompanyID != nil {
		p.company = *saved.CompanyID
		w.companies[p.company] = append(w.companies[p.company], p)
	}
	known, err := w.store.Person(w.ctx, p.id)
	if err != nil {
		return err
	}
	for _, cp := range known.ContactPoints {
		p.points[cp.Value] = cp.ID
	}
	w.people, w.byID[p.id] = append(w.people, p), p
	return nil
}

// planLife begins everybody's story.
func (w *world) planLife() {
	span := w.end.Sub(w.now) / 3
	for _, p := range w.people {
		w.later(w.within(time.Minute, max(span, time.Hour)), func() { w.enroll(p) })
		w.later(w.unprovoked(time.Hour, 20*24*time.Hour), func() { w.live(p) })
	}
	w.later(w.within(time.Hour, 5*24*time.Hour), w.manage)
	w.later(w.within(time.Hour, 10*24*time.Hour), w.breakDown)
}
