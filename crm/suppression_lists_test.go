package crm

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"followup/models"
)

// listStore keeps what a list brought.
type listStore struct {
	Store
	values []string
}

func (l *listStore) ImportSuppressions(_ context.Context, list models.SuppressionList, _ models.Reason, _ models.ChannelKind, next func() (models.SuppressionScope, string, bool)) (models.SuppressionList, error) {
	for {
		scope, value, ok := next()
		if !ok {
			return list, nil
		}
		l.values = append(l.values, string(scope)+" "+value)
		list.Numbers++
	}
}

// Whatever a list's lines look like: one way of writing comes out, and what
// cannot be read is named.
func TestImportSuppressionLines(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	kept := &listStore{}
	s := &Service{Store: kept, Clock: func() time.Time { return now }}
	list := "number\n212,5550123\n(415) 555-0199\n+1 646 555 0100\n1-718-555-0101\n+44 20 7946 0018\nNobody@Example.COM\n@example.org\nexample.net\n\n# a remark\n12\n"
	report, err := s.ImportSuppressions(t.Context(), strings.NewReader(list), ListOptions{Name: "registry", AsOf: "2026-10-22", Actor: "system"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"address +12125550123", "address +14155550199", "address +16465550100", "address +17185550101", "address +442079460018",
		"address nobody@example.com", "domain example.org", "domain example.net"}
	if !slices.Equal(kept.values, want) {
		t.Errorf("%q", kept.values)
	}
	if report.Rejected != 1 || len(report.Wrong) != 1 || !strings.Contains(report.Wrong[0], "line 12") {
		t.Errorf("%+v", report)
	}
	for _, c := range []struct {
		asOf models.Date
		old  bool
		ok   bool
	}{{"2026-10-22", false, true}, {"2026-10-21", false, false}, {"2026-10-21", true, true}, {"2026-11-24", false, false}, {"yesterday", true, false}} {
		_, err := s.ImportSuppressions(t.Context(), strings.NewReader(""), ListOptions{Name: "registry", AsOf: c.asOf, Old: c.old})
		if (err == nil) != c.ok || err != nil && models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%s: %v", c.asOf, err)
		}
	}
}
