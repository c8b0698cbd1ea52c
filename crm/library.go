package crm

import (
	"bytes"
	"context"
	"crypto/rand"
	"strings"
	"time"
	"unicode/utf8"

	"followup/models"
)

// What entries of the library may hold.
const (
	maxEntryText = 2000
	maxEntryLine = 200
	maxStoryDays = 3650
	// MaxRecording bounds an uploaded recording: three minutes of a voicemail
	// at a telephone's quality stay far below.
	MaxRecording = 8 << 20
	// A voicemail of more than a minute and a half is not heard to its end.
	minRecording = time.Second
	maxRecording = 90 * time.Second
)

// entryText trims a text and bounds it.
func entryText(field, text string, max int, required bool) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch {
	case required && text == "":
		return "", models.Invalid(field, "write it down first; it is empty")
	case utf8.RuneCountInString(text) > max:
		return "", models.Invalid(field, "has %d characters; at most %d fit", utf8.RuneCountInString(text), max)
	case strings.ContainsRune(text, 0) || !utf8.ValidString(text):
		return "", models.Invalid(field, "holds characters that are no text; type it again")
	}
	return text, nil
}

// check bounds several texts and stops at the first that does not fit.
type entryField struct {
	name     string
	text     *string
	max      int
	required bool
}

func checkFields(fields ...entryField) error {
	for _, f := range fields {
		text, err := entryText(f.name, *f.text, f.max, f.required)
		if err != nil {
			return err
		}
		*f.text = text
	}
	return nil
}

func oneOf(field, value string, known []string, what string) error {
	for _, k := range known {
		if k == value {
			return nil
		}
	}
	return models.Invalid(field, "%q is no %s; choose one of the list", value, what)
}

// answerable are what an entry may answer.
func checkAnswers(answers []string) error {
	known := append([]string{models.AnswersLost}, models.ObjectionKinds...)
	for _, a := range answers {
		if err := oneOf("answers", a, known, "objection"); err != nil {
			return err
		}
	}
	return nil
}

// KeepEntryDraft keeps what somebody types over a published entry.
func (s *Service) KeepEntryDraft(ctx context.Context, d models.EntryDraft) error {
	const most = 16 * maxEntryText // of all fields, encoded
	if len(d.Fields) > most {
		return models.Errorf(models.CodeInvalid, "This is too long to be kept as a draft. Shorten it.")
	}
	return s.Store.KeepEntryDraft(ctx, d, s.Clock())
}

// DropEntryDraft forgets it.
func (s *Service) DropEntryDraft(ctx context.Context, userID int64, shelf string, entryID int64) error {
	return s.Store.DropEntryDraft(ctx, userID, shelf, entryID)
}

// SaveTalkingPoint adds a reason for calling or changes one. Its text
// completes "The reason I'm calling is", so those words are taken off.
func (s *Service) SaveTalkingPoint(ctx context.Context, by string, tp models.TalkingPoint) (models.TalkingPoint, error) {
	tp.Text = withoutOpening(tp.Text)
	err := checkFields(entryField{"text", &tp.Text, maxEntryText, true}, entryField{"source", &tp.Source, maxEntryLine, false},
		entryField{"words", &tp.Words, maxEntryLine, false})
	if err == nil {
		err = oneOf("kind", tp.Kind, models.TalkingPointKinds, "kind of reason")
	}
	if err == nil {
		err = checkAnswers(tp.Answers)
	}
	if err == nil && tp.ExpiresOn != "" {
		if _, perr := models.ParseDate(string(tp.ExpiresOn)); perr != nil {
			err = models.Invalid("expires_on", "%q is no date; choose a day", tp.ExpiresOn)
		}
	}
	if err != nil {
		return tp, err
	}
	return s.Store.SaveTalkingPoint(ctx, tp, by, s.Clock())
}

// withoutOpening takes off what every reason begins with.
func withoutOpening(text string) string {
	text = strings.TrimSpace(text)
	for _, opening := range []string{"the reason i'm calling is", "the reason i’m calling is", "the reason i am calling is"} {
		if len(text) >= len(opening) && strings.EqualFold(text[:len(opening)], opening) {
			return strings.TrimLeft(text[len(opening):], " :…._")
		}
	}
	return text
}

// SaveStory adds a client's story or changes one. A published one needs the
// client's permission, and says who gave it.
func (s *Service) SaveStory(ctx context.Context, by string, st models.Story) (models.Story, error) {
	err := checkFields(entryField{"title", &st.Title, maxEntryLine, true}, entryField{"client", &st.Client, maxEntryLine, false},
		entryField{"before", &st.BeforeText, maxEntryText, true}, entryField{"after", &st.AfterText, maxEntryText, true},
		entryField{"permission_note", &st.PermissionNote, maxEntryLine, false})
	if err == nil {
		err = checkAnswers(st.Answers)
	}
	switch {
	case err != nil:
	case !st.Permission.Valid():
		err = models.Invalid("permission", "%q is no permission; choose one of the list", st.Permission)
	case st.Days < 0 || st.Days > maxStoryDays:
		err = models.Invalid("days", "say how many days lay between, from 0 to %d", maxStoryDays)
	case st.State == models.LibraryPublished && st.Permission == models.PermissionNone:
		err = models.Invalid("permission", "a story is told only with the client's permission; ask them, or keep it as a draft")
	case st.State == models.LibraryPublished && st.PermissionNote == "":
		err = models.Invalid("permission_note", "say who gave the permission and when, so that it can be shown")
	case st.Permission == models.PermissionNamed && st.Client == "":
		err = models.Invalid("client", "the story may be told with their name, which is missing")
	}
	if err != nil {
		return st, err
	}
	return s.Store.SaveStory(ctx, st, by, s.Clock())
}

// SaveSuggestion adds a suggestion or changes one.
func (s *Service) SaveSuggestion(ctx context.Context, by string, su models.Suggestion) (models.Suggestion, error) {
	err := checkFields(entryField{"text", &su.Text, maxEntryText, true}, entryField{"words", &su.Words, maxEntryLine, false})
	if err == nil && su.Obstacle != "" {
		err = oneOf("obstacle", su.Obstacle, models.ObjectionKinds, "obstacle")
	}
	if err != nil {
		return su, err
	}
	return s.Store.SaveSuggestion(ctx, su, by, s.Clock())
}

// GiveSuggestion notes that the prospect was given it: they never get it again.
func (s *Service) GiveSuggestion(ctx context.Context, userID int64, use models.SuggestionUse) error {
	use.UserID, use.GivenAt = &userID, s.Clock()
	return s.Store.GiveSuggestion(ctx, use)
}

// SaveSnippet adds a snippet or changes one. Its name is what is typed after
// the slash: one word.
func (s *Service) SaveSnippet(ctx context.Context, by string, sn models.Snippet) (models.Snippet, error) {
	sn.Name = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(sn.Name), "/"))
	err := checkFields(entryField{"name", &sn.Name, 40, true}, entryField{"text", &sn.Text, maxEntryText, true})
	if err == nil && strings.ContainsFunc(sn.Name, func(r rune) bool { return r == '/' || r == ' ' || r == '\t' || r == '\n' }) {
		err = models.Invalid("name", "one word without spaces or slashes, such as %q", "pricing-pdf")
	}
	if err != nil {
		return sn, err
	}
	return s.Store.SaveSnippet(ctx, sn, by, s.Clock())
}

// SaveVoicemailScript adds a script or changes one.
func (s *Service) SaveVoicemailScript(ctx context.Context, by string, v models.VoicemailScript) (models.VoicemailScript, error) {
	err := checkFields(entryField{"name", &v.Name, maxEntryLine, true}, entryField{"text", &v.Text, maxEntryText, true})
	if err != nil {
		return v, err
	}
	return s.Store.SaveVoicemailScript(ctx, v, by, s.Clock())
}

// AddRecording keeps an uploaded WAV or MP3 as a script's recording.
func (s *Service) AddRecording(ctx context.Context, by string, userID, scriptID int64, content []byte) (models.Recording, error) {
	if len(content) == 0 {
		return models.Recording{}, models.Invalid("recording", "choose a WAV or MP3 file first")
	}
	if len(content) > MaxRecording {
		return models.Recording{}, models.Invalid("recording", "the file has %d MB; at most %d MB are kept. Save it as MP3 or with fewer samples", len(content)>>20, MaxRecording>>20)
	}
	kind, length, err := soundOf(content)
	if err != nil {
		return models.Recording{}, err
	}
	switch {
	case length < minRecording:
		return models.Recording{}, models.Invalid("recording", "it plays for less than a second; record it again")
	case length > maxRecording:
		return models.Recording{}, models.Invalid("recording", "it plays for %d seconds; a voicemail of more than %d is not heard to its end. Shorten it", int(length.Seconds()), int(maxRecording.Seconds()))
	}
	return s.Store.AddRecording(ctx, models.Recording{
		ScriptID: scriptID, Token: rand.Text(), ContentType: kind, Millis: int(length.Milliseconds()),
		Size: len(content), Content: bytes.Clone(content), CreatedAt: s.Clock(), CreatedBy: &userID,
	}, by)
}

// MarkReply keeps what the user makes of a reply.
func (s *Service) MarkReply(ctx context.Context, by string, messageID int64, mark models.ReplyMark) error {
	if !mark.Valid() {
		return models.Invalid("mark", "%q is no mark; choose positive, neutral or negative", mark)
	}
	return s.Store.MarkReply(ctx, messageID, mark, by, s.Clock())
}
