package web

import (
	"followup/store"
)

// railItem is a page of the main navigation. Key is the letter that opens it
// after g.
type railItem struct {
	Href, Icon, Label, Key string
	On                     bool
	Bar                    bool // it stands in a phone's bar, too
	Badge                  *store.Count
	Count                  string // what the badge counts
	Alarm                  string
}

// railPage is a page of the rail as the code knows it.
type railPage struct {
	nav, href, icon, label, key string
	needs                       permission // "": everybody
	bar                         bool
}

// railWork is what one works with, railDesk what one looks after.
var (
	railWork = []railPage{
		{"today", "/", "today", "Today", "t", "", true},
		{"inbox", inboxPath, "inbox", "Inbox", "i", "", true},
		{"prospects", "/prospects", "people", "Prospects", "p", "", true},
		{"commitments", "/commitments", "flag", "Commitments", "c", "", false},
		{"sequences", "/sequences", "steps", "Sequences", "s", "", true},
		{"library", "/library", "book", "Library", "l", "", false},
		{"insights", "/insights", "chart", "Insights", "n", "", false},
	}
	railDesk = []railPage{
		{"attention", "/attention", "alert", "Attention", "a", "", false},
		{"scheduler", "/scheduler", "pulse", "Scheduler", "h", "", false},
		{"sandbox", "/sandbox", "sandbox", "Sandbox", "b", "", false},
		{"accounts", "/accounts", "mail", "Accounts", "m", "", false},
		{"team", "/team", "team", "Team", "w", maySeeTeam, false},
		{"audit", "/audit", "trail", "Audit", "d", maySeeAudit, false},
		{"settings", "/settings", "gear", "Settings", "o", maySetRules, false},
	}
)

// RailWork and RailDesk are the two parts of the navigation.
func (p page) RailWork() []railItem { return p.rail(railWork) }
func (p page) RailDesk() []railItem { return p.rail(railDesk) }

// RailKeys are the pages that a letter opens, one's own settings with them.
func (p page) RailKeys() []railItem {
	own := railPage{"me", "/me", "gear", "Your settings", "y", "", false}
	return append(p.rail(append(append([]railPage(nil), railWork...), railDesk...)), p.rail([]railPage{own})...)
}

func (p page) rail(pages []railPage) []railItem {
	var all []railItem
	for _, r := range pages {
		if r.needs != "" && !can(p.User.Role, r.needs) || r.nav == "sandbox" && !p.Sandbox {
			continue
		}
		item := railItem{Href: r.href, Icon: r.icon, Label: r.label, Key: r.key, On: p.Nav == r.nav, Bar: r.bar}
		switch r.nav {
		case "today":
			item.Badge, item.Count = &p.Badges.Tasks, "tasks"
		case "inbox":
			item.Badge, item.Count = &p.Badges.Waiting, "waiting"
		case "scheduler":
			item.Alarm = p.Alarm
		}
		all = append(all, item)
	}
	return all
}
