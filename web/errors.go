package web

import (
	"context"
	"errors"
	"net/http"

	"followup/models"
)

var errPanic = errors.New("the page failed")

// statusOf is the one place where an error becomes an HTTP status.
func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	var moved *models.TransitionError
	if errors.As(err, &moved) {
		return http.StatusConflict
	}
	switch models.CodeOf(err) {
	case models.CodeInvalid:
		return http.StatusUnprocessableEntity
	case models.CodeNotFound:
		return http.StatusNotFound
	case models.CodeConflict:
		return http.StatusConflict
	case models.CodeForbidden:
		return http.StatusForbidden
	case models.CodeRefused:
		return http.StatusUnprocessableEntity
	case models.CodeUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// messageOf is what may be shown of an error; "" where it is our own fault.
func messageOf(err error) string {
	var moved *models.TransitionError
	if errors.As(err, &moved) {
		return "Somebody or something else changed this " + moved.Thing + " first: it is " + plain(moved.From) + " now. Look at it again before you go on."
	}
	var e *models.Error
	if errors.As(err, &e) {
		return sentence(e.Message)
	}
	if statusOf(err) == http.StatusRequestEntityTooLarge {
		return "That is more than a form may hold (1 MB). Shorten the text and send it again."
	}
	return ""
}

// fieldOf is the form's field at fault.
func fieldOf(err error) string {
	var e *models.Error
	if errors.As(err, &e) {
		return e.Field
	}
	return ""
}

type errorPage struct {
	page
	Status    int
	Heading   string
	Message   string
	RequestID string
}

func headingOf(status int) string {
	switch status {
	case http.StatusNotFound:
		return "Not found"
	case http.StatusForbidden:
		return "Not permitted"
	case http.StatusConflict:
		return "Changed by somebody else"
	case http.StatusTooManyRequests:
		return "Too many attempts"
	case http.StatusServiceUnavailable:
		return "Not available just now"
	case http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusBadRequest:
		return "That did not work"
	}
	return "Something broke on our side"
}

func (s *site) newErrorPage(r *http.Request, p page, err error) errorPage {
	status := statusOf(err)
	e := errorPage{page: p, Status: status, Heading: headingOf(status), Message: messageOf(err), RequestID: requestID(r)}
	e.Title = e.Heading
	if e.Message == "" {
		e.Message = "Nothing of what you entered was changed halfway. Try again; if it happens again, give an admin the number below: it leads to the entry in the log."
	}
	return e
}

// fail shows an error as a page inside the application.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.logFailure(r, err)
	if begun(w) {
		return // a part of the answer has left: a page behind it would be rubbish
	}
	s.showError(w, s.newErrorPage(r, s.page(r, "", ""), err))
}

// failPlain shows it to somebody who is not signed in, without touching the
// database or the session.
func (s *site) failPlain(w http.ResponseWriter, r *http.Request, err error) {
	s.logFailure(r, err)
	if begun(w) {
		return
	}
	s.showError(w, s.newErrorPage(r, s.bare(r, ""), err))
}

// showError writes the page; where even that fails, the log is all there is.
func (s *site) showError(w http.ResponseWriter, e errorPage) {
	if err := s.views.render(w, e.Status, "error", e); err != nil {
		s.Log.Error("the error page could not be shown", "error", err)
	}
}

func (s *site) logFailure(r *http.Request, err error) {
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return // the reader has left; nothing failed
	}
	if statusOf(err) >= 500 {
		s.Log.Error("request failed", "id", requestID(r), "path", logPath(r), "error", err)
	}
}

func (s *site) notFound(w http.ResponseWriter, r *http.Request) error {
	return models.Errorf(models.CodeNotFound, "There is no page at this address. It may be mistyped, or what it showed was removed.")
}

func (s *site) crossOrigin(w http.ResponseWriter, r *http.Request) error {
	return models.Errorf(models.CodeForbidden, "This form was sent from another site, so nothing was done. Open the page here and send it again.")
}
