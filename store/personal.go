package store

// What the database holds of a person: read by an export, blanked or dropped
// by an erasure (GDPR art. 15, 17 and 20; CCPA 1798.105, 1798.110). A test
// walks the schema: a table or a column of free text that is neither here nor
// in the list below fails it.

// personal is one table's part.
type personal struct {
	table string
	// of selects a person's rows; ? is the person's id, as often as it stands.
	of string
	// drop deletes the rows; otherwise the columns in blank get their values.
	drop  bool
	blank map[string]any
}

const (
	ofProspect = "prospect_id = ?"
	ofMessages = "message_id IN (SELECT id FROM messages WHERE prospect_id = ?)"
	// tombstone is shown where a name was.
	tombstone = "Erased"
)

// nothing are the values of a blanked column, by what it holds.
func texts(columns ...string) map[string]any {
	blank := map[string]any{}
	for _, c := range columns {
		blank[c] = ""
	}
	return blank
}

func with(blank map[string]any, column string, value any) map[string]any {
	blank[column] = value
	return blank
}

// personalTables in the order in which they are erased: what is found through
// another table comes before that is blanked.
var personalTables = []personal{
	{table: "inbounds", of: "id IN (SELECT inbound_id FROM messages WHERE prospect_id = ?)", blank: with(texts("content_file", "error", "from_address"), "content", nil)},
	{table: "kept_media", of: ofMessages, drop: true},
	{table: "receipts", of: ofMessages, blank: texts("detail")},
	{table: "link_opens", of: ofProspect, drop: true},
	{table: "messages", of: ofProspect, blank: with(with(texts("from_address", "from_name", "to_address", "to_name", "subject", "text", "html", "visible",
		"class_why", "error_detail"), "media", nil), "references", nil)},
	{table: "touches", of: ofProspect, blank: with(texts("hold_detail", "end_detail", "why"), "draft", nil)},
	{table: "tasks", of: ofProspect, blank: with(with(texts("detail", "notes", "hand_over_note"), "title", tombstone), "prep", nil)},
	{table: "enrollments", of: ofProspect, blank: map[string]any{"variables": nil}},
	{table: "appointments", of: ofProspect, blank: texts("title", "note")},
	{table: "commitments", of: ofProspect, blank: texts("outcome", "value", "words", "cost_per_day", "cause")},
	{table: "call_cards", of: ofProspect, drop: true},
	{table: "call_reviews", of: ofProspect, blank: texts("notes", "objection_words", "promise", "promise_value", "promise_words", "next_what")},
	{table: "dials", of: ofProspect, blank: texts("number", "detail", "asked")},
	{table: "objections", of: ofProspect, blank: texts("words")},
	{table: "discoveries", of: ofProspect, drop: true},
	{table: "consents", of: ofProspect, blank: texts("source", "text_shown", "proof")},
	{table: "answer_drafts", of: ofProspect, drop: true},
	{table: "answer_files", of: ofProspect, drop: true},
	{table: "batch_rows", of: ofProspect, blank: texts("name", "reason", "warning")},
	{table: "notifications", of: ofProspect, blank: texts("title", "text", "html", "detail")},
	{table: "prospect_edits", of: ofProspect, drop: true},
	{table: "prospect_words", of: ofProspect, drop: true},
	{table: "suppressions", of: ofProspect},
	{table: "conversations", of: ofProspect},
	{table: "pursuits", of: ofProspect},
	{table: "talking_point_uses", of: ofProspect},
	{table: "suggestion_uses", of: ofProspect},
	{table: "pauses", of: "enrollment_id IN (SELECT id FROM enrollments WHERE prospect_id = ?)"},
	{table: "events", of: ofProspect},
	// An address gives way to one that no address can be: it is unique for its person.
	{table: "contact_points", of: ofProspect, blank: with(texts("label", "last_result"), "invalid_reason", "erased")},
	{table: "merges", of: "? IN (keep_id, drop_id)", blank: map[string]any{"before_merge": nil}},
	{table: "prospects", of: "id = ?", blank: with(with(texts("first_name", "title", "region", "notes", "locale"), "last_name", tombstone), "custom", nil)},
}

// impersonalTables hold nothing of a customer; of the others the columns in
// impersonalColumns are ids, codes, states and dates.
var impersonalTables = []string{
	"booking_pages", "companies", "company_holds", "day_counts", "dismissals", "duplicates", "epochs", "goose_db_version", "handovers", "insight_cells",
	"insight_marks", "insight_moves", "insight_people", "insight_steps", "insight_teams", "job_runs", "leases", "leaves", "library_drafts", "provider_turns", "recordings", "replicas", "saved_filters",
	"second_factors", "sender_days", "senders", "sequence_versions", "sequences", "sessions", "settings", "sign_ins", "snippets", "stories", "suggestions",
	"suppression_lists", "talking_points", "tally_marks", "teams", "user_tokens", "users", "version_moves", "voicemail_scripts",
	// Its file of an import goes by age: retention.go.
	"batches",
}

var impersonalColumns = []string{
	"actor", "answered_by", "appointment_revision", "as_of", "asked", "basis", "by", "booked_by", "channel", "class", "closed_by", "code", "country", "data",
	"due_on", "end_reason", "ended_by", "enrolled_by", "error_code", "failed_on", "field", "folder", "form_token", "frozen", "go_on_at", "hold_reason", "id",
	"in_reply_to", "kind", "last_channel", "last_counted_on", "last_written", "lifted_by", "mail_id", "mark", "moved", "name", "next_at", "objection", "occurrence", "outcome", "promise_date",
	"provider", "provider_id", "purpose", "reason", "recorded_by", "rep_number", "replica", "return_date", "scope", "source", "state", "status",
	"step_key", "token", "undone_by", "validity", "value", "variant", "zone", "call_zone", "about", "way", "href", "to_address", "direction",
}
