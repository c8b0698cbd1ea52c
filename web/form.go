package web

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"followup/models"
)

// form is what was typed, with what is wrong with it.
type form struct {
	Values  url.Values
	Errors  map[string]string // by field
	General string            // what belongs to no field
}

func newForm() form { return form{Values: url.Values{}, Errors: map[string]string{}} }

func parseForm(r *http.Request) (form, error) {
	read := r.ParseForm
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		read = func() error { return r.ParseMultipartForm(maxBody) } //nolint:gosec // G120: limitBody bounds every request
	}
	if err := read(); err != nil {
		if status := statusOf(err); status != http.StatusInternalServerError {
			return newForm(), err
		}
		return newForm(), models.Errorf(models.CodeInvalid, "The form arrived damaged. Go back and send it again.")
	}
	return form{Values: r.PostForm, Errors: map[string]string{}}, nil
}

// Get is a field's text without spaces around it.
func (f form) Get(name string) string { return strings.TrimSpace(f.Values.Get(name)) }

// Err is what is wrong with a field.
func (f form) Err(name string) string { return f.Errors[name] }

// Failed tells whether there is anything to mend.
func (f form) Failed() bool { return len(f.Errors) > 0 || f.General != "" }

func (f form) int64(name string) int64 {
	n, _ := strconv.ParseInt(f.Get(name), 10, 64)
	return n
}

func (f form) ptr(name string) *int64 {
	if n := f.int64(name); n != 0 {
		return &n
	}
	return nil
}

// take puts an error beside the field it is about; names maps the services'
// field names to the form's. It gives back what is not for the form: failures
// of our own, and things that are not there.
func (f *form) take(err error, known ...string) error {
	switch statusOf(err) {
	case http.StatusUnprocessableEntity, http.StatusConflict:
	default:
		return err
	}
	field := fieldOf(err)
	for _, k := range known {
		if k == field {
			f.Errors[field] = messageOf(err)
			return nil
		}
	}
	f.General = messageOf(err)
	if field != "" && f.General != "" {
		f.General = sentence(plain(field)) + ": " + f.General
	}
	return nil
}

// newToken makes the token by which a form's second submission finds the first.
func newToken() string { return rand.Text() }

// tokenOf is the form's token, where it has one.
func tokenOf(f form) *string {
	if token := f.Get("form_token"); token != "" {
		return &token
	}
	return nil
}
