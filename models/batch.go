package models

import "time"

// BatchKind is what a batch does to many.
type BatchKind string

const (
	BatchEnroll BatchKind = "enroll" // people into a sequence
	BatchImport BatchKind = "import" // a file's rows into prospects
)

// BatchState of work on many.
type BatchState string

const (
	BatchDraft    BatchState = "draft"    // entered when made; left when what it needs was chosen: the sequence, the columns
	BatchChecking BatchState = "checking" // every row is looked at; nothing is changed
	BatchChecked  BatchState = "checked"  // entered when all were looked at; a person says go
	BatchRunning  BatchState = "running"  // entered by a person; left at the last row
	BatchDone     BatchState = "done"
	BatchCanceled BatchState = "canceled" // entered by a person; what was done stays
	BatchFailed   BatchState = "failed"   // nothing more can be done with it; Error says why
)

// Working tells whether the background has something to do for it.
func (s BatchState) Working() bool { return s == BatchChecking || s == BatchRunning }

// Ended tells whether nothing more happens to it.
func (s BatchState) Ended() bool { return s == BatchDone || s == BatchCanceled || s == BatchFailed }

var batchMoves = map[BatchState][]BatchState{
	BatchDraft:    {BatchChecking, BatchCanceled, BatchFailed},
	BatchChecking: {BatchChecked, BatchDraft, BatchCanceled, BatchFailed},
	BatchChecked:  {BatchRunning, BatchChecking, BatchDraft, BatchCanceled},
	BatchRunning:  {BatchDone, BatchCanceled, BatchFailed},
}

// Batch is work on many people that goes on in the background.
type Batch struct {
	ID         int64 `gorm:"primaryKey"`
	Kind       BatchKind
	State      BatchState
	UserID     int64        // who began it and for whom it is done
	Name       string       // what was chosen: a file's name, a filter, "12 people"
	SequenceID *int64       // enroll
	SourceID   *int64       // enroll: the import whose people these are
	Options    BatchOptions `gorm:"serializer:json"`
	Content    []byte       // import: the file, until it is worked through
	Total      int
	Done       int // rows looked at, or worked through, in the present state
	Refused    int // of those
	Error      string
	FormToken  *string
	CreatedAt  time.Time
	UpdatedAt  time.Time
	StartedAt  *time.Time // when a person said go
	EndedAt    *time.Time
}

// BatchOptions are what a person chose for all rows.
type BatchOptions struct {
	RepID int64 `json:"rep_id,omitempty"` // enroll: who runs it; 0: each one's owner
	// TalkingPointID is the reason of the library for which they are enrolled.
	TalkingPointID *int64            `json:"talking_point_id,omitempty"`
	OwnerID        int64             `json:"owner_id,omitempty"`
	Consent        ConsentBasis      `json:"consent,omitempty"`
	ConsentSource  string            `json:"consent_source,omitempty"`
	Country        string            `json:"country,omitempty"`
	Mapping        map[string]string `json:"mapping,omitempty"` // column → field
	// CallZone is what the times of calls in a file are in; "": each person's own.
	CallZone string `json:"call_zone,omitempty"`
	// BookCalls books the calls that the rows name: the sequence hangs on one.
	BookCalls bool `json:"book_calls,omitempty"`
}

// Move changes the state where the machine allows it.
func (b *Batch) Move(to BatchState, now time.Time) error {
	for _, ok := range batchMoves[b.State] {
		if ok != to {
			continue
		}
		b.State, b.UpdatedAt = to, now
		if to == BatchRunning {
			b.StartedAt = &now
		}
		if to.Ended() {
			b.EndedAt, b.Content = &now, nil
		}
		return nil
	}
	return &TransitionError{Thing: string(b.Kind), ID: b.ID, From: string(b.State), To: string(to)}
}

// RowState is what became of one of a batch.
type RowState string

const (
	RowPending RowState = "pending"
	RowReady   RowState = "ready"   // it can be done
	RowRefused RowState = "refused" // it cannot; Reason says why
	RowDone    RowState = "done"
	// RowWarned is no state but asks for the rows that say what to look at.
	RowWarned RowState = "warned"
)

// CallMinutes is the planned length of a booked call where nobody says another.
const CallMinutes = 30

// Overlap is another call of a rep in the time of one that is to be booked.
type Overlap struct {
	RowID  int64 // of the batch; 0: the call of a single person
	Rep    User
	With   string
	Call   Interval
	Booked bool // it stands; otherwise the same batch would book it
}

// BatchRow is one of a batch: a person, or a line of a file.
type BatchRow struct {
	ID         int64 `gorm:"primaryKey"`
	BatchID    int64
	Place      int    // its order, or its line in the file
	ProspectID *int64 // nil: a line that is nobody yet
	Name       string
	State      RowState
	Reason     string     // in words: why not, or what was done
	CallAt     *time.Time // the booked call that its line names
	CallZone   string     // the person's zone, which CallAt is also shown in
	Warning    string     // in words: what a person should look at before it is done
	UpdatedAt  time.Time
}
