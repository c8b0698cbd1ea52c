package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"followup/models"
	"followup/store"
)

// action handles one request; its error becomes a page.
type action func(w http.ResponseWriter, r *http.Request) error

// act runs an action behind the session. With needUser a stranger is sent to
// sign in, and back afterwards.
func (s *site) act(h action, needUser bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		u, ok := s.signedIn(r)
		if ok {
			r = withUser(r, u)
		} else if needUser {
			to := "/sign-in"
			next := ""
			if r.Method == http.MethodGet && r.URL.Path != "/" {
				next = r.URL.RequestURI()
			} else if r.Method == http.MethodPost {
				next = s.cameFrom(r, "") // where what was typed is put back
			}
			if next != "" {
				to += "?next=" + url.QueryEscape(next)
			}
			http.Redirect(w, r, to, http.StatusSeeOther)
			return
		}
		if needUser && s.sessions.GetBool(r.Context(), sessionMustFactor) && !strings.HasPrefix(r.URL.Path, "/you") {
			http.Redirect(w, r, "/you", http.StatusSeeOther)
			return
		}
		// Pages show customers' words: they are not for caches.
		w.Header().Set("Cache-Control", "no-store")
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

// plain runs an action without a session.
func (s *site) plain(h action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if err := h(w, r); err != nil {
			s.failPlain(w, r, err)
		}
	}
}

// page is what the layout needs; each page's data embeds it.
type page struct {
	times
	Title     string
	Nav       string // the rail's entry that is lit
	User      models.User
	Badges    store.Badges
	Workspace string
	Toast     string
	Alarm     string // why the scheduler stands still; "" while it runs
	Paused    string // why everything is paused by hand
	Sandbox   bool
	Bare      bool // without the rail
	Wide      bool // the page lays itself out over the full width
	Query     string
}

// Can tells templates what the signed-in user may do.
func (p page) Can(perm string) bool { return can(p.User.Role, permission(perm)) }

// bare is a page's frame for somebody who is not signed in.
func (s *site) bare(r *http.Request, title string) page {
	return page{times: newTimes(s.Clock(), ""), Title: title, Bare: true, Workspace: "Followup"}
}

// page is a page's frame for the signed-in user. What only decorates the
// frame (badges, alarm) is left out where it cannot be read.
func (s *site) page(r *http.Request, title, nav string) page {
	u := userOf(r)
	if u.ID == 0 {
		return s.bare(r, title)
	}
	p := page{times: newTimes(s.Clock(), u.Zone), Title: title, Nav: nav, User: u, Sandbox: s.Sandbox}
	// A part of a page that renews itself must not swallow what the next whole
	// page has to say.
	if !refreshing(r) {
		p.Toast = s.sessions.PopString(r.Context(), sessionFlash)
	}
	if b, err := s.Store.ViewBadges(r.Context(), u.ID, p.now); err == nil {
		p.Badges = b
	}
	if set, err := s.settings(r); err == nil {
		p.Workspace = set.Workspace
		if set.Paused {
			p.Paused = set.PausedWhy
			if p.Paused == "" {
				p.Paused = "no reason was given"
			}
		}
	}
	p.Alarm = s.alarm(r.Context())
	return p
}

// refreshing tells whether htmx asks for a part of a page, not a person for the whole.
func refreshing(r *http.Request) bool { return r.Header.Get("HX-Request") != "" }

// show renders a page with status 200.
func (s *site) show(w http.ResponseWriter, name string, data any) error {
	return s.views.render(w, http.StatusOK, name, data)
}

func redirect(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // G710: callers give paths of this site; what a form names passes localPath first
	return nil
}

// cameFrom is the page of ours on which a form stood, else the one given: a
// form that was refused is shown at its own address, which only takes forms.
func (s *site) cameFrom(r *http.Request, otherwise string) string {
	from, err := url.Parse(r.Referer())
	if err != nil || from.Path == "" || from.Host != r.Host || from.Path == r.URL.Path {
		return otherwise
	}
	return localPath(from.RequestURI())
}

// fromInbox is the inbox where one worked there, else the page given.
func (s *site) fromInbox(r *http.Request, otherwise string) string {
	if from := s.cameFrom(r, otherwise); from == inboxPath || strings.HasPrefix(from, inboxPath+"?") {
		return from
	}
	return otherwise
}

// pathID reads {id}.
func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, models.Errorf(models.CodeNotFound, "There is no page at this address. It may be mistyped, or what it showed was removed.")
	}
	return id, nil
}

func idPath(prefix string, id int64) string { return prefix + strconv.FormatInt(id, 10) }

// localPath keeps a redirect on this site: "//host" and "https:" are refused.
func localPath(p string) string {
	// Browsers drop tabs and line ends from an address: "/\t/evil" is "//evil" to them.
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\t\r\n") {
		return "/"
	}
	return p
}
