package web

import (
	"net/http"
	"slices"
	"strings"

	"followup/models"
)

// trackedLink leads on from a link of an email, where the workspace wants to see
// which are opened, to the address that is sealed in it and to no other. It
// leads there whatever becomes of the note: a link must not break.
func (s *site) trackedLink(w http.ResponseWriter, r *http.Request) error {
	message, address, ok := s.Store.ReadTrackedLink(r.PathValue("token"))
	if !ok {
		return models.Errorf(models.CodeNotFound, "This link is not one of ours, or a part of it was cut off. Open it again from the email, or ask whoever sent it to you.")
	}
	if r.Method == http.MethodGet && !byMachine(r) {
		if err := s.CRM.LinkOpened(r.Context(), message, address); err != nil {
			s.Log.WarnContext(r.Context(), "a link was opened and not noted", "error", err)
		}
	}
	h := w.Header()
	h.Set("Location", address)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	w.WriteHeader(http.StatusFound)
	return nil
}

// machines are words in the names by which programs call themselves that open
// links without anybody: scanners, previews, tools.
var machines = []string{"bot", "crawl", "spider", "scan", "preview", "headless", "curl", "wget", "python", "java/", "go-http", "okhttp", "axios", "monitor",
	"safelinks", "proofpoint", "mimecast", "barracuda", "facebookexternalhit", "slack", "whatsapp", "skypeuripreview"}

// byMachine tells whether nobody opened it: a program that says so, or a
// browser that fetches ahead.
func byMachine(r *http.Request) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if v := strings.ToLower(r.Header.Get(name)); strings.Contains(v, "prefetch") || strings.Contains(v, "preview") || strings.Contains(v, "prerender") {
			return true
		}
	}
	agent := strings.ToLower(r.UserAgent())
	return agent == "" || slices.ContainsFunc(machines, func(m string) bool { return strings.Contains(agent, m) })
}
