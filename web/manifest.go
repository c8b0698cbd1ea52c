package web

import (
	"encoding/json"
	"net/http"
)

// manifest lets a phone install the site as an app of its own. There is no
// service worker: a page from a cache would show a queue that is not there
// any more.
func (s *site) manifest(w http.ResponseWriter, r *http.Request) {
	name := "Followup"
	if set, err := s.Store.Settings(r.Context()); err == nil && set.Workspace != "" {
		name = set.Workspace
	}
	icon := func(file, sizes, purpose string) map[string]string {
		return map[string]string{"src": s.views.asset(file), "sizes": sizes, "type": "image/png", "purpose": purpose}
	}
	w.Header().Set("Content-Type", "application/manifest+json")
	w.Header().Set("Cache-Control", "no-cache")
	_ = json.NewEncoder(w).Encode(map[string]any{ // a reader who left is no failure
		"name": name, "short_name": name, "id": "/", "start_url": "/", "scope": "/", "display": "standalone",
		"background_color": "#f5f5f2", "theme_color": "#1f5a99",
		"icons": []map[string]string{
			icon("icon-192.png", "192x192", "any"), icon("icon-512.png", "512x512", "any"), icon("icon-512.png", "512x512", "maskable"),
			{"src": s.views.asset("favicon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
		},
		"shortcuts": []map[string]string{{"name": "Today", "url": "/"}, {"name": "Inbox", "url": "/inbox"}, {"name": "Prospects", "url": "/prospects"}},
	})
}
