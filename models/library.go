package models

import (
	"strings"
	"time"
)

// LibraryState of an entry of the shared library.
type LibraryState string

const (
	LibraryDraft     LibraryState = "draft"     // entered by a rep's proposal or a manager who takes it back; offered to nobody
	LibraryPublished LibraryState = "published" // entered by a manager: it is offered
)

// TalkingPointKinds in the order in which they are offered.
var TalkingPointKinds = []string{"industry_news", "new_policy", "new_regime", "new_capability", "new_you"}

// ObjectionKinds in the order in which they are offered.
var ObjectionKinds = []string{"price", "timing", "authority", "need", "trust", "other"}

// AnswersLost, among what a talking point answers, means people whom we lost.
const AnswersLost = "lost"

// Permission to tell a client's story.
type Permission string

const (
	PermissionNone      Permission = ""          // not asked, or refused: it is told to nobody
	PermissionAnonymous Permission = "anonymous" // without the client's name
	PermissionNamed     Permission = "named"
)

// Valid tells whether p is one of the permissions.
func (p Permission) Valid() bool {
	return p == PermissionNone || p == PermissionAnonymous || p == PermissionNamed
}

// Story is what a client had before, has now, and how many days lay between.
type Story struct {
	ID             int64 `gorm:"primaryKey"`
	Title          string
	Client         string // told only with PermissionNamed
	BeforeText     string
	AfterText      string
	Days           int
	Permission     Permission
	PermissionNote string   // who gave it, when, and for what
	Answers        []string `gorm:"serializer:json"` // kinds of objection
	State          LibraryState
	OwnerID        *int64
	Revision       int64
	CreatedAt      time.Time
	UpdatedAt      time.Time
	RetiredAt      *time.Time
}

// Teller is whom the story may be told of.
func (s Story) Teller() string {
	if s.Permission == PermissionNamed && s.Client != "" {
		return s.Client
	}
	return "a client of ours"
}

// Suggestion is an idea of use to somebody with an obstacle, given at most
// once to one prospect.
type Suggestion struct {
	ID        int64 `gorm:"primaryKey"`
	Text      string
	Obstacle  string // a kind of objection that it helps with; "": anybody's
	Words     string // separated by commas: it fits an obstacle in which one of them stands
	State     LibraryState
	OwnerID   *int64
	Revision  int64
	CreatedAt time.Time
	UpdatedAt time.Time
	RetiredAt *time.Time
}

// SuggestionUse says that a prospect was given a suggestion; at most one row
// for each pair.
type SuggestionUse struct {
	ID           int64 `gorm:"primaryKey"`
	SuggestionID int64
	ProspectID   int64
	UserID       *int64
	TouchID      *int64
	TaskID       *int64
	GivenAt      time.Time
}

// Snippet is a text to put into an answer. OwnerID nil: everybody's.
type Snippet struct {
	ID        int64 `gorm:"primaryKey"`
	OwnerID   *int64
	Name      string // what is typed after the slash
	Text      string
	State     LibraryState
	Revision  int64
	CreatedBy *int64
	CreatedAt time.Time
	UpdatedAt time.Time
	RetiredAt *time.Time
}

// VoicemailScript is what a voicemail says, and its recording where there is one.
type VoicemailScript struct {
	ID          int64 `gorm:"primaryKey"`
	Name        string
	Text        string
	RecordingID *int64 // the one in use
	State       LibraryState
	OwnerID     *int64
	Revision    int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
	RetiredAt   *time.Time
}

// Recording is a script as it was spoken. It never changes.
type Recording struct {
	ID          int64 `gorm:"primaryKey"`
	ScriptID    int64
	Token       string // opaque: whoever has it may listen, as the provider must
	ContentType string
	Millis      int // how long it plays
	Size        int
	Content     []byte
	CreatedAt   time.Time
	CreatedBy   *int64
}

// AnswersAny tells whether one of the words, which commas separate, stands in
// one of the texts.
func AnswersAny(words string, texts ...string) bool {
	for word := range strings.SplitSeq(strings.ToLower(words), ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		for _, text := range texts {
			if strings.Contains(strings.ToLower(text), word) {
				return true
			}
		}
	}
	return false
}
