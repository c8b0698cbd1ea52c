package web

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"followup/models"
	"followup/replies"
	"followup/store"
	"followup/templates"
)

// snippetView is a snippet filled in for one person; Missing says why it
// cannot be.
type snippetView struct {
	ID      int64
	Name    string
	Text    string
	Missing string
}

// answerPreview is an answer as it would leave.
type answerPreview struct {
	Channel models.ChannelKind
	To      string
	From    string
	Subject string
	Text    string
	Files   []models.AnswerFile
	Leaves  string
	Problem string
}

// equip adds to the answer box what the user has begun: the draft, its files
// and the snippets that can be put in.
func (s *site) equip(r *http.Request, box *answerBox, v store.PersonView) error {
	u := userOf(r)
	d, err := s.Store.Draft(r.Context(), u.ID, v.Prospect.ID)
	if err != nil {
		return err
	}
	box.Draft = d
	if box.Files, err = s.Store.DraftFiles(r.Context(), u.ID, v.Prospect.ID); err != nil {
		return err
	}
	if box.Known, err = s.Store.LastAnswer(r.Context(), v.Prospect.ID); err != nil {
		return err
	}
	box.Snippets, box.MoreSnippets, err = s.snippetsFor(r, v, "")
	return err
}

// fillFrom puts the kept draft into a box that shows no refused form.
func (box *answerBox) fillFrom(d models.AnswerDraft) {
	if d.Empty() {
		return
	}
	box.Form.Values = url.Values{"body": {d.Body}}
	if d.Subject != "" {
		box.Form.Values.Set("subject", d.Subject)
	}
	for _, c := range box.Choices {
		if c.Value == d.Channel {
			box.Channel = c.Value
		}
	}
}

// snippetsFor fills in the snippets for a person. One that speaks of what is
// not known of them is shown with what is missing and cannot be put in.
func (s *site) snippetsFor(r *http.Request, v store.PersonView, words string) (all []snippetView, more bool, err error) {
	u := userOf(r)
	snippets, more, err := s.Store.Snippets(r.Context(), u.ID, words)
	if err != nil || len(snippets) == 0 {
		return nil, false, err
	}
	set, err := s.settings(r)
	if err != nil {
		return nil, false, err
	}
	data := templates.Data{Prospect: v.Prospect, Company: v.Company, Rep: u, Discovery: v.Discovery, Settings: set, Now: s.Clock()}
	for _, c := range v.Points {
		switch {
		case !c.Usable():
		case c.Kind == models.ContactEmail && data.Email == "":
			data.Email = c.Value
		case c.Kind == models.ContactPhone && data.Phone == "":
			data.Phone = c.Value
		}
	}
	for i := range v.Appointments {
		if v.Appointments[i].Open() {
			data.Appointment = &v.Appointments[i]
		}
	}
	for i := range v.Commitments {
		if v.Commitments[i].State == models.CommitmentOpen {
			data.Commitment = &v.Commitments[i]
		}
	}
	for _, sn := range snippets {
		view := snippetView{ID: sn.ID, Name: sn.Name}
		if view.Text, err = templates.Render(sn.Text, data); err != nil {
			view.Text, view.Missing = "", "not known: "+missingIn(err)
		}
		all = append(all, view)
	}
	return all, more, nil
}

func missingIn(err error) string {
	if te, ok := err.(*templates.Error); ok && te.Variable != "" { //nolint:errorlint // Render gives it bare
		return plain(strings.TrimPrefix(te.Variable, "prospect."))
	}
	return "something in its text"
}

// snippetInsert puts a snippet behind what is written, for pages without a script.
func (s *site) snippetInsert(w http.ResponseWriter, r *http.Request) error {
	return s.answerStep(w, r, func(v store.PersonView, f form, p *personPage) error {
		words := searched(f.Get("find_snippet"))
		snippets, more, err := s.snippetsFor(r, v, words)
		if err != nil {
			return err
		}
		if words != "" {
			p.Answer.Find, p.Answer.Snippets, p.Answer.MoreSnippets = words, snippets, more
		}
		if f.Get("do") != "" {
			return nil // they are looked for, none is taken yet
		}
		for _, sn := range snippets {
			if sn.ID == f.int64("snippet") && sn.Missing == "" {
				f.Values.Set("body", strings.TrimLeft(f.Get("body")+"\n\n"+sn.Text, "\n"))
			}
		}
		return nil
	})
}

// snippetsFind gives the script the snippets of a long shelf that hold what
// was typed behind the slash.
func (s *site) snippetsFind(w http.ResponseWriter, r *http.Request) error {
	v, err := s.person(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	found, _, err := s.snippetsFor(r, v, searched(q.Get("find")+" "+q.Get("find_snippet")))
	if err != nil {
		return err
	}
	return s.views.fragment(w, "prospect", "snippet-options", found)
}

// answerPreviewShow renders the answer as it would leave: a part of the page
// for a script, the page itself without one.
func (s *site) answerPreviewShow(w http.ResponseWriter, r *http.Request) error {
	if refreshing(r) {
		v, f, err := s.personForm(r)
		if err != nil {
			return err
		}
		return s.views.fragment(w, "prospect", "answer-preview", s.previewOf(r, v, f))
	}
	return s.answerStep(w, r, func(v store.PersonView, f form, p *personPage) error {
		preview := s.previewOf(r, v, f)
		p.Preview = &preview
		return nil
	})
}

func (s *site) previewOf(r *http.Request, v store.PersonView, f form) answerPreview {
	kind, to := answerBy(f.Get("channel"))
	p := answerPreview{Channel: kind, Leaves: "It leaves ten seconds after you send it; until then you can take it back."}
	choices, err := s.Replies.Route(r.Context(), v.Prospect.ID)
	if err != nil {
		p.Problem = messageOf(err)
		return p
	}
	for _, c := range choices {
		if c.Channel != kind || to != 0 && c.ContactPoint.ID != to {
			continue
		}
		p.To = c.ContactPoint.Value
		if c.Sender != nil {
			p.From = c.Sender.Address
		}
		to = c.ContactPoint.ID
		if c.AsCall {
			p.Leaves = "Nothing is sent: a call task is opened with these notes."
		}
		break
	}
	rules, _ := s.Channels.Rules(kind)
	p.Text = f.Get("body")
	if rules.HasSubject {
		p.Subject = f.Get("subject")
		if p.Subject == "" {
			p.Subject = threadSubject(v.Messages)
		}
		if sign := userOf(r).Signature; sign != "" {
			p.Text = strings.TrimRight(p.Text, "\n") + "\n\n" + sign
		}
	}
	p.Text = s.introduced(r, v, kind, to, p.Text)
	if p.Text == "" {
		p.Problem = "Nothing is written yet."
	}
	p.Files, err = s.Store.DraftFiles(r.Context(), userOf(r).ID, v.Prospect.ID)
	if err != nil {
		p.Problem = "The attachments could not be read just now."
	}
	return p
}

// answerStep shows the person's page again with what stands in the answer box.
func (s *site) answerStep(w http.ResponseWriter, r *http.Request, do func(v store.PersonView, f form, p *personPage) error) error {
	v, f, err := s.personForm(r)
	if err != nil {
		return err
	}
	var with personPage
	if err := do(v, f, &with); err != nil {
		return err
	}
	return s.renderPersonWith(w, r, v, http.StatusOK, "answer", f, with)
}

// takeFiles keeps the files of a form, to leave with the answer.
func (s *site) takeFiles(r *http.Request, prospectID int64) error {
	if r.MultipartForm == nil {
		return nil
	}
	for _, head := range r.MultipartForm.File["file"] {
		if head.Size == 0 && head.Filename == "" {
			continue
		}
		file, err := head.Open()
		if err != nil {
			return err
		}
		content, err := io.ReadAll(io.LimitReader(file, replies.MaxAnswerFile+1))
		_ = file.Close()
		if err != nil {
			return err
		}
		_, err = s.Replies.AttachFile(r.Context(), models.AnswerFile{
			ProspectID: prospectID, UserID: userOf(r).ID, Name: head.Filename, Type: fileType(head.Filename, content), Content: content, Token: newToken(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fileType is what the content says, and for what it does not tell the name:
// what the browser claims counts for nothing.
func fileType(name string, content []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(content), ";")
	if kind == "application/octet-stream" || kind == "text/plain" || kind == "application/zip" {
		if byName, _, _ := strings.Cut(mime.TypeByExtension(strings.ToLower(path.Ext(name))), ";"); byName != "" {
			kind = byName
		}
	}
	return kind
}

// fileRemove takes a file away before it leaves.
func (s *site) fileRemove(w http.ResponseWriter, r *http.Request) error {
	id, _ := strconv.ParseInt(r.PathValue("file"), 10, 64)
	return s.answerStep(w, r, func(v store.PersonView, f form, p *personPage) error {
		return s.Replies.DetachFile(r.Context(), id, userOf(r).ID)
	})
}

// fileServe gives a provider what leaves with a message; its token is the key.
func (s *site) fileServe(w http.ResponseWriter, r *http.Request) error {
	f, err := s.Store.AnswerFileByToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	h := w.Header()
	kind := "application/octet-stream"
	if shownTypes[f.Type] {
		kind = f.Type
	}
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(f.Name)}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_, _ = w.Write(f.Content)
	return nil
}
