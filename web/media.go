package web

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"followup/channels"
	"followup/models"
	"followup/replies"
)

// mediaView is a picture or a recording as a conversation shows it: by our
// own address, never by the provider's.
type mediaView struct {
	URL, Name string
	Recording bool
	Ours      bool // it left with a message of ours
}

func viewMedia(m models.Message) []mediaView {
	var all []mediaView
	for i, media := range m.Media {
		v := mediaView{URL: fmt.Sprintf("/messages/%d/media/%d", m.ID, i+1), Name: fmt.Sprintf("Attachment %d", i+1)}
		if media.Name != "" {
			v.Name = media.Name
		}
		v.Ours = media.File != 0
		if media.Seconds > 0 {
			v.Recording, v.Name = true, fmt.Sprintf("Their voicemail, %d:%02d", media.Seconds/60, media.Seconds%60)
		}
		all = append(all, v)
	}
	return all
}

// shownTypes are what a browser may show by itself. Everything else, HTML and
// SVG above all, is given as a file to keep: it must not act on our pages.
var shownTypes = map[string]bool{
	"image/jpeg": true, "image/png": true, "image/gif": true, "image/webp": true,
	"audio/mpeg": true, "audio/wav": true, "audio/x-wav": true, "audio/ogg": true, "audio/mp4": true, "audio/amr": true, "video/mp4": true, "video/3gpp": true,
}

// mediaShow gives what a customer sent: from here, or, before it was fetched,
// from its provider with the sender's credentials.
func (s *site) mediaShow(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(r.PathValue("n"))
	m, sender, err := s.Store.MessageWithSender(r.Context(), id)
	if err != nil {
		return err
	}
	if m.ProspectID != nil {
		if err := s.mayRead(r, m, sender); err != nil {
			return err
		}
	}
	if n < 1 || n > len(m.Media) {
		return models.Errorf(models.CodeNotFound, "The message has no such attachment.")
	}
	if m.Media[n-1].Part > 0 && m.InboundID != nil && s.mayOpen(r, m, sender) {
		return s.attachmentShow(w, r, m, m.Media[n-1])
	}
	if !s.mayOpen(r, m, sender) {
		return models.Errorf(models.CodeForbidden, "This message came to a colleague’s own %s.", sender.Address)
	}
	if kept, err := s.Store.KeptMedia(r.Context(), m.ID, n-1); err != nil || kept != nil {
		if err != nil {
			return err
		}
		serveMedia(w, r, channels.MediaContent{Type: kept.Type, Body: kept.Content}, n)
		return nil
	}
	if sender == nil {
		return models.Errorf(models.CodeNotFound, "The account that this came to is not known any more, so it cannot be fetched.")
	}
	fetcher := s.Channels.MediaFetcher(*sender)
	if fetcher == nil {
		return models.Errorf(models.CodeNotFound, "Nothing here can fetch attachments from %s.", sender.Provider)
	}
	got, err := fetcher.FetchMedia(r.Context(), *sender, m.Media[n-1])
	if err != nil {
		var told *models.Error
		if errors.As(err, &told) {
			return err
		}
		return &models.Error{Code: models.CodeUnavailable, Err: err, Message: "The provider did not give it just now. Try again in a minute."}
	}
	serveMedia(w, r, got, n)
	return nil
}

// mayOpen: what nobody is matched to yet came to somebody's own account.
func (s *site) mayOpen(r *http.Request, m models.Message, sender *models.Sender) bool {
	u := s.unmatchedOf(r)
	return u == 0 || m.ProspectID != nil || sender == nil || sender.OwnerID == nil || *sender.OwnerID == u
}

// attachmentShow gives what came with an email as a file to keep, whatever it
// says that it is: nothing of it may act in the browser.
func (s *site) attachmentShow(w http.ResponseWriter, r *http.Request, m models.Message, media models.Media) error {
	raw, err := s.Store.ViewRaw(r.Context(), *m.InboundID)
	if err != nil {
		return err
	}
	content, there := replies.Attached(raw.Content, media.Part)
	if !there {
		return models.Errorf(models.CodeNotFound, "The message has no such attachment.")
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(media.Name)}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=3600")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	return nil
}

// fileName leaves of a name what every system can keep a file under.
func fileName(name string) string {
	name = strings.TrimLeft(strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_")), ". ")
	if name == "" {
		return "attachment"
	}
	return name
}

func serveMedia(w http.ResponseWriter, r *http.Request, got channels.MediaContent, n int) {
	h := w.Header()
	kind, how := "application/octet-stream", "attachment"
	if shownTypes[got.Type] {
		kind, how = got.Type, "inline"
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", fmt.Sprintf(`%s; filename="attachment-%d"`, how, n))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=3600")
	// ServeContent answers the ranges by which a player jumps.
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(got.Body))
}
