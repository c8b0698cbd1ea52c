package web

import (
	"net/http"
	"net/url"
	"strings"

	"followup/channels/email"
	"followup/crm"
	"followup/replies"
)

const maxBody = 1 << 20

// handler puts the routes together. What carries no session (static files,
// health, webhooks, the customers' page) stays outside of the session's
// middleware, so that it costs no query and works while nobody is signed in.
func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/", s.views.serveStatic)
	mux.HandleFunc("GET /manifest.webmanifest", s.manifest)
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.HandleFunc("GET /u/{token}", s.plain(s.unsubscribeShow))
	mux.HandleFunc("POST /u/{token}", s.plain(s.unsubscribe))
	s.bookingRoutes(mux)
	mux.HandleFunc("GET /l/{token}", s.plain(s.trackedLink))
	mux.HandleFunc("GET /r/{token}", s.plain(s.recordingPublic))
	mux.HandleFunc("GET /f/{token}", s.plain(s.fileServe))
	for path, receiver := range s.Webhooks {
		mux.Handle("POST "+path, s.webhook(path, receiver))
	}
	mux.Handle("/", packed(s.sessions.LoadAndSave(s.pages())))

	protection := http.NewCrossOriginProtection()
	// Providers and mail readers post from elsewhere: webhooks prove who they
	// are by a signature, a one-click unsubscribe (RFC 8058) by its token.
	protection.AddInsecureBypassPattern("POST /hooks/")
	protection.AddInsecureBypassPattern("POST /u/{token}")
	if u, err := url.Parse(s.PublicURL); err == nil && u.Host != "" {
		// Behind a proxy that rewrites Host the site's own forms name its public origin.
		if err := protection.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			s.Log.Warn("the public address is no origin", "error", err)
		}
	}
	protection.SetDenyHandler(s.plain(s.crossOrigin))

	h := protection.Handler(mux)
	h = limitBody(h)
	h = securityHeaders(h)
	h = s.recovering(h)
	return s.logging(h)
}

// limitBody bounds what a request may hold. Mail is longer than any form.
func limitBody(h http.Handler) http.Handler {
	forms, mail := http.MaxBytesHandler(h, maxBody), http.MaxBytesHandler(h, email.MailHookBytes)
	imports := http.MaxBytesHandler(h, maxImport+maxBody)
	answers := http.MaxBytesHandler(h, replies.MaxAnswerBytes+maxBody)
	recordings := http.MaxBytesHandler(h, crm.MaxRecording+maxBody)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/answer") && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
			answers.ServeHTTP(w, r)
			return
		}
		if r.URL.Path == "/imports" || r.URL.Path == "/settings/rules/list" {
			imports.ServeHTTP(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/library/voicemails/") {
			recordings.ServeHTTP(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/hooks/mail/") {
			mail.ServeHTTP(w, r)
			return
		}
		forms.ServeHTTP(w, r)
	})
}

// pages are the routes behind a session.
func (s *site) pages() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, h action) { mux.HandleFunc(pattern, s.act(h, false)) }
	var page register = func(pattern string, h action) {
		s.patterns = append(s.patterns, pattern)
		mux.HandleFunc(pattern, s.act(permitted(pattern, s.guarded(pattern, h)), true))
	}

	open("GET /sign-in", s.signInShow)
	mux.Handle("POST /sign-in", s.limitSignIn(s.act(s.signIn, false)))
	open("POST /sign-out", s.signOut)
	open("GET /sign-in/code", s.factorShow)
	mux.Handle("POST /sign-in/code", s.limitSignIn(s.act(s.factor, false)))
	open("GET /join/{token}", s.joinShow)
	mux.Handle("POST /join/{token}", s.limitSignIn(s.act(s.join, false)))
	open("GET /forgot", s.forgotShow)
	mux.Handle("POST /forgot", s.limitSignIn(s.act(s.forgot, false)))
	open("GET /live", s.live)
	page("GET /welcome", s.welcomeShow)
	page("POST /welcome", s.welcome)
	page("GET /help", s.help)

	s.dayRoutes(page)
	s.peopleRoutes(page)
	s.manyRoutes(page)
	s.privacyRoutes(page)
	s.promiseRoutes(page)
	s.inboxRoutes(page)
	s.sequenceRoutes(page)
	s.libraryRoutes(page)
	s.insightRoutes(page)
	s.accountRoutes(page)
	s.teamRoutes(page)
	if s.Sandbox {
		page("GET /sandbox", s.sandbox)
		page("GET /sandbox/{id}", s.sandboxThread)
		page("POST /sandbox/{id}", s.sandboxPlay)
	}
	open("/", s.notFound)
	return mux
}

// register adds a route behind the session.
type register func(pattern string, h action)

// dayRoutes are the rep's queue and what is done from it.
func (s *site) dayRoutes(page register) {
	page("GET /{$}", s.today)
	page("GET /live/badges", s.badges)
	page("GET /me", s.meShow)
	page("POST /me", s.meSave)
	page("GET /tasks/{id}", s.taskShow)
	page("POST /tasks/{id}/outcome", s.callClose)
	page("POST /tasks/{id}/close", s.taskClose)
	page("POST /tasks/{id}/dial", s.dial)
	s.callRoutes(page)
	page("GET /tasks/{id}/later", s.laterShow)
	page("POST /tasks/{id}/snooze", s.taskSnooze)
	page("POST /tasks/{id}/hand-over", s.taskHandOver)
	page("POST /tasks/{id}/apology", s.apologise)
	page("GET /appointments/{id}", s.appointmentShow)
	page("POST /appointments/{id}/move", s.appointmentMove)
	page("POST /appointments/{id}/cancel", s.appointmentCancel)
}

// peopleRoutes are prospects, what they are enrolled in and what they promised.
func (s *site) peopleRoutes(page register) {
	page("GET /prospects", s.prospectList)
	page("POST /filters", s.filterSave)
	page("POST /filters/{id}/drop", s.filterDrop)
	page("GET /duplicates", s.duplicates)
	page("GET /duplicates/merge", s.mergeShow)
	page("POST /duplicates/merge", s.merge)
	page("POST /duplicates/distinct", s.distinct)
	page("GET /prospects/{id}/apart/{n}", s.apartShow)
	page("POST /prospects/{id}/apart/{n}", s.apart)
	page("GET /companies", s.companies)
	page("GET /companies/new", s.companyNew)
	page("POST /companies", s.companySave)
	page("GET /companies/{id}", s.companyShow)
	page("GET /companies/{id}/edit", s.companyEdit)
	page("POST /companies/{id}", s.companySave)
	page("POST /companies/{id}/hold", s.companyHold)
	page("POST /companies/{id}/release", s.companyRelease)
	page("GET /prospects/new", s.prospectNew)
	page("POST /prospects", s.prospectCreate)
	page("GET /prospects/{id}", s.prospectShow)
	page("GET /prospects/{id}/edit", s.prospectEdit)
	page("POST /prospects/{id}", s.prospectUpdate)
	page("POST /prospects/{id}/answer", s.answer)
	page("POST /prospects/{id}/book", s.book)
	page("POST /prospects/{id}/consent", s.consent)
	page("POST /prospects/{id}/consent/oral", s.consentOral)
	page("POST /prospects/{id}/suppress", s.suppress)
	page("POST /prospects/{id}/commitments", s.commitmentCreate)
	page("POST /commitments/{id}/close", s.commitmentClose)
	page("POST /prospects/{id}/notes", s.notes)
	page("GET /prospects/{id}/enroll", s.enrollShow)
	page("POST /prospects/{id}/enroll", s.enroll)
	page("POST /enrollments/{id}/pause", s.enrollmentPause)
	page("POST /enrollments/{id}/resume", s.enrollmentResume)
	page("POST /enrollments/{id}/finish", s.enrollmentFinish)
}

// inboxRoutes are the conversations and what could not be matched to one.
func (s *site) inboxRoutes(page register) {
	page("GET /inbox", s.inbox)
	page("GET /inbox/raw/{id}", s.inboxRaw)
	page("GET /inbox/matching", s.matching)
	page("GET /inbox/matching/{id}", s.matchShow)
	page("POST /inbox/matching/{id}/attach", s.matchAttach)
	page("POST /inbox/matching/{id}/dismiss", s.matchDismiss)
	page("POST /messages/{id}/address", s.addressAdd)
	page("POST /prospects/{id}/unread", s.unread)
	page("POST /prospects/{id}/draft", s.draftSave)
	page("POST /prospects/{id}/preview", s.answerPreviewShow)
	page("POST /prospects/{id}/snippet", s.snippetInsert)
	page("GET /prospects/{id}/snippets", s.snippetsFind)
	page("POST /prospects/{id}/files/{file}/remove", s.fileRemove)
	page("POST /answers/{id}/withdraw", s.answerWithdraw)
	page("GET /messages/{id}/media/{n}", s.mediaShow)
	page("GET /messages/{id}/rich", s.richShow)
	page("GET /messages/{id}/why", s.messageWhy)
}

// sequenceRoutes are what managers write.
func (s *site) sequenceRoutes(page register) {
	page("GET /sequences", s.sequenceList)
	page("GET /sequences/new", s.sequenceNew)
	page("POST /sequences/new", s.sequenceBegin)
	page("GET /sequences/{key}", s.sequenceShow)
	page("GET /sequences/{key}/edit", s.editorShow)
	page("POST /sequences/{key}/edit", s.editorSave)
	page("POST /sequences/{key}/autosave", s.editorAutosave)
	page("GET /sequences/{key}/people", s.editorPeople)
	page("GET /sequences/{key}/lacking", s.editorLacking)
	page("POST /sequences/{key}/test", s.editorTest)
	page("GET /sequences/{key}/yaml", s.sequenceEdit)
	page("GET /sequences/{key}/publish", s.publishShow)
	page("POST /sequences/{key}/publish", s.publishNow)
	page("GET /sequences/{key}/history", s.sequenceHistory)
	page("POST /sequences/{key}/restore", s.sequenceRestore)
	page("POST /sequences/{key}/clone", s.sequenceClone)
	page("POST /sequences/{key}/archive", s.sequenceArchive)
	page("POST /sequences/{key}/share", s.sequenceShare)
	page("POST /sequences/{key}/winner", s.sequenceWinner)
	page("GET /enrollments/{id}/place", s.placeShow)
	page("POST /enrollments/{id}/place", s.place)
	page("POST /sequences/save", s.sequenceSave)
	page("POST /sequences/lint", s.sequenceLint)
	page("POST /lint", s.textLint)
}

// accountRoutes are the mailboxes and numbers we send from.
func (s *site) accountRoutes(page register) {
	page("GET /accounts/oauth/{provider}/start", s.oauthStart)
	page("GET /accounts/oauth/{provider}/callback", s.oauthCallback)
	page("GET /accounts", s.accounts)
	page("GET /accounts/new", s.mailboxNew)
	page("POST /accounts/mailbox", s.mailboxSave)
	page("GET /accounts/twilio", s.twilioNew)
	page("POST /accounts/twilio", s.twilioSave)
	page("POST /accounts/phone", s.phoneSave)
	page("POST /accounts/address", s.postalSave)
	page("GET /accounts/{id}", s.accountShow)
	page("GET /accounts/{id}/edit", s.mailboxEdit)
	page("POST /accounts/{id}/check", s.accountCheck)
	page("POST /accounts/{id}/test", s.accountTest)
	page("POST /accounts/{id}/hooks", s.accountHooks)
	page("POST /accounts/{id}/start", s.accountStart)
	page("POST /accounts/{id}/stop", s.accountStop)
	page("POST /accounts/{id}/limits", s.accountLimits)
	page("POST /accounts/{id}/desk", s.accountDesk)
}

// teamRoutes are the people who work here and the engine they look after.
func (s *site) teamRoutes(page register) {
	page("GET /scheduler", s.schedulerShow)
	page("POST /scheduler/pause", s.pauseAll)
	page("POST /scheduler/resume", s.resumeAll)
	page("GET /attention", s.attention)
	page("POST /attention", s.attentionDo)
	page("GET /audit", s.audit)
	page("GET /audit/export", s.auditExport)
	page("GET /settings", s.settingsShow)
	page("POST /settings/{section}", s.settingsSave)
	page("GET /settings/rules", s.rulesShow)
	page("POST /settings/rules", s.ruleSave)
	page("POST /settings/rules/caps", s.capsSave)
	page("POST /settings/rules/list", s.listImport)
	page("GET /team", s.team)
	page("POST /team", s.teamAdd)
	page("POST /teams", s.teamSave)
	page("POST /teams/{id}", s.teamSave)
	page("POST /leaves/{id}/end", s.leaveEnd)
	page("GET /team/{id}", s.memberShow)
	page("POST /team/{id}", s.memberChange)
	page("POST /team/{id}/team", s.memberTeam)
	page("POST /team/{id}/link", s.memberLink)
	page("POST /team/{id}/sign-out", s.memberSignOut)
	page("POST /team/{id}/factor", s.memberFactor)
	page("POST /team/{id}/leave", s.memberLeave)
	page("POST /team/{id}/left", s.memberLeft)
	page("POST /team/{id}/back", s.memberBack)
	page("GET /you", s.youShow)
	page("POST /you/password", s.youPassword)
	page("POST /you/sign-out", s.youSignOut)
	page("POST /you/factor", s.youFactor)
	page("POST /you/factor/confirm", s.youFactorConfirm)
	page("POST /you/factor/remove", s.youFactorRemove)
	page("GET /you/factor.svg", s.factorImage)
}
