package crm_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"followup/crm"
	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func service(t *testing.T, s *store.Store) (*crm.Service, models.User) {
	t.Helper()
	svc := &crm.Service{Store: s, Clock: func() time.Time { return storetest.Now }, Log: slog.New(slog.DiscardHandler)}
	rep, made, err := svc.AddUser(t.Context(), models.ActorSystem, models.User{Email: "Rae@Example.com", Name: "Rae Moss", Role: models.RoleRep}, "")
	if err != nil {
		t.Fatal(err)
	}
	if made == "" || rep.Email != "rae@example.com" {
		t.Fatalf("added %+v with password %q", rep, made)
	}
	return svc, rep
}

func importCSV(t *testing.T, svc *crm.Service, rep models.User, csv string, dry bool) crm.ImportReport {
	t.Helper()
	report, err := svc.Import(t.Context(), strings.NewReader(csv), crm.ImportOptions{
		Actor: models.ActorSystem, OwnerID: rep.ID, DryRun: dry, ConsentBasis: models.ConsentInquiry, ConsentSource: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

const people = "First Name;Surname;E-Mail;Mobile;Company;State;Country;Favourite colour\n" +
	"Dana;Reyes;dana.reyes@example.com;(212) 555-0123;Northwind;NY;US;green\n" +
	"Joe;Park;JOE.PARK@example.com;;Contoso;;DE;\n" +
	"Bad;Mail;not an address;;;;;\n" +
	"Bad;Phone;;12;;;;\n" +
	"Nobody;Knows;;;;;;\n" +
	"Dana;Again;dana.reyes@example.com;;;;;\n" +
	"Too;Many;a@example.com;;;;;;;;\n" +
	"Lee;Zone;lee@example.com;;;TX;US;\n"

// One bad row never stops the rest, and each says what is wrong with it.
func TestImportGoesOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		svc, rep := service(t, s)
		dry := importCSV(t, svc, rep, people, true)
		real := importCSV(t, svc, rep, people, false)
		if fmt.Sprint(dry.Added, dry.Rejected) != fmt.Sprint(real.Added, real.Rejected) {
			t.Errorf("the dry run said %d added, %d rejected; the import did %d, %d", dry.Added, dry.Rejected, real.Added, real.Rejected)
		}
		if real.Added != 3 || real.Rejected != 5 {
			t.Fatalf("report: %+v", real)
		}
		for line, want := range map[int]string{4: "is not an email address", 5: "is not a phone number", 6: "nobody can reach", 7: "is in line 2 already", 8: "cells but the header"} {
			row := real.Rows[line-2]
			if row.Line != line || row.Status != crm.RowRejected || !strings.Contains(row.Reason, want) {
				t.Errorf("line %d: %+v, want a rejection saying %q", line, row, want)
			}
		}
		person, err := s.Person(t.Context(), real.Rows[0].ProspectID)
		if err != nil {
			t.Fatal(err)
		}
		p := person.Prospect
		if p.Zone != "America/New_York" || p.Custom["favourite_colour"] != "green" || p.CompanyID == nil {
			t.Errorf("Dana: %+v", p)
		}
		if len(person.ContactPoints) != 2 || person.ContactPoints[1].Value != "+12125550123" || person.ContactPoints[1].Label != models.LabelCell {
			t.Errorf("Dana's contact points: %+v", person.ContactPoints)
		}
		sms, ok := models.BestConsent(person.Consents, person.ContactPoints[1], models.ChannelSMS, storetest.Now)
		if !ok || sms.Basis != models.ConsentInquiry || sms.Source != "test" {
			t.Errorf("Dana's consent for texts: %+v", person.Consents)
		}
		lee, err := s.Person(t.Context(), real.Rows[7].ProspectID)
		if err != nil {
			t.Fatal(err)
		}
		if lee.Prospect.Zone != "" {
			t.Errorf("Texas has two zones; guessed %s", lee.Prospect.Zone)
		}
	})
}

// The same file again changes nothing; a fuller one fills in, and an empty
// cell never erases.
func TestImportAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		svc, rep := service(t, s)
		first := importCSV(t, svc, rep, "email,first_name,title\ndana@example.com,Dana,Buyer\n", false)
		if again := importCSV(t, svc, rep, "email,first_name,title\nDANA@example.com,Dana,\n", false); again.Unchanged != 1 {
			t.Errorf("again: %+v", again)
		}
		fuller := importCSV(t, svc, rep, "email,last_name,phone\ndana@example.com,Reyes,+1 212 555 0123\n", false)
		if fuller.Changed != 1 || fuller.Rows[0].ProspectID != first.Rows[0].ProspectID {
			t.Fatalf("fuller: %+v", fuller)
		}
		person, err := s.Person(t.Context(), first.Rows[0].ProspectID)
		if err != nil {
			t.Fatal(err)
		}
		if person.Prospect.Name() != "Dana Reyes" || person.Prospect.Title != "Buyer" || len(person.ContactPoints) != 2 {
			t.Errorf("after: %+v %+v", person.Prospect, person.ContactPoints)
		}
	})
}

func TestImportRefusesFilesItCannotRead(t *testing.T) {
	s := storetest.SQLite(t)
	svc, rep := service(t, s)
	for csv, want := range map[string]string{
		"":                                "is empty",
		"name,title\nDana,Buyer\n":        "no column holds an email or a phone",
		"email,E-Mail\na@example.com,b\n": "both fill email",
		"\xff\xfee\x00m\x00":              "not a text file in UTF-8",
	} {
		_, err := svc.Import(t.Context(), strings.NewReader(csv), crm.ImportOptions{OwnerID: rep.ID, ConsentBasis: models.ConsentNone})
		if models.CodeOf(err) != models.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error saying %q", csv, err, want)
		}
	}
	if _, err := svc.Import(t.Context(), strings.NewReader("email\n"), crm.ImportOptions{OwnerID: rep.ID}); err == nil {
		t.Error("an import that states no consent passed")
	}
}

// A quote that never closes costs its row, not the file.
func TestImportBrokenQuotes(t *testing.T) {
	s := storetest.SQLite(t)
	svc, rep := service(t, s)
	report := importCSV(t, svc, rep, "email,first_name\na@example.com,An\"na\nb@example.com,Bo\n\xef,x\n", false)
	if report.Added != 1 || report.Rejected != 2 {
		t.Errorf("report: %+v", report)
	}
}
