package crm_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"followup/crm"
	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func TestReadSheetGuesses(t *testing.T) {
	sheet, err := crm.ReadSheet([]byte("\xef\xbb\xbfVorname;Nachname;Kontakt;Rückruf;Kunden;Mobil\nInes;Vogel;ines@example.com;+49 30 5550100;1200;0301\nTom;Brandt;tom@example.com;(030) 555-01001;7;\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range sheet.Columns {
		got = append(got, c.Field)
	}
	if strings.Join(got, " ") != "first_name last_name email phone custom.kunden cell" || sheet.Rows != 2 {
		t.Errorf("%v of %d lines", got, sheet.Rows)
	}
	if _, err := crm.ReadSheet(nil); models.CodeOf(err) != models.CodeInvalid {
		t.Errorf("an empty file: %v", err)
	}
}

// An import that was interrupted after any slice goes on where it was: every
// line is worked through once, and what stands twice in the file is found
// although the first of the two was read by another process.
func TestImportGoesOnAfterACrash(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		svc, rep := service(t, s)
		var file strings.Builder
		file.WriteString("name,email\n")
		for i := range 130 {
			fmt.Fprintf(&file, "Person %d,p%d@example.com\n", i, i%125) // the last five are there already
		}
		b, err := s.CreateBatch(ctx, models.Batch{
			Kind: models.BatchImport, UserID: rep.ID, Name: "x.csv", Content: []byte(file.String()), Total: 130,
			Options: models.BatchOptions{OwnerID: rep.ID, Consent: models.ConsentNone, Country: "US"},
		}, nil, store.Visibility{}, storetest.Now)
		if err != nil {
			t.Fatal(err)
		}
		step := func(holder string, to models.BatchState, end models.BatchState) models.Batch {
			t.Helper()
			if _, err := s.ChangeBatch(ctx, b.ID, storetest.Now, func(b *models.Batch) error { return b.Move(to, storetest.Now) }); err != nil {
				t.Fatal(err)
			}
			for i := range 4 {
				work := &crm.Imports{Store: s, Service: svc, Holder: fmt.Sprint(holder, i)}
				if err := work.Go(ctx, b.ID, 40); err != nil {
					t.Fatal(err)
				}
			}
			got, err := s.Batch(ctx, b.ID)
			if err != nil || got.State != end || got.Done != 130 || got.Refused != 5 {
				t.Fatalf("%s: %s, %d done, %d refused, %v", to, got.State, got.Done, got.Refused, err)
			}
			return got
		}
		step("check", models.BatchChecking, models.BatchChecked)
		if got := step("run", models.BatchRunning, models.BatchDone); got.Content != nil {
			t.Error("the file is kept though it is worked through")
		}
		ids, err := s.ImportedPeople(ctx, b.ID)
		if err != nil || len(ids) != 125 {
			t.Errorf("%d people, %v", len(ids), err)
		}
	})
}
