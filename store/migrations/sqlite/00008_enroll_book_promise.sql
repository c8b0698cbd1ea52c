-- +goose Up
-- Work on many people at once: enrolling a selection, importing a file. It
-- goes on in the background and survives its page and its process.
CREATE TABLE batches (
    id integer PRIMARY KEY AUTOINCREMENT,
    kind text NOT NULL,
    state text NOT NULL,
    user_id bigint NOT NULL REFERENCES users,
    name text NOT NULL DEFAULT '',
    sequence_id bigint REFERENCES sequences,
    source_id bigint REFERENCES batches,
    options text,
    content blob,
    total integer NOT NULL DEFAULT 0,
    done integer NOT NULL DEFAULT 0,
    refused integer NOT NULL DEFAULT 0,
    error text NOT NULL DEFAULT '',
    form_token text,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    started_at datetime,
    ended_at datetime
);
CREATE UNIQUE INDEX batches_form_once ON batches (form_token);
CREATE INDEX batches_working ON batches (id) WHERE state IN ('checking', 'running');
CREATE INDEX batches_user ON batches (user_id, id);

CREATE TABLE batch_rows (
    id integer PRIMARY KEY AUTOINCREMENT,
    batch_id bigint NOT NULL REFERENCES batches,
    place integer NOT NULL,
    prospect_id bigint REFERENCES prospects,
    name text NOT NULL DEFAULT '',
    state text NOT NULL,
    reason text NOT NULL DEFAULT '',
    updated_at datetime NOT NULL
);
CREATE UNIQUE INDEX batch_rows_once ON batch_rows (batch_id, place);
CREATE INDEX batch_rows_state ON batch_rows (batch_id, state, place);
CREATE INDEX batch_rows_prospect ON batch_rows (prospect_id) WHERE prospect_id IS NOT NULL;

-- When customers may book a call with a user; its row is the lock of all
-- bookings that come by a link.
CREATE TABLE booking_pages (
    user_id bigint PRIMARY KEY REFERENCES users,
    closed boolean NOT NULL DEFAULT FALSE,
    minutes integer NOT NULL DEFAULT 30,
    buffer_minutes integer NOT NULL DEFAULT 0,
    notice_hours integer NOT NULL DEFAULT 0,
    days_ahead integer NOT NULL DEFAULT 0,
    hours text,
    calendar_sealed blob,
    calendar_busy text,
    calendar_read_at datetime,
    calendar_error text NOT NULL DEFAULT '',
    sequence_id bigint REFERENCES sequences,
    revision bigint NOT NULL DEFAULT 0,
    updated_at datetime NOT NULL
);

-- A form sent twice finds what the first made.
ALTER TABLE appointments ADD COLUMN form_token text;
CREATE UNIQUE INDEX appointments_form_once ON appointments (form_token);
CREATE INDEX appointments_rep ON appointments (rep_id, starts_at) WHERE state = 'booked';
ALTER TABLE commitments ADD COLUMN form_token text;
CREATE UNIQUE INDEX commitments_form_once ON commitments (form_token);
-- The call on the day it is due; set once.
ALTER TABLE commitments ADD COLUMN call_task_id bigint REFERENCES tasks;
CREATE INDEX commitments_due ON commitments (due_on, id) WHERE state = 'open' AND call_task_id IS NULL;
CREATE INDEX commitments_rep ON commitments (rep_id, due_on, id) WHERE state = 'open';
CREATE INDEX commitments_closed ON commitments (closed_at, id) WHERE state <> 'open';
-- People with nothing ahead of them, the oldest first.
CREATE INDEX prospects_no_next ON prospects (owner_id, id) WHERE next_touch_at IS NULL AND merged_into IS NULL AND erased_at IS NULL;
