package populate_test

import (
	"strings"
	"testing"

	"followup/cmd/followup/populate"
	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// A filled workspace is whole: people are found, conversations wait, the next
// person gets a fresh id, and it is filled once only.
func TestFill(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		plan := populate.Plan{Prospects: 300, Touches: 10, Password: "correct horse battery", Now: storetest.Now}
		if err := populate.Fill(ctx, s, plan); err != nil {
			t.Fatal(err)
		}
		list, err := s.ViewProspects(ctx, store.ProspectFilter{Sees: store.Everything, State: store.ProspectInSequence})
		if err != nil || list.Total.N < 30 || len(list.Rows) != 50 {
			t.Errorf("in a sequence: %d, %v", list.Total.N, err)
		}
		one := list.Rows[0].Prospect
		found, err := s.ViewProspects(ctx, store.ProspectFilter{Sees: store.Everything, Query: one.FirstName + " " + one.LastName})
		if err != nil || found.Total.N == 0 {
			t.Errorf("%s is not found: %v", one.Name(), err)
		}
		inbox, err := s.ViewInbox(ctx, store.InboxFilter{Sees: store.Everything})
		if err != nil || inbox.Waiting.N == 0 || len(inbox.Rows) < 30 {
			t.Errorf("inbox: %d waiting, %d rows, %v", inbox.Waiting.N, len(inbox.Rows), err)
		}
		v, err := s.ViewPerson(ctx, one.ID)
		if err != nil || len(v.Touches) < 5 || len(v.Points) != 2 || len(v.Enrollments) != 1 || v.Enrollments[0].Live == nil {
			t.Errorf("a person: %d touches, %d points, %+v, %v", len(v.Touches), len(v.Points), v.Enrollments, err)
		}
		p, err := s.CreateProspect(ctx, models.Prospect{OwnerID: one.OwnerID, FirstName: "New", LastName: "Person"}, nil, nil, nil, models.ActorSystem, storetest.Now)
		if err != nil || p.ID <= 300 {
			t.Errorf("the next id is %d, %v", p.ID, err)
		}
		if err := populate.Fill(ctx, s, plan); err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("filled twice: %v", err)
		}
	})
}
