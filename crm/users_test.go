package crm_test

import (
	"strings"
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func TestSignIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		svc, rep := service(t, s)
		if err := svc.SetPassword(t.Context(), models.ActorSystem, rep.ID, "correct horse battery"); err != nil {
			t.Fatal(err)
		}
		u, err := svc.Authenticate(t.Context(), " RAE@example.com ", "correct horse battery")
		if err != nil || u.ID != rep.ID {
			t.Fatalf("sign-in: %v %v", u, err)
		}
		_, wrong := svc.Authenticate(t.Context(), "rae@example.com", "correct horse")
		_, nobody := svc.Authenticate(t.Context(), "nobody@example.com", "correct horse battery")
		_, long := svc.Authenticate(t.Context(), "rae@example.com", strings.Repeat("x", 5000))
		for _, err := range []error{wrong, nobody, long} {
			if models.CodeOf(err) != models.CodeForbidden || err.Error() != wrong.Error() {
				t.Errorf("refusal: %v; every reason must read alike", err)
			}
		}
		if err := svc.SetPassword(t.Context(), models.ActorSystem, rep.ID, "short"); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("a short password: %v", err)
		}
	})
}

func TestAddUserChecks(t *testing.T) {
	s := storetest.SQLite(t)
	svc, _ := service(t, s)
	good := models.User{Email: "sam@example.com", Name: "Sam", Role: models.RoleRep}
	for name, change := range map[string]func(*models.User){
		"address": func(u *models.User) { u.Email = "sam" },
		"name":    func(u *models.User) { u.Name = " " },
		"role":    func(u *models.User) { u.Role = "boss" },
		"zone":    func(u *models.User) { u.Zone = "Mars/Base" },
		"phone":   func(u *models.User) { u.Phone = "12" },
		"known":   func(u *models.User) { u.Email = "rae@example.com" },
	} {
		u := good
		change(&u)
		if _, _, err := svc.AddUser(t.Context(), models.ActorSystem, u, ""); err == nil {
			t.Errorf("%s: passed", name)
		}
	}
}
