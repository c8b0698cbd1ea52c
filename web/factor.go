package web

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"

	"followup/models"
)

// factorFor is how long somebody may take between password and code.
const factorFor = 5 * time.Minute

type factorPage struct {
	page
	Form form
}

// enter lets a user in whose password, and code where one is asked for, were right.
func (s *site) enter(w http.ResponseWriter, r *http.Request, u models.User, next string) error {
	ctx := r.Context()
	// A new token with new rights: a token planted before signing in is worthless.
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	has, err := s.CRM.HasFactor(ctx, u.ID)
	if err != nil {
		return err
	}
	set, err := s.Store.Settings(ctx)
	if err != nil {
		return err
	}
	now := s.Clock()
	in := models.SignIn{ID: rand.Text(), UserID: u.ID, Browser: browserName(r.UserAgent()), Address: clientAddress(r), CreatedAt: now, ExpiresAt: now.Add(s.sessions.Lifetime)}
	if err := s.Store.StartSignIn(ctx, in); err != nil {
		return err
	}
	s.sessions.Remove(ctx, sessionPending)
	s.sessions.Put(ctx, sessionUser, u.ID)
	s.sessions.Put(ctx, sessionSignIn, in.ID)
	if set.SecondFactor && !has {
		s.sessions.Put(ctx, sessionMustFactor, true)
		return redirect(w, r, "/you")
	}
	if can(u.Role, maySetUp) && set.Mode == "" {
		return redirect(w, r, "/welcome")
	}
	return redirect(w, r, next)
}

// askFactor remembers whose password was right until the code comes.
func (s *site) askFactor(w http.ResponseWriter, r *http.Request, u models.User, next string) error {
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	s.sessions.Put(r.Context(), sessionPending, fmt.Sprintf("%d %d %s", u.ID, s.Clock().Unix(), next))
	return redirect(w, r, "/sign-in/code")
}

// pending is who has given the password and not the code yet.
func (s *site) pending(r *http.Request) (userID int64, next string) {
	var at int64
	text := s.sessions.GetString(r.Context(), sessionPending)
	if _, err := fmt.Sscanf(text, "%d %d", &userID, &at); err != nil || s.Clock().Sub(time.Unix(at, 0)) > factorFor {
		return 0, "/"
	}
	if parts := strings.SplitN(text, " ", 3); len(parts) == 3 {
		next = parts[2]
	}
	return userID, localPath(next)
}

func (s *site) factorShow(w http.ResponseWriter, r *http.Request) error {
	if id, _ := s.pending(r); id == 0 {
		return redirect(w, r, "/sign-in")
	}
	return s.show(w, "factor", factorPage{page: s.bare(r, "Second factor"), Form: newForm()})
}

func (s *site) factor(w http.ResponseWriter, r *http.Request) error {
	id, next := s.pending(r)
	if id == 0 {
		s.flash(r, "That took too long. Sign in again.")
		return redirect(w, r, "/sign-in")
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	u, err := s.Store.ViewUser(r.Context(), id)
	if err != nil || u.DisabledAt != nil {
		return redirect(w, r, "/sign-in")
	}
	err = s.CRM.TryFactor(r.Context(), id, f.Get("code"))
	switch models.CodeOf(err) {
	case models.CodeInvalid, models.CodeForbidden, models.CodeConflict:
		status := statusOf(err)
		f.Values.Del("code")
		f.General = messageOf(err)
		return s.views.render(w, status, "factor", factorPage{page: s.bare(r, "Second factor"), Form: f})
	}
	if err != nil {
		return err
	}
	return s.enter(w, r, u, next)
}

// factorImage is the QR code of a secret that is not confirmed yet: as a file
// of its own, since pages carry nothing inline.
func (s *site) factorImage(w http.ResponseWriter, r *http.Request) error {
	address, _, err := s.CRM.ShownFactor(r.Context(), userOf(r), s.issuer(r))
	if err != nil {
		return err
	}
	if address == "" {
		return s.notFound(w, r)
	}
	code, err := qr.Encode(address, qr.M, qr.Auto)
	if err != nil {
		return fmt.Errorf("draw the code: %w", err)
	}
	const quiet = 4 // modules of margin, as readers expect (ISO/IEC 18004)
	size := code.Bounds().Dx()
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges"><rect width="%[1]d" height="%[1]d" fill="#fff"/><path d="`, size+2*quiet)
	for y := range size {
		for x := range size {
			if red, _, _, _ := code.At(x, y).RGBA(); red == 0 {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = w.Write(b.Bytes())
	return nil
}

// issuer is the name under which an app lists the account.
func (s *site) issuer(r *http.Request) string {
	if set, err := s.Store.Settings(r.Context()); err == nil && set.Workspace != "" {
		return strings.ReplaceAll(set.Workspace, ":", " ")
	}
	return "Followup"
}

// browserName is what a session's list calls a browser: enough to know one's own.
func browserName(agent string) string {
	pick := func(names [][2]string) string {
		for _, n := range names {
			if strings.Contains(agent, n[0]) {
				return n[1]
			}
		}
		return ""
	}
	// Each names the ones after it too, so the order tells them apart.
	name := pick([][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}})
	on := pick([][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "a Mac"}, {"Linux", "Linux"}})
	switch {
	case name == "":
		return "Another browser"
	case on == "":
		return name
	}
	return name + " on " + on
}
