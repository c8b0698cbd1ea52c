package web

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"followup/models"
	"followup/store"
)

// rolesFile is made of the table: FOLLOWUP_WRITE_GOLDEN=1 writes it anew.
const rolesFile = "../docs/roles.md"

// rolesDocument is docs/roles.md.
func rolesDocument() string {
	var b strings.Builder
	b.WriteString(`# Roles

Who may do what. This page is made of the table in ` + "`web/roles.go`" + `, which every page and every form asks; a test keeps them equal.

- **own**: what is theirs, and what is shared
- **visible**: the prospects that the workspace's rules let them see: their own, their team's or all (Settings, "Who sees what"). Who is in no team sees all where the rule says team
- **all**: everybody's
- **no**: the page says whom to ask

| To | Rep | Manager | Admin |
|---|---|---|---|
`)
	for _, a := range roleTable {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", a.Action, a.Rep, a.Manager, a.Admin)
	}
	return b.String()
}

func TestRolesDocument(t *testing.T) {
	if os.Getenv("FOLLOWUP_WRITE_GOLDEN") != "" {
		if err := os.WriteFile(rolesFile, []byte(rolesDocument()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(rolesFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != rolesDocument() {
		t.Errorf("%s says something else than the table in roles.go; FOLLOWUP_WRITE_GOLDEN=1 go test ./web -run TestRolesDocument writes it", rolesFile)
	}
}

// Every page behind the session has its action in the table, and no row
// speaks of a page that is gone.
func TestEveryRouteHasItsAction(t *testing.T) {
	v, err := loadViews()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{Options: Options{Sandbox: true}, views: v}
	s.pages()
	if len(s.patterns) < 50 {
		t.Fatalf("only %d routes were found", len(s.patterns))
	}
	for _, pattern := range s.patterns {
		p, ok := routeAccess[pattern]
		if !ok {
			t.Errorf("%s has no action: add it to routeAccess in access.go", pattern)
		} else if !slices.ContainsFunc(roleTable, func(a access) bool { return a.Action == p }) {
			t.Errorf("%s: the action %q is not in the table", pattern, p)
		}
	}
	for pattern := range routeAccess {
		if !slices.Contains(s.patterns, pattern) {
			t.Errorf("%s is in access.go and is no route", pattern)
		}
	}
}

// A higher role reaches at least as far.
func TestRolesGrow(t *testing.T) {
	order := []extent{nowhere, ownOnly, whatTheySee, everywhere}
	for _, a := range roleTable {
		rep, manager, admin := slices.Index(order, a.Rep), slices.Index(order, a.Manager), slices.Index(order, a.Admin)
		if rep < 0 || manager < rep || admin < manager {
			t.Errorf("%s: rep %s, manager %s, admin %s", a.Action, a.Rep, a.Manager, a.Admin)
		}
	}
	if can("stranger", maySeePeople) || can(models.RoleAdmin, "fly") {
		t.Error("an unknown role or action is permitted")
	}
}

func TestVisibility(t *testing.T) {
	team := int64(3)
	rep, inTeam, manager := models.User{ID: 7, Role: models.RoleRep}, models.User{ID: 8, Role: models.RoleRep, TeamID: &team}, models.User{ID: 9, Role: models.RoleManager, TeamID: &team}
	for _, c := range []struct {
		name string
		user models.User
		rule models.Visibility
		want store.Visibility
	}{
		{"own", rep, models.SeeOwn, store.Visibility{UserID: 7}},
		{"own, in a team", inTeam, models.SeeOwn, store.Visibility{UserID: 8}},
		{"team", inTeam, models.SeeTeam, store.Visibility{UserID: 8, TeamID: 3}},
		{"team, in none", rep, models.SeeTeam, store.Visibility{UserID: 7, All: true}},
		{"all", inTeam, models.SeeAll, store.Visibility{UserID: 8, All: true}},
		{"a manager, own", manager, models.SeeOwn, store.Visibility{UserID: 9, All: true}},
	} {
		if got := visibility(c.user, models.Settings{Visibility: c.rule}); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
