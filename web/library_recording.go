package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"followup/crm"
	"followup/models"
)

// recordingAdd takes an uploaded recording of a voicemail script.
func (s *site) recordingAdd(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	e, err := s.loadEntry(r.Context(), shelf{Path: "voicemails"}, id)
	if err != nil {
		return err
	}
	u := userOf(r)
	if !mayEdit(e, u) {
		return models.Errorf(models.CodeForbidden, "Only a manager changes what is published. Propose another script, or ask a manager.")
	}
	content, err := uploaded(r, "recording", crm.MaxRecording)
	if err == nil {
		_, err = s.CRM.AddRecording(r.Context(), actorOf(r), u.ID, id, content)
	}
	if err != nil {
		sh, serr := shelfAt("voicemails")
		if serr != nil {
			return serr
		}
		f := newForm()
		f.Values = e.Values
		status := statusOf(err)
		if err := f.take(err, "recording"); err != nil {
			return err
		}
		return s.renderEntry(w, r, status, sh, e, f, nil)
	}
	s.flash(r, "The recording is kept. Listen to it once before it goes out.")
	return redirect(w, r, idPath("/library/voicemails/", id))
}

// uploaded reads one file of a form, up to max bytes.
func uploaded(r *http.Request, field string, max int64) ([]byte, error) {
	file, _, err := r.FormFile(field)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, models.Invalid(field, "choose a file first")
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, models.Invalid(field, "the file is too large; at most %d MB are kept", max>>20)
	}
	if err != nil {
		return nil, models.Invalid(field, "the file arrived damaged; choose it again")
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, max+1))
	if err != nil {
		return nil, fmt.Errorf("read the upload: %w", err)
	}
	return content, nil
}

// recordingPlay plays a recording to a signed-in user.
func (s *site) recordingPlay(w http.ResponseWriter, r *http.Request) error {
	return s.recordingSend(w, r)
}

// recordingPublic plays it to the provider, who calls and has only its
// address: the token in it is 130 bits of chance.
func (s *site) recordingPublic(w http.ResponseWriter, r *http.Request) error {
	return s.recordingSend(w, r)
}

func (s *site) recordingSend(w http.ResponseWriter, r *http.Request) error {
	rec, err := s.Store.RecordingByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", rec.ContentType)
	h.Set("Cache-Control", "private, max-age=31536000, immutable") // a token's sound never changes
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	http.ServeContent(w, r, "", rec.CreatedAt, bytes.NewReader(rec.Content))
	return nil
}
