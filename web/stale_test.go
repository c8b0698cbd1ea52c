package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"followup/web/webtest"
)

var seenField = regexp.MustCompile(`name="seen" value="([0-9a-f]+)"`)

// Two tabs: who saves second is told what the first one saved, loses nothing
// that they typed, and may put it in its place. What is no number is refused
// and not taken for "no limit".
func TestStaleDeskForms(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		admin := app.SignIn(app.Admin)
		account, member := fmt.Sprintf("/accounts/%d", app.Mailbox.ID), fmt.Sprintf("/team/%d", app.Rep.ID)
		// seen is the mark in the form that an address takes, as the page shows it.
		seen := func(page, action string) string {
			t.Helper()
			_, body := admin.Get(page)
			_, after, ok := strings.Cut(body, `action="`+action+`"`)
			found := seenField.FindStringSubmatch(after)
			if !ok || found == nil {
				t.Fatalf("%s has no mark for %s", page, action)
			}
			return found[1]
		}
		for _, c := range []struct {
			page, action, now string
			first, second     url.Values
		}{
			{"/settings", "/settings/sending", "Follow up limit: 7 → 5", form("workspace", "Northwind Tools", "postal_address", "1 Example Street", "follow_up_limit", "5"),
				form("workspace", "Northwind Tools", "postal_address", "1 Example Street", "follow_up_limit", "9")},
			{account, account + "/limits", "40 a minute", form("name", "Rae", "rate", "40", "cap", "0", "gap", "0", "ramp_start", "0", "ramp_step", "0"),
				form("name", "Rae K", "rate", "9", "cap", "0", "gap", "0", "ramp_start", "0", "ramp_step", "0")},
			{account, account + "/desk", "from 08:00 to 16:00", form("window_from", "08:00", "window_to", "16:00", "zone", "America/New_York", "day", "1", "day", "2"), form("window_from", "09:00", "window_to", "17:00", "zone", "America/New_York", "day", "3")},
			{member, member, "Rae First", form("name", "Rae First", "role", "rep", "zone", "America/Denver"), form("name", "Rae Second", "role", "rep", "zone", "America/Chicago")},
		} {
			mark := seen(c.page, c.action)
			c.first.Set("seen", mark)
			c.second.Set("seen", mark)
			if status, body := admin.Post(c.action, c.first); status != http.StatusOK {
				t.Fatalf("%s: the first: %d\n%s", c.action, status, text(body))
			}
			status, body := admin.Post(c.action, c.second)
			if status != http.StatusConflict || !strings.Contains(text(body), "after you opened the page") || !strings.Contains(text(body), c.now) {
				t.Errorf("%s: the second: %d, without %q\n%s", c.action, status, c.now, text(body))
			}
			for field, values := range c.second {
				if field != "seen" && values[0] != "0" && field != "role" && !strings.Contains(body, values[0]) {
					t.Errorf("%s: what was typed for %s is lost", c.action, field)
				}
			}
			c.second.Set("seen", seen(c.page, c.action))
			if status, body := admin.Post(c.action, c.second); status != http.StatusOK {
				t.Errorf("%s: once more: %d\n%s", c.action, status, text(body))
			}
		}
		if status, body := admin.Post(account+"/limits", form("name", "Rae", "rate", "30", "cap", "many")); status != http.StatusUnprocessableEntity || !strings.Contains(body, "write a whole number") || senderAt(t, app, app.Mailbox.Address).RatePerMinute != 9 {
			t.Errorf("a cap of many: %d\n%s", status, text(body))
		}
	})
}

// A team's new name is refused where a colleague has named it meanwhile, and
// what was typed stands in that team's own field.
func TestStaleTeamName(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	team, err := app.CRM.SaveTeam(t.Context(), "", 0, "North")
	must(t, err)
	_, err = app.CRM.SaveTeam(t.Context(), "", 0, "South")
	must(t, err)
	c := app.SignIn(app.Manager)
	at := fmt.Sprintf("/teams/%d", team.ID)
	mark := func(page string) string {
		t.Helper()
		_, after, _ := strings.Cut(page, `action="`+at+`"`)
		found := seenField.FindStringSubmatch(after)
		if found == nil {
			t.Fatal("the form has no mark")
		}
		return found[1]
	}
	_, page := c.Get("/team")
	if status, _ := c.Post(at, form("team_name", "North-East", "seen", mark(page))); status != http.StatusOK {
		t.Fatal(status)
	}
	status, refused := c.Post(at, form("team_name", "North-West", "seen", mark(page)))
	if status != http.StatusConflict || !strings.Contains(text(refused), "It is called “North-East” now") || !strings.Contains(refused, `value="North-West"`) {
		t.Errorf("the second window: status %d\n%s", status, text(refused))
	}
	if status, _ := c.Post(at, form("team_name", "North-West", "seen", mark(refused))); status != http.StatusOK {
		t.Errorf("saved again: status %d", status)
	}
	_, page = c.Get("/team")
	status, refused = c.Post(at, form("team_name", "South", "seen", mark(page)))
	_, mine, _ := strings.Cut(refused, `action="`+at+`"`)
	mine, _, _ = strings.Cut(mine, "</details>")
	if status != http.StatusUnprocessableEntity || !strings.Contains(mine, `value="South"`) || !strings.Contains(mine, "of this name already") {
		t.Errorf("a name that is taken: status %d\n%s", status, mine)
	}
}

// Two managers put somebody into a team: the second is told of the first.
func TestStaleTeamOfAMember(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	var teams []string
	for _, name := range []string{"North", "South"} {
		team, err := app.CRM.SaveTeam(t.Context(), "", 0, name)
		must(t, err)
		teams = append(teams, fmt.Sprint(team.ID))
	}
	c := app.SignIn(app.Manager)
	page := fmt.Sprintf("/team/%d", app.Rep.ID)
	mark := func(body string) string {
		t.Helper()
		found := seenField.FindStringSubmatch(body)
		if found == nil {
			t.Fatalf("the form has no mark:\n%s", text(body))
		}
		return found[1]
	}
	_, body := c.Get(page)
	seen := mark(body)
	if status, _ := c.Post(page+"/team", form("team", teams[0], "seen", seen)); status != http.StatusOK {
		t.Fatal(status)
	}
	status, refused := c.Post(page+"/team", form("team", teams[1], "seen", seen))
	if status != http.StatusConflict || !strings.Contains(text(refused), "They are in North now.") || !strings.Contains(refused, `value="`+teams[1]+`" selected`) {
		t.Errorf("the second: status %d\n%s", status, text(refused))
	}
	if status, _ := c.Post(page+"/team", form("team", teams[1], "seen", mark(refused))); status != http.StatusOK {
		t.Errorf("once more: status %d", status)
	}
}
