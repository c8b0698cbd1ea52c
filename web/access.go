package web

import "net/http"

// routeAccess is the action behind each page and form. A test walks the
// routes: one without a row here fails it.
var routeAccess = func() map[string]permission {
	rows := map[permission][]string{
		mayOwnAccount: {
			"GET /live/badges", "GET /me", "POST /me",
			"GET /me/booking", "POST /me/booking", "GET /help", "GET /you", "POST /you/password", "POST /you/sign-out", "POST /you/factor", "POST /you/factor/confirm",
			"POST /you/factor/remove", "GET /you/factor.svg",
		},
		maySetUp: {"GET /welcome", "POST /welcome"},
		mayWork: {
			"GET /tasks/{id}/later", "POST /tasks/{id}/snooze", "POST /tasks/{id}/hand-over", "POST /tasks/{id}/apology",
			"GET /{$}", "GET /tasks/{id}", "POST /tasks/{id}/outcome", "POST /tasks/{id}/close", "POST /tasks/{id}/dial",
			"POST /tasks/{id}/card", "GET /tasks/{id}/reasons", "GET /tasks/{id}/recordings", "POST /tasks/{id}/cue", "POST /tasks/{id}/voicemail", "POST /tasks/{id}/review", "POST /tasks/{id}/review/draft",
			"GET /appointments/{id}", "POST /appointments/{id}/move", "POST /appointments/{id}/cancel",
		},
		maySeePeople: {
			"GET /companies", "GET /companies/{id}", "GET /messages/{id}/rich", "GET /messages/{id}/why",
			"GET /prospects", "GET /prospects/{id}", "GET /inbox", "GET /inbox/raw/{id}", "GET /messages/{id}/media/{n}",
		},
		mayChangePeople: {
			"GET /prospects/{id}/discovery", "POST /prospects/{id}/discovery",
			"GET /prospects/new", "POST /prospects", "GET /prospects/{id}/edit", "POST /prospects/{id}", "POST /prospects/{id}/answer",
			"POST /prospects/{id}/book", "POST /prospects/{id}/consent", "POST /prospects/{id}/consent/oral", "POST /prospects/{id}/suppress", "POST /prospects/{id}/commitments",
			"GET /enroll", "POST /enroll", "GET /enroll/{id}", "POST /enroll/{id}/check", "POST /enroll/{id}/choose", "POST /enroll/{id}/start", "POST /enroll/{id}/cancel",
			"GET /imports", "POST /imports", "GET /imports/{id}", "POST /imports/{id}/check", "POST /imports/{id}/choose", "POST /imports/{id}/start",
			"POST /imports/{id}/cancel", "POST /imports/{id}/enroll",
			"GET /commitments", "GET /commitments/{id}", "POST /commitments/{id}/postpone", "POST /commitments/{id}/say", "POST /commitments/{id}/cohort",
			"POST /commitments/{id}/suggest", "POST /prospects/{id}/next-step",
			"POST /commitments/{id}/close", "POST /prospects/{id}/notes", "GET /prospects/{id}/enroll", "POST /prospects/{id}/enroll",
			"POST /prospects/{id}/unread", "POST /prospects/{id}/draft", "POST /prospects/{id}/preview", "POST /prospects/{id}/snippet", "GET /prospects/{id}/snippets",
			"POST /prospects/{id}/files/{file}/remove", "POST /answers/{id}/withdraw", "POST /filters", "POST /filters/{id}/drop",
			"GET /duplicates", "GET /duplicates/merge", "POST /duplicates/merge", "POST /duplicates/distinct", "GET /prospects/{id}/apart/{n}", "POST /prospects/{id}/apart/{n}",
			"GET /companies/new", "POST /companies", "GET /companies/{id}/edit", "POST /companies/{id}", "POST /companies/{id}/hold", "POST /companies/{id}/release",
			"POST /enrollments/{id}/pause", "POST /enrollments/{id}/resume", "POST /enrollments/{id}/finish", "GET /enrollments/{id}/place", "POST /enrollments/{id}/place", "POST /messages/{id}/address", "POST /messages/{id}/mark",
			"GET /inbox/matching", "GET /inbox/matching/{id}", "POST /inbox/matching/{id}/attach", "POST /inbox/matching/{id}/dismiss",
		},
		maySeeSequences: {
			"GET /sequences/{key}/history", "GET /sequences", "GET /sequences/{key}", "POST /lint",
		},
		mayEditSequences: {
			"GET /sequences/new", "POST /sequences/new", "GET /sequences/{key}/edit", "POST /sequences/{key}/edit", "POST /sequences/{key}/autosave",
			"GET /sequences/{key}/yaml", "GET /sequences/{key}/people", "GET /sequences/{key}/lacking",
			"POST /sequences/{key}/test", "POST /sequences/{key}/clone", "POST /sequences/save", "POST /sequences/lint",
		},
		mayPublish: {
			"GET /sequences/{key}/publish", "POST /sequences/{key}/publish", "POST /sequences/{key}/restore", "POST /sequences/{key}/archive",
			"POST /sequences/{key}/share", "POST /sequences/{key}/winner",
		},
		mayUseLibrary: {
			"GET /library", "GET /library/brainstorm", "POST /library/brainstorm", "GET /library/points/{id}/answers", "GET /library/{shelf}",
			"GET /library/{shelf}/new", "POST /library/{shelf}", "GET /library/{shelf}/{id}", "POST /library/{shelf}/{id}",
			"POST /library/voicemails/{id}/recording", "GET /recordings/{token}",
		},
		maySeeInsights: {"GET /insights", "GET /insights/export"},
		maySeeAccounts: {"GET /accounts"},
		mayUseAccounts: {
			"GET /accounts/oauth/{provider}/start", "GET /accounts/oauth/{provider}/callback", "GET /accounts/new", "POST /accounts/mailbox",
			"POST /accounts/phone", "GET /accounts/{id}", "GET /accounts/{id}/edit", "POST /accounts/{id}/check", "POST /accounts/{id}/test",
			"POST /accounts/{id}/hooks", "POST /accounts/{id}/start", "POST /accounts/{id}/stop", "POST /accounts/{id}/limits",
			"POST /accounts/{id}/desk",
		},
		mayManageSenders: {"GET /accounts/twilio", "POST /accounts/twilio"},
		mayErase:         {"GET /prospects/{id}/privacy", "GET /prospects/{id}/export", "POST /prospects/{id}/erase", "GET /settings/retention", "POST /settings/retention"},
		maySetPostal:     {"POST /accounts/address"},
		maySeeScheduler:  {"GET /scheduler"},
		mayPauseAll:      {"POST /scheduler/pause", "POST /scheduler/resume"},
		mayResolve:       {"GET /attention", "POST /attention"},
		maySeeTeam:       {"GET /team", "GET /team/{id}"},
		mayRunTeam: {
			"POST /teams", "POST /teams/{id}", "POST /team/{id}/leave", "POST /leaves/{id}/end", "POST /team/{id}/team",
		},
		mayAddUsers: {
			"POST /team", "POST /team/{id}", "POST /team/{id}/link", "POST /team/{id}/sign-out", "POST /team/{id}/factor", "POST /team/{id}/left",
			"POST /team/{id}/back",
		},
		maySetRules: {
			"GET /settings", "POST /settings/{section}", "GET /settings/rules", "POST /settings/rules", "POST /settings/rules/caps",
			"POST /settings/rules/list",
		},
		maySeeAudit:      {"GET /audit", "GET /audit/export"},
		mayPlayCustomers: {"GET /sandbox", "GET /sandbox/{id}", "POST /sandbox/{id}"},
	}
	byRoute := map[string]permission{}
	for p, patterns := range rows {
		for _, pattern := range patterns {
			byRoute[pattern] = p
		}
	}
	return byRoute
}()

// permitted refuses a role before the page runs. What a page shows of it
// (own, visible, all) the page itself decides.
func permitted(pattern string, h action) action {
	p := routeAccess[pattern] // without a row nobody may; the test that walks the routes names it
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := require(userOf(r), p); err != nil {
			return err
		}
		return h(w, r)
	}
}
