package populate

import (
	"fmt"
	"time"

	"followup/models"
	"followup/store"
)

var (
	firsts = []string{"Dana", "Joe", "Amina", "Lena", "Victor", "Sam", "Priya", "Noor", "Rosa", "Ivo", "Mei", "Tariq", "Greta", "Owen", "Zoë", "Mateo", "Hana", "Felix", "Ruth", "Emeka", "Ines", "Paul", "Yuki", "Clara", "Omar", "Vera", "Luis", "Nina", "Kofi", "Anya"}
	lasts  = []string{"Reyes", "Park", "Okafor", "Fischer", "Moreau", "Whitfield", "Nair", "Haddad", "Silva", "Novak", "Chen", "Aziz", "Lund", "Byrne", "Keller", "Vega", "Sato", "Weber", "Cole", "Eze", "Prado", "Frank", "Mori", "Stein", "Farah", "Ivanova", "Cruz", "Berg", "Mensah", "Petrov", "Quist", "Hale", "Marsh", "Doyle", "Ferro", "Lang", "Osei", "Roth", "Tran", "Ueda"}
	trades = []string{"Works", "Logistics", "Foods", "Systems", "Partners", "Clinic", "Builders", "Energy", "Textiles", "Press"}
	places = []struct{ zone, country, region, city string }{
		{"America/New_York", "US", "NY", "New York"}, {"America/Chicago", "US", "IL", "Chicago"}, {"America/New_York", "US", "FL", "Miami"},
		{"America/Los_Angeles", "US", "CA", "Los Angeles"}, {"Europe/London", "GB", "", "London"}, {"Europe/Berlin", "DE", "", "Berlin"},
	}
)

// mix is a number that looks random and is always the same for i and salt.
func mix(i int64, salt uint64) uint64 {
	x := uint64(i)*0x9E3779B97F4A7C15 + salt*0xBF58476D1CE4E5B9
	x ^= x >> 30
	x *= 0xBF58476D1CE4E5B9
	x ^= x >> 27
	x *= 0x94D049BB133111EB
	return x ^ x>>31
}

func pick[T any](from []T, i int64, salt uint64) T { return from[mix(i, salt)%uint64(len(from))] }

// one of n people has it.
func oneIn(n uint64, i int64, salt uint64) bool { return mix(i, salt)%n == 0 }

// ago is a time in the past that belongs to i, at most so many days back.
func (f *filler) ago(i int64, salt uint64, days uint64) time.Time {
	return f.Now.Add(-time.Duration(mix(i, salt)%(days*1440)) * time.Minute)
}

func (f *filler) rep(i int64) int { return int(mix(i, 1) % uint64(len(f.reps))) }

func (f *filler) company(i int64) models.Company {
	at := pick(places, i, 2)
	return models.Company{ID: i, Name: fmt.Sprintf("%s %s %d", pick(lasts, i, 3), pick(trades, i, 4), i), Domain: fmt.Sprintf("c%d.example.com", i),
		Country: at.country, Region: at.region, City: at.city, CreatedAt: f.ago(i, 5, 1500), UpdatedAt: f.ago(i, 5, 1500)}
}

func (f *filler) companyOf(i int64) int64 { return 1 + int64(mix(i, 6)%uint64(f.companies)) }

func (f *filler) prospect(i int64) models.Prospect {
	at, company := pick(places, i, 7), f.companyOf(i)
	created := f.ago(i, 8, 900)
	p := models.Prospect{ID: i, CompanyID: &company, OwnerID: f.reps[f.rep(i)], FirstName: pick(firsts, i, 9), LastName: pick(lasts, i, 10),
		Title: pick([]string{"Owner", "Buyer", "Head of operations", "CFO", "Plant manager"}, i, 11), Zone: at.zone, Locale: "en-US", Country: at.country, Region: at.region,
		Custom: map[string]string{"industry": pick(trades, i, 12), "size": pick([]string{"small", "medium", "large"}, i, 13)}, Revision: 1, CreatedAt: created, UpdatedAt: created}
	if f.Touches > 0 {
		last := f.ago(i, 14, 300)
		p.LastTouchAt = &last
	}
	if f.runs(i) == models.EnrollmentActive {
		next := f.next(i)
		p.NextTouchAt = &next
	}
	return p
}

// next is when an active enrollment's next touch is due: most lie ahead.
func (f *filler) next(i int64) time.Time {
	return f.Now.Add(time.Duration(mix(i, 15)%(30*1440))*time.Minute + time.Hour)
}

// points: a mail address and a number each; one in five hundred shares a
// number with the one before.
func (f *filler) points(i int64) []models.ContactPoint {
	at := f.ago(i, 8, 900)
	number := i
	if i > 1 && oneIn(500, i, 16) {
		number--
	}
	p := f.prospect(i)
	return []models.ContactPoint{
		{ID: 2*i - 1, ProspectID: i, Kind: models.ContactEmail, Value: fmt.Sprintf("%s.%d@c%d.example.com", ascii(p.FirstName), i, *p.CompanyID), Label: models.LabelWork, Validity: models.ValidityValid, CreatedAt: at, UpdatedAt: at},
		{ID: 2 * i, ProspectID: i, Kind: models.ContactPhone, Value: fmt.Sprintf("+1%03d555%04d%04d", 201+number%700, (number/700)%10000, 1000+(number/7_000_000)), Label: models.LabelCell, Position: 1, Validity: models.ValidityUnknown, CreatedAt: at, UpdatedAt: at},
	}
}

func ascii(s string) string {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z':
			out = append(out, byte(r))
		case 'A' <= r && r <= 'Z':
			out = append(out, byte(r+'a'-'A'))
		}
	}
	return string(out)
}

func (f *filler) words(i int64) []store.ProspectWord {
	return store.SearchWords(f.prospect(i), f.company(f.companyOf(i)).Name, f.points(i))
}

// runs is the state of a person's enrollment; "": in none.
func (f *filler) runs(i int64) models.EnrollmentState {
	switch n := mix(i, 17) % 10; {
	case n < 3:
		return ""
	case n < 7:
		return models.EnrollmentFinished
	case n < 9:
		return models.EnrollmentActive
	}
	return models.EnrollmentPaused
}

func (f *filler) enrollments(i int64) []models.Enrollment {
	state := f.runs(i)
	if state == "" {
		return nil
	}
	v := pick(f.versions, i, 18)
	e := models.Enrollment{ID: i, ProspectID: i, SequenceID: v.SequenceID, VersionID: v.ID, RepID: f.reps[f.rep(i)], State: state,
		EnrolledBy: models.ActorSystem, StartedAt: f.ago(i, 19, 400), UpdatedAt: f.ago(i, 19, 400)}
	if state == models.EnrollmentFinished {
		ended := e.StartedAt.AddDate(0, 0, 20)
		e.FinishedAt, e.Outcome = &ended, pick([]models.EnrollmentOutcome{models.FinishCompleted, models.FinishReplied, models.FinishWon, models.FinishLost}, i, 20)
	}
	return []models.Enrollment{e}
}

func (f *filler) pauses(i int64) []models.Pause {
	if f.runs(i) != models.EnrollmentPaused {
		return nil
	}
	reason := models.PauseManual
	if f.answered(i) {
		reason = models.PauseReplied
	}
	return []models.Pause{{ID: i, EnrollmentID: i, Reason: reason, By: models.ActorSystem, CreatedAt: f.ago(i, 21, 60)}}
}

// answered: one in four wrote to us, and one in eighty of all waits.
func (f *filler) answered(i int64) bool { return oneIn(4, i, 22) }
func (f *filler) waits(i int64) bool    { return f.answered(i) && oneIn(20, i, 23) }
