-- +goose Up
-- What the rep prepares for one call; a draft until it is spoken. heard_at
-- says that the prospect has heard the reason on it.
CREATE TABLE call_cards (
    task_id bigint PRIMARY KEY REFERENCES tasks,
    prospect_id bigint NOT NULL REFERENCES prospects,
    reason_from text NOT NULL DEFAULT '',
    talking_point_id bigint REFERENCES talking_points,
    reason text NOT NULL DEFAULT '',
    summary text NOT NULL DEFAULT '',
    changed text NOT NULL DEFAULT '',
    question text NOT NULL DEFAULT '',
    revision bigint NOT NULL DEFAULT 0,
    heard_at datetime,
    updated_at datetime NOT NULL,
    updated_by bigint REFERENCES users
);
CREATE INDEX call_cards_heard ON call_cards (prospect_id) WHERE heard_at IS NOT NULL;

-- The minute after a conversation: a draft until finished_at is set.
CREATE TABLE call_reviews (
    id integer PRIMARY KEY AUTOINCREMENT,
    task_id bigint NOT NULL REFERENCES tasks,
    call_task_id bigint NOT NULL REFERENCES tasks,
    prospect_id bigint NOT NULL REFERENCES prospects,
    user_id bigint NOT NULL REFERENCES users,
    notes text NOT NULL DEFAULT '',
    summarised boolean NOT NULL DEFAULT FALSE,
    presumed boolean NOT NULL DEFAULT FALSE,
    asked_openly boolean NOT NULL DEFAULT FALSE,
    gave_value boolean NOT NULL DEFAULT FALSE,
    handled boolean NOT NULL DEFAULT FALSE,
    next_step_set boolean NOT NULL DEFAULT FALSE,
    objection text NOT NULL DEFAULT '',
    objection_words text NOT NULL DEFAULT '',
    promise text NOT NULL DEFAULT '',
    promise_value text NOT NULL DEFAULT '',
    promise_date text NOT NULL DEFAULT '',
    promise_words text NOT NULL DEFAULT '',
    next_what text NOT NULL DEFAULT '',
    next_at text NOT NULL DEFAULT '',
    commitment_id bigint REFERENCES commitments,
    appointment_id bigint REFERENCES appointments,
    revision bigint NOT NULL DEFAULT 0,
    created_at datetime NOT NULL,
    updated_at datetime NOT NULL,
    finished_at datetime
);
CREATE UNIQUE INDEX call_reviews_task ON call_reviews (task_id);
CREATE UNIQUE INDEX call_reviews_call ON call_reviews (call_task_id);
CREATE INDEX call_reviews_prospect ON call_reviews (prospect_id);

-- Each press of Dial, and what became of a call that we placed for the rep.
CREATE TABLE dials (
    id integer PRIMARY KEY AUTOINCREMENT,
    task_id bigint NOT NULL REFERENCES tasks,
    prospect_id bigint NOT NULL REFERENCES prospects,
    user_id bigint NOT NULL REFERENCES users,
    contact_point_id bigint REFERENCES contact_points,
    sender_id bigint REFERENCES senders,
    number text NOT NULL DEFAULT '',
    rep_number text NOT NULL DEFAULT '',
    form_token text NOT NULL,
    token text NOT NULL DEFAULT '',
    state text NOT NULL,
    detail text NOT NULL DEFAULT '',
    provider_id text NOT NULL DEFAULT '',
    late integer NOT NULL DEFAULT 0,
    asked text NOT NULL DEFAULT '',
    seconds integer NOT NULL DEFAULT 0,
    created_at datetime NOT NULL,
    ended_at datetime
);
CREATE UNIQUE INDEX dials_form_once ON dials (form_token);
CREATE UNIQUE INDEX dials_token ON dials (token) WHERE token <> '';
CREATE INDEX dials_task ON dials (task_id);

-- Since when a conversation waits for its review: nothing follows until it is written.
ALTER TABLE conversations ADD COLUMN unreviewed_since datetime;
CREATE INDEX tasks_reviews ON tasks (created_at, id) WHERE kind = 'review' AND state = 'open';
-- The talking point that a message tells.
ALTER TABLE messages ADD COLUMN talking_point_id bigint REFERENCES talking_points;
