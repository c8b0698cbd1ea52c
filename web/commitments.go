package web

// promiseRoutes are the board of promises and the page on which one says when
// customers may book.
func (s *site) promiseRoutes(page register) {
	page("GET /commitments", s.commitments)
	page("GET /commitments/{id}", s.commitmentShow)
	page("POST /commitments/{id}/postpone", s.commitmentPostpone)
	page("POST /commitments/{id}/say", s.commitmentSay)
	page("POST /commitments/{id}/cohort", s.commitmentCohort)
	page("POST /commitments/{id}/suggest", s.commitmentSuggest)
	page("POST /prospects/{id}/next-step", s.nextStep)
	page("GET /me/booking", s.bookingSettings)
	page("POST /me/booking", s.bookingSettingsSave)
}
