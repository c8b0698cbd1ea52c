package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
	"followup/templates"
)

// comesLater are variables that come with the enrollment, the sending or the
// workspace: nobody can be counted who lacks them.
var comesLater = []string{"appointment.", "commitment.", "talking_point.", "sender.", "workspace.", "unsubscribe_url", "booking_link", "reschedule_link"}

// Of every variable that a prospect can lack it is known how many do.
func TestEveryVariableCanBeCounted(t *testing.T) {
	for _, name := range append(templates.Variables(), "custom.machine") {
		later := slices.ContainsFunc(comesLater, func(p string) bool { return strings.HasPrefix(name, p) })
		if store.CanLack(name) == later {
			t.Errorf("%s: can be counted: %t", name, !later)
		}
	}
}

// TestLackingAgreesWithRendering: how many people lack a variable is what
// rendering their texts would say, for those inside a sequence and, where
// nobody is, for all, in however small parts it is counted.
func TestLackingAgreesWithRendering(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		rnd := rand.New(rand.NewPCG(5, 8))
		some := func(v string) string { return []string{"", "  ", v, v, v}[rnd.IntN(5)] }
		var companies []models.Company
		for i := range 4 {
			c := models.Company{Name: some(fmt.Sprint("Company ", i)), Domain: fmt.Sprintf("c%d.example.com", i), Website: some("w"), City: some("c"), Region: some("r"), Country: some("US"), CreatedAt: w.now, UpdatedAt: w.now}
			w.ok(w.db.Create(&c).Error)
			companies = append(companies, c)
		}
		var reps []models.User
		for i := range 3 {
			u := models.User{Email: fmt.Sprintf("rep%d@example.com", i), Name: "Rep", Role: models.RoleRep, Phone: some("+12125550100"), Signature: some("S"), CreatedAt: w.now, UpdatedAt: w.now}
			w.ok(w.db.Create(&u).Error)
			reps = append(reps, u)
		}
		base := w.enrollIn(follow("lacking", after(0, 0, 1, 0)), w.person.ID)
		w.ok(w.db.Model(&models.Enrollment{}).Where("id = ?", base.ID).Update("state", models.EnrollmentFinished).Error)

		names := append(slices.DeleteFunc(templates.Variables(), func(n string) bool { return !store.CanLack(n) }), "custom.machine", "custom.site")
		inside, everybody := map[string]int64{}, map[string]int64{}
		count := func(into map[string]int64, d templates.Data) {
			for _, name := range names {
				if templates.Lacks(name, d) {
					into[name]++
				}
			}
		}
		var all []models.Prospect
		w.ok(w.db.Order("id").Find(&all).Error)
		for _, p := range all { // those of the world itself
			var point []models.ContactPoint
			w.ok(w.db.Where("prospect_id = ?", p.ID).Order("position").Find(&point).Error)
			d := templates.Data{Prospect: p, Now: w.now}
			for _, cp := range point {
				if cp.Kind == models.ContactEmail {
					d.Email = cp.Value
				} else {
					d.Phone = cp.Value
				}
			}
			w.ok(w.db.Where("id = ?", p.OwnerID).Take(&d.Rep).Error)
			if p.CompanyID != nil {
				d.Company = &models.Company{}
				w.ok(w.db.Where("id = ?", *p.CompanyID).Take(d.Company).Error)
			}
			count(everybody, d)
		}
		const people = 60
		for i := range people {
			owner, rep := reps[rnd.IntN(3)], reps[rnd.IntN(3)]
			p := models.Prospect{OwnerID: owner.ID, FirstName: some("Ada"), LastName: some("Quinn"), Title: some("T"), Zone: some("America/New_York"), Country: some("US"), Region: some("NY"), CreatedAt: w.now, UpdatedAt: w.now}
			d := templates.Data{Now: w.now}
			if rnd.IntN(3) > 0 {
				c := companies[rnd.IntN(len(companies))]
				p.CompanyID, d.Company = &c.ID, &c
			}
			if rnd.IntN(3) > 0 {
				p.Custom = map[string]string{"machine": some("Lathe"), "it's \"odd\"": "x"}
			}
			w.ok(w.db.Create(&p).Error)
			if rnd.IntN(2) == 0 {
				d.Email = fmt.Sprintf("lack%d@example.com", i)
				w.ok(w.db.Create(&models.ContactPoint{ProspectID: p.ID, Kind: models.ContactEmail, Value: d.Email, CreatedAt: w.now, UpdatedAt: w.now}).Error)
			}
			if rnd.IntN(2) == 0 {
				d.Phone = fmt.Sprintf("+1212555%04d", 200+i)
				w.ok(w.db.Create(&models.ContactPoint{ProspectID: p.ID, Kind: models.ContactPhone, Value: d.Phone, CreatedAt: w.now, UpdatedAt: w.now}).Error)
			}
			if rnd.IntN(2) == 0 {
				d.Discovery = &models.Discovery{ProspectID: p.ID, Goal: some("G"), GoalDate: "2026-12-24", Obstacle: some("O"), Common: some("C"), UpdatedAt: w.now}
				w.ok(w.db.Create(d.Discovery).Error)
			}
			d.Prospect, d.Rep = p, owner
			count(everybody, d)
			e := models.Enrollment{ProspectID: p.ID, SequenceID: base.SequenceID, VersionID: base.VersionID, RepID: rep.ID, State: models.EnrollmentActive, StartedAt: w.now, UpdatedAt: w.now}
			if rnd.IntN(2) == 0 {
				e.Variables = map[string]string{"machine": some("Press"), "site": some("North")}
			}
			w.ok(w.db.Create(&e).Error)
			d.Rep, d.Variables = rep, e.Variables
			count(inside, d)
		}
		for _, c := range []struct {
			what     string
			sequence int64
			want     map[string]int64
			of       int64
		}{{"inside", base.SequenceID, inside, people}, {"of all", 99999, everybody, people + int64(len(all))}} {
			for _, part := range []int{7, 1000} {
				got := store.LackCount{}
				for rounds := 0; !got.Done; rounds++ {
					var err error
					got, err = s.CountLacking(w.ctx, c.sequence, names, got, part)
					w.ok(err)
					if rounds > 50 {
						t.Fatal("counting does not end")
					}
				}
				if got.Of != c.of || got.Within != (c.what == "inside") {
					t.Errorf("%s: looked at %d, want %d", c.what, got.Of, c.of)
				}
				for _, name := range names {
					if got.Lack[name] != c.want[name] {
						t.Errorf("%s, in parts of %d: %s is lacking for %d, rendering says %d", c.what, part, name, got.Lack[name], c.want[name])
					}
					if n := int64(len(got.Who[name])); n != min(5, c.want[name]) {
						t.Errorf("%s: %d people are named who lack %s, of %d", c.what, n, name, c.want[name])
					}
				}
			}
		}
	})
}
