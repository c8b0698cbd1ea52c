package crm

import (
	"context"
	"time"

	"followup/models"
)

// Store is what people's work by hand needs of the database. Each method is
// one transaction; each writes its events.
type Store interface {
	Upkeep
	TeamStore
	AttentionStore
	PrivacyStore
	// CreateProspect saves a prospect with contact points, consents and
	// company (found by domain or name, else created when company.Name is
	// set). A consent names its point by place: ContactPointID is the index in
	// points plus one.
	CreateProspect(ctx context.Context, p models.Prospect, company *models.Company, points []models.ContactPoint, consents []models.Consent, by string, now time.Time) (models.Prospect, error)
	// UpdateProspect saves the editable fields and contact points if the
	// revision is still p.Revision, else CodeConflict. Points not listed are
	// kept. Enrollments are planned anew where the zone changed.
	UpdateProspect(ctx context.Context, p models.Prospect, company *models.Company, points []models.ContactPoint, by string, now time.Time) (models.Prospect, error)
	// Person loads a prospect with everything decisions look at.
	Person(ctx context.Context, prospectID int64) (models.Person, error)
	// Thread adds what writing to them needs: the owner's senders and the
	// newest messages, at most limit.
	Thread(ctx context.Context, prospectID int64, limit int) (models.Thread, error)
	// FindProspects by exact contact point values: value → prospect id.
	FindProspects(ctx context.Context, values []string) (map[string]int64, error)

	RecordConsent(ctx context.Context, c models.Consent) (models.Consent, error)
	WithdrawConsent(ctx context.Context, consentID int64, by string, now time.Time) error
	// Suppress adds orders and ends what they cover (enrollments of a
	// suppressed person finish opted_out), before it commits.
	Suppress(ctx context.Context, s models.Suppression) (models.Suppression, error)
	LiftSuppression(ctx context.Context, id int64, by string, now time.Time) error
	// LinkOpened notes beside a message that a link of it was opened.
	LinkOpened(ctx context.Context, messageToken, address string, now time.Time) error

	// Book records an appointment at revision 1 with its booked-call touch
	// and its confirmation; MoveAppointment raises the revision, withdraws
	// the old booked call and plans the new one, sends the correction, and
	// replans the enrollment; CancelAppointment withdraws them.
	Book(ctx context.Context, b models.Booking) (models.Appointment, error)
	MoveAppointment(ctx context.Context, id int64, b models.Booking) (models.Appointment, error)
	CancelAppointment(ctx context.Context, id int64, notice *models.Booking, by string, now time.Time) error

	// RepCalls are the calls booked with a rep that touch a span of time.
	RepCalls(ctx context.Context, repID int64, span models.Interval) ([]models.Appointment, error)

	// BookByLink and MoveByLink take one of the times that a user's page
	// offers, under the page's lock.
	BookByLink(ctx context.Context, b models.Booking, loc *time.Location) (models.Appointment, error)
	MoveByLink(ctx context.Context, id int64, b models.Booking, loc *time.Location) (models.Appointment, error)
	BookingPage(ctx context.Context, userID int64) (models.BookingPage, error)
	SaveBookingPage(ctx context.Context, p models.BookingPage, calendar string, keep bool, now time.Time) error
	CalendarAddress(p models.BookingPage) (string, error)
	AcquireLease(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (bool, error)
	CalendarsToRead(ctx context.Context, before time.Time, limit int) ([]models.BookingPage, error)
	CalendarRead(ctx context.Context, p models.BookingPage, busy []models.Interval, why string, now time.Time) error
	// PostponeCommitment gives a promise a new date, with the cause.
	PostponeCommitment(ctx context.Context, id int64, due models.Date, cause, by string, now time.Time) (models.Commitment, error)
	// PlanNote plans a message that a person began and the gate judges as any
	// follow-up; the same form again finds the first.
	PlanNote(ctx context.Context, t models.Touch, by string) (repeat bool, err error)
	PlanCall(ctx context.Context, prospectID, repID int64, at time.Time, why, formToken string, now time.Time) (models.Touch, error)

	// Seen marks a conversation as read.
	Seen(ctx context.Context, prospectID int64, now time.Time) error
	// CloseCall closes a call task, its touch and its appointment, and moves
	// the person's enrollments as their sequences say.
	CloseCall(ctx context.Context, r models.CallResult) (models.Task, error)
	// SaveCallCard and SaveReview keep drafts if nobody changed them since
	// their revisions were read, else CodeConflict.
	SaveCallCard(ctx context.Context, card models.CallCard, now time.Time) (models.CallCard, error)
	SaveReview(ctx context.Context, draft models.CallReview, now time.Time) (models.CallReview, error)
	// FinishReview records a review with what was promised and what comes
	// next, closes its task and lets go what waited for it.
	FinishReview(ctx context.Context, d models.ReviewDone) (models.Task, error)
	// HeardReasons are the reasons for calling that a prospect has heard.
	HeardReasons(ctx context.Context, prospectID int64) ([]models.HeardReason, error)
	// CloseTask closes any other task; a resolve task lifts its needs_attention pause.
	CloseTask(ctx context.Context, taskID int64, to models.TaskState, notes string, by string, now time.Time) (models.Task, error)

	// SnoozeTask puts a task off until a time, nil brings it back; HandOver
	// gives it, its touch and its booked call to another user, who is told.
	SnoozeTask(ctx context.Context, id int64, until *time.Time, by string, now time.Time) (models.Task, error)
	HandOver(ctx context.Context, id, to int64, note, by string, byUser int64, now time.Time) (models.Task, error)

	PauseEnrollment(ctx context.Context, id int64, until *time.Time, by string, now time.Time) error
	ResumeEnrollment(ctx context.Context, id int64, by string, now time.Time) error
	FinishEnrollment(ctx context.Context, id int64, outcome models.EnrollmentOutcome, by string, now time.Time) error

	RecordCommitment(ctx context.Context, c models.Commitment, by string) (models.Commitment, error)
	CloseCommitment(ctx context.Context, id int64, state models.CommitmentState, cause string, by string, now time.Time) error
	SaveDiscovery(ctx context.Context, d models.Discovery, by string, now time.Time) error
	// The library's entries: id 0 adds one, else the revision must be the one that was read.
	KeepEntryDraft(ctx context.Context, d models.EntryDraft, now time.Time) error
	DropEntryDraft(ctx context.Context, userID int64, shelf string, entryID int64) error
	SaveTalkingPoint(ctx context.Context, tp models.TalkingPoint, by string, now time.Time) (models.TalkingPoint, error)
	SaveStory(ctx context.Context, st models.Story, by string, now time.Time) (models.Story, error)
	SaveSuggestion(ctx context.Context, su models.Suggestion, by string, now time.Time) (models.Suggestion, error)
	SaveSnippet(ctx context.Context, sn models.Snippet, by string, now time.Time) (models.Snippet, error)
	SaveVoicemailScript(ctx context.Context, v models.VoicemailScript, by string, now time.Time) (models.VoicemailScript, error)
	// AddRecording keeps a recording and makes it the script's own.
	AddRecording(ctx context.Context, rec models.Recording, by string) (models.Recording, error)
	// GiveSuggestion notes that the prospect was given it; a second time changes nothing.
	GiveSuggestion(ctx context.Context, use models.SuggestionUse) error
	// MarkReply keeps what a person makes of a human reply.
	MarkReply(ctx context.Context, messageID int64, mark models.ReplyMark, by string, now time.Time) error

	SaveUser(ctx context.Context, u models.User, by string, now time.Time) (models.User, error)
	UserByEmail(ctx context.Context, email string) (models.User, error)
	Users(ctx context.Context) ([]models.User, error)
	SaveSender(ctx context.Context, s models.Sender, by string, now time.Time) (models.Sender, error) // by kind and address; encrypts Credentials
	// SenderByAddress finds one of ours with its credentials.
	SenderByAddress(ctx context.Context, address string) (models.Sender, bool, error)
	// SenderOpened loads a sender with its credentials.
	SenderOpened(ctx context.Context, id int64) (models.Sender, error)
	// StartSender and HaltSender let it send again, or keep it from sending;
	// ChangeSender changes what is no secret.
	StartSender(ctx context.Context, id int64, by string, now time.Time) error
	HaltSender(ctx context.Context, id int64, reason models.Reason, detail, by string, now time.Time) error
	ChangeSender(ctx context.Context, id int64, by string, now time.Time, change func(*models.Sender)) error
	// TakeOverFromSandbox gives a real sender what the sandbox would have sent.
	TakeOverFromSandbox(ctx context.Context, to models.Sender, by string, now time.Time) error
	// SavePreferences carries out what a customer chose on their page.
	SavePreferences(ctx context.Context, c models.Preferences) (models.Person, error)
	// ImportSuppressions records a list of those not to be contacted.
	ImportSuppressions(ctx context.Context, list models.SuppressionList, reason models.Reason, channel models.ChannelKind, next func() (models.SuppressionScope, string, bool)) (models.SuppressionList, error)
	Settings(ctx context.Context) (models.Settings, error)
	SaveSettings(ctx context.Context, s models.Settings, by string, now time.Time) error

	SequenceStore

	// SaveSequenceDraft keeps YAML being edited if the revision matches.
	SaveSequenceDraft(ctx context.Context, key, name, source string, revision int64, by *int64, now time.Time) (models.Sequence, error)
	// PublishSequence makes the next immutable version, creating the sequence
	// where its key is new. Publishing what the current version says already
	// gives that version.
	PublishSequence(ctx context.Context, d models.Definition, source, override string, builtin bool, by *int64, now time.Time) (models.SequenceVersion, error)
	SequenceByKey(ctx context.Context, key string) (models.Sequence, error)
}
